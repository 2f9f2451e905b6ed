"""The arms compared by the mixed model, beside the analysis of covariance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.claims.case import Case
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import decides, hours_of_windows, primary_titled
from analysis.describe.display import rounded
from analysis.describe.in_words import alternative, difference_sentence, lines_of
from analysis.describe.scores.control import difference_by_stratum
from analysis.describe.scores.mixed_model import mixed_model
from analysis.figures.scores.control import lsmeans_by_visit
from analysis.sections.section import Picture, section

__all__ = ["beside_ancova", "bound_together", "by_site", "differences", "joint_test", "means",
           "model", "people"]  # fmt: skip


@section()
def people(case: Case) -> Iterator[Any]:
    """People with a score, by arm and window."""
    yield mixed_model(case).people()


@section(team_only=True)
def model(case: Case) -> Iterator[Any]:
    """What was fitted."""
    yield mixed_model(case).facts()


@section()
def means(case: Case) -> Iterator[Any]:
    """Least squares means over the windows."""
    rows = mixed_model(case).means()
    yield estimates_table(rows)
    ax = lsmeans_by_visit(rows, arm="contrast", visit="window", hours=hours_of_windows(case),
                          form=primary_titled(case), synthetic=case.design.synthetic,
                          ylabel="change, points (lower is better)")  # fmt: skip
    what = "Least squares mean change by window and arm, 95 % intervals"
    yield Picture(ax, alternative(case, what, rows, "contrast", "window"))


@section()
def differences(case: Case) -> Iterator[Any]:
    """The difference between the arms in each window, from one model."""
    rows = mixed_model(case).differences()
    # One window decides, by its primary analysis; the others carry intervals without p.
    yield estimates_table(rows.assign(p_value=float("nan")))
    told = "\n".join(f"- {difference_sentence(case, line)}" for line in lines_of(rows))
    yield f"By the mixed model over all windows:\n\n{told}"


@section(team_only=True)
def joint_test(case: Case) -> Iterator[Any]:
    """All windows at once, against no difference anywhere."""
    yield rounded(mixed_model(case).joint().to_frame("arm and arm by visit"))


@section(team_only=True)
def beside_ancova(case: Case) -> Iterator[Any]:
    """The same difference from each window by itself."""
    found = mixed_model(case).beside_ancova()
    yield rounded(found)
    apart = (found["mixed model"]["estimate"] - found["ANCOVA"]["estimate"]).abs()
    furthest = (apart / found["ANCOVA"]["se"]).max()
    yield f"The two differ by at most {furthest:.2f} standard errors."


@section(team_only=True)
def bound_together(case: Case) -> Iterator[Any]:
    """Correlation of a person's changes between windows, given arm and baseline."""
    yield mixed_model(case).correlations().round(2)


@section()
def by_site(case: Case) -> Iterator[Any]:
    """The difference site by site, and pooled."""
    if case.checked.study.subjects["site"].nunique() < 2:
        raise ValueError("No second site is declared.")
    yield estimates_table(difference_by_stratum(case, window=decides(case)))
