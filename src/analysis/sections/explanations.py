"""What else could explain a difference, how much of it that would have to be, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.describe.answer.over_time import bars_of, smallest_of
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import decides, form_with_reliable_change, primary_titled
from analysis.describe.common import digits, policy
from analysis.describe.display import number, rounded, typeset
from analysis.describe.evidence.rows import control_changes
from analysis.describe.explanations import blinding, dissociation, expectancy, harms
from analysis.describe.in_words import alternative, interval, lines_of, listed, percent
from analysis.describe.scores import control
from analysis.describe.scores.by_window import PRIMARY
from analysis.estimates.table import table
from analysis.figures import explanations as draw
from analysis.sections.section import Picture, section

__all__ = ["alike_guesses", "back_near_baseline", "blinding_lost", "by_severity", "course",
           "difference", "expectancy_needed", "guessed", "harms_by_arm", "nullified",
           "published_controls", "still_affected", "through_dissociation",
           "within_study"]  # fmt: skip

SEED = 7
CADSS = "CADSS (asks about now)"
RHOS = (-0.3, -0.1, 0.1, 0.3)


def _difference(case: Case) -> dict[str, Any]:
    found = expectancy.primary_difference(case, window=decides(case))
    if not np.isfinite(found["estimate"]):
        raise ValueError(f"The difference that this starts from is {interval(found)}.")
    return found


@section()
def difference(case: Case) -> Iterator[Any]:
    """The difference that the rows below start from: that of the primary analysis."""
    found = _difference(case)
    yield estimates_table(table([found | {"estimand": PRIMARY}]))


@section()
def guessed(case: Case) -> Iterator[Any]:
    """What people thought they had been given."""
    said = blinding.guesses(case)
    shares = pd.to_numeric(said["right"], errors="coerce") / pd.to_numeric(said["all"])
    told = listed(f"{percent(share)} of those given {arm}" for arm, share in shares.items())
    yield Picture(
        draw.guesses_by_arm(said, synthetic=case.design.synthetic),
        alternative(case, f"Bars of the arms; {told} guessed right"),
    )
    yield said


@section()
def blinding_lost(case: Case) -> Iterator[Any]:
    """James' and Bang's indices, and by how much more the ketamine arm believed."""
    rows = blinding.blinding_indices(case)
    yield estimates_table(rows)
    bang = rows[rows["estimand"] == "Bang index"].drop_duplicates("contrast")
    lost = [str(line["contrast"]) for line in lines_of(bang) if line["ci_low"] > 0]
    kept = [str(line["contrast"]) for line in lines_of(bang) if line["ci_low"] <= 0]
    parts = [f"more guessed right than by chance on {listed(lost)}"] if lost else []
    parts += [f"on {listed(kept)} the interval includes chance"] if kept else []
    if parts:
        told = listed(parts)
        yield f"{told[0].upper()}{told[1:]} (Bang)."


@section()
def alike_guesses(case: Case) -> Iterator[Any]:
    """Change among people who guessed alike; it describes, and restores no blinding."""
    rows = blinding.change_by_guess(case, window=decides(case))
    if rows.empty:
        raise ValueError("No group of participants who guessed alike is large enough to show.")
    yield estimates_table(rows)


def _of(case: Case) -> str:
    """Instrument and window of what is explained."""
    return primary_titled(case, decides(case))


@section()
def expectancy_needed(case: Case) -> Iterator[Any]:
    """What is left of the difference as more of it is put down to expectancy."""
    curve = expectancy.bias_curve(case, _difference(case))
    if curve.empty:
        raise ValueError("There is no minimal important difference, so that no bound is shown.")
    at = curve[curve["decides"] == "yes"]
    told = [f"at the bound that decides, {line['bound_sd']:g} SD, it is {interval(line)}"
            for line in lines_of(at)]  # fmt: skip
    ends = f"from {interval(lines_of(curve)[0])} to {interval(lines_of(curve)[-1])}"
    yield Picture(
        draw.bias_tipping(curve, synthetic=case.design.synthetic, of=_of(case),
                          bars=smallest_of(case)),
        alternative(case, f"The difference and its interval move {ends} as bias is taken off; "
                    + listed(told), bars=smallest_of(case)),
    )  # fmt: skip
    yield rounded(curve).set_index("bound_sd")


@section()
def nullified(case: Case) -> Iterator[Any]:
    """How much bias, or effect of belief, would make up the difference."""
    rows = expectancy.nullifying(case, _difference(case))
    yield estimates_table(rows)
    sd = rows[rows["estimand"].str.contains("SD")]
    for line in lines_of(sd):
        yield f"{line['estimand']}: {number(line['estimate'])}."


@section()
def course(case: Case) -> Iterator[Any]:
    """Dissociation before, during and after the infusion."""
    rows = dissociation.dissociation_course(case)
    if rows.empty:
        raise ValueError("Too few participants were rated for dissociation to show.")
    mean = rows[rows["estimand"] == "mean score"]
    yield Picture(
        draw.course_of_dissociation(rows, synthetic=case.design.synthetic, of=CADSS),
        alternative(case, "Mean CADSS by hours from the start and arm, 95 % intervals", mean,
                    "contrast", "window"),
    )  # fmt: skip
    yield estimates_table(rows[rows["estimand"] == "median score"])


@section()
def back_near_baseline(case: Case) -> Iterator[Any]:
    """How soon dissociation had passed, and of whom that is not known."""
    back = dissociation.return_to_baseline(case)
    if back.empty:
        raise ValueError("Too few participants were rated for dissociation to show when it passed.")
    told = [f"{arm}: {percent(own['lower'].iloc[-1])} by {own['hours'].iloc[-1]:g} h"
            for arm, own in back.groupby("arm", sort=True)]  # fmt: skip
    what = "Share of participants whose dissociation had resolved, by hours from the start. "
    yield Picture(
        draw.share_back(back, synthetic=case.design.synthetic, of=CADSS),
        alternative(case, what + "; ".join(told)),
    )
    yield rounded(back).set_index(["arm", "hours"])
    if policy(case) is None:
        yield "\n".join(f"- {line}" for line in dissociation.known_back(case))


@section()
def still_affected(case: Case) -> Iterator[Any]:
    """The difference without those still under the drug when they were rated."""
    rows = dissociation.residual_effects(case, window=decides(case))
    # The primary analysis alone is a test.
    yield estimates_table(rows.assign(p_value=np.nan))


@section()
def through_dissociation(case: Case) -> Iterator[Any]:
    """An indirect effect through dissociation, never without what an unmeasured cause could do."""
    found = dissociation.mediated_by_dissociation(case, window=decides(case), seed=SEED)
    curve = found.sensitivity([step / 20 for step in range(-12, 13)])
    middle = curve.iloc[(curve["rho"].abs()).argmin()]
    ends = f"{number(curve['estimate'].min())} to {number(curve['estimate'].max())} points"
    yield Picture(
        draw.mediation_sensitivity(
            curve, rho_null=found.rho_null, synthetic=case.design.synthetic, of=_of(case)
        ),
        alternative(
            case,
            "The indirect effect through dissociation by the assumed correlation of errors: "
            f"{number(middle['estimate'])} points without an unmeasured cause, {ends} over the "
            "range",
        ),
    )
    yield estimates_table(table(found.rows(rhos=RHOS)))
    rho = digits(case, float(found.rho_null))
    yield f"An error correlation of {number(rho, 2)} would make the indirect effect zero."


@section()
def by_severity(case: Case) -> Iterator[Any]:
    """The difference with a slope on baseline for each arm."""
    rows = control.difference_by_baseline(case, window=decides(case))
    yield Picture(
        draw.difference_over_baseline(rows, synthetic=case.design.synthetic, of=_of(case),
                                      bars=bars_of(case)),
        alternative(case, "The difference between the arms over the scores before",
                    rows[rows["estimand"].str.contains(" at baseline ")], "estimand",
                    bars=bars_of(case)),
    )  # fmt: skip
    yield estimates_table(rows)


@section()
def published_controls(case: Case) -> Iterator[Any]:
    """The ketamine arm beside published controls on the same scale at the same time."""
    found = form_with_reliable_change(case)
    hours = case.windows[found.window]
    published = control_changes(found.instrument, hours.low, hours.high)
    if published.empty:
        raise ValueError(
            f"No published control arm has a mean and an SD of change on {found.instrument} "
            f"{hours.label} after."
        )
    rows, sentence = control.external_control(case, published, window=found.window, **found.form())
    yield typeset(sentence)
    yield estimates_table(rows)


@section()
def within_study(case: Case) -> Iterator[Any]:
    """The study's own comparison of the same scores."""
    found = form_with_reliable_change(case)
    rows = control.difference_by_window(case, windows=(found.window,), **found.form())
    own = rows[rows["estimand"] == "adjusted difference"]
    yield estimates_table(own.assign(p_value=np.nan))


@section()
def harms_by_arm(case: Case) -> Iterator[Any]:
    """Harms on the same page; what was not recorded has a row that says so."""
    rows = harms.harms_table(case)
    one = rows[~rows["contrast"].str.contains(" - ", regex=False)]
    if one["estimate"].notna().any():
        what = "Share of participants with each harm by arm, exact intervals"
        yield Picture(
            draw.harms_by_arm(rows, synthetic=case.design.synthetic),
            alternative(case, what, draw.harms_drawn(one), "contrast", "estimand", shares=True),
        )
    yield estimates_table(rows)
    absent = rows[rows["method"] == harms.NOT_RECORDED]["estimand"].drop_duplicates()
    if len(absent):
        yield f"Not recorded in this study: {listed(absent)}. It may have happened."
    zero = one[(one["estimate"] == 0) & one["ci_high"].notna()]
    if len(zero):
        most = zero["ci_high"].max()
        yield f"A harm that nobody had can still be as frequent as {percent(most)} (exact limit)."
