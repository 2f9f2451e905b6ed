"""How much bias would take the difference away."""

from __future__ import annotations

from analysis.describe.explanations import expectancy
from analysis.simulate import example_truth


def test_the_bias_curve_starts_at_the_difference_and_agrees_with_the_gate(case, difference):
    curve = expectancy.bias_curve(case, difference)
    assert curve.loc[0, "estimate"] == difference["estimate"]
    assert curve.loc[curve["decides"] == "yes", "bound_sd"].tolist() == [0.3]
    assert ((curve["ci_high"] < 0) == (curve["points_to"] == "supported")).all()


def test_the_truth_of_the_example_needs_less_than_what_would_nullify(case, difference):
    """Its generator made belief worth 1.6 points, far less than the whole difference needs."""
    rows = expectancy.nullifying(case, difference).set_index("estimand")["estimate"]
    belief = rows[rows.index.str.startswith("effect of belief")]
    assert len(belief) == 2
    assert (belief > -example_truth()["world"]["belief"]).all()
