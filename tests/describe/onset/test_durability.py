"""How long a response lasts."""

from __future__ import annotations

from analysis.describe.chosen import falls_that_count
from analysis.describe.onset import durability


def test_response_is_counted_at_each_visit_and_lost_only_by_responders(case):
    threshold = falls_that_count(case)[0]
    states = durability.response_by_visit(case, threshold)
    assert states["window"].nunique() == 5
    lost = durability.loss_of_response(case, threshold)
    assert (lost["n"] <= 30).all()
    assert lost["contrast"].isin(["ketamine", "midazolam"]).all()
