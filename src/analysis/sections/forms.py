"""Whether the scores can speak to hours: what each form asks about, and what it showed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis import instruments
from analysis.claims.case import Case
from analysis.describe.answer.verdicts import estimates_table
from analysis.describe.chosen import decides, enough, form_that_looks_back, hours_of_windows
from analysis.describe.display import rounded
from analysis.describe.forms import recall_bound, recall_by_hours, recall_table
from analysis.describe.hours import asks_about
from analysis.describe.in_words import alternative, lines_of, listed, percent
from analysis.describe.scores.change import change_by_window
from analysis.figures.forms import recall_shares
from analysis.figures.scores.change import mean_change
from analysis.sections.section import Picture, section

__all__ = ["bound", "looks_back", "primary_form", "recall"]

DRAWN = ("PCL-5, standard", "PCL-5, past-week", "IES-R, standard", "MADRS, past-day",
         "PCL-5-now, ad-hoc")  # fmt: skip


@section()
def recall() -> Iterator[Any]:
    """How much of what each form asks about lies before the infusion, by the time of asking."""
    shares = recall_by_hours()
    yield recall_table(shares)
    drawn = shares[shares["form"].isin(DRAWN)]
    last = drawn[drawn["hours"] == drawn["hours"].max()]
    told = listed(f"{line['form']} {percent(line['share_before'])}" for line in lines_of(last))
    yield Picture(
        recall_shares(drawn),
        "Share of the recall window before the infusion, falling with the hours since its start. "
        f"After {last['hours'].iloc[0]:g} hours: {told}.",
    )


@section()
def primary_form(case: Case) -> Iterator[Any]:
    """Mean change on the primary form, by window."""
    yield from _change(case, None, None)


@section()
def looks_back(case: Case) -> Iterator[Any]:
    """Mean change of the same people on a form that looks back, where there is another one."""
    found = form_that_looks_back(case)
    if case.primary_form is not None and (found.instrument, found.version) == (
        case.scale.name,
        case.primary_form[0],
    ):
        raise ValueError("The primary scale itself looks back; there is no second one to show.")
    yield from _change(case, found.instrument, found.version)


def _change(case: Case, instrument: str | None, version: str | None) -> Iterator[Any]:
    windows = tuple(name for name in case.visit_windows if enough(case, name, instrument, version))
    change = change_by_window(case, instrument=instrument, version=version, windows=windows)
    if change.empty:
        raise ValueError("No window holds scores of enough participants.")
    form = (instrument, version) if instrument and version else (case.scale.name, _version(case))
    hours = instruments.get(form[0]).versions[form[1]]
    if instrument is None and case.primary_form is not None:
        hours = case.primary_form[1]
    # One window decides, on the primary form; the others carry intervals without p.
    tested = "" if instrument else case.windows[decides(case)].label
    change["p_value"] = change["p_value"].where(change["window"] == tested)
    asks = "right now" if hours == 0 else f"the past {hours:g} h"
    yield f"{form[0]}, {form[1]}, asks about {asks}. In points of its own scale:"
    yield estimates_table(change)
    what = f"Mean change on {form[0]} ({form[1]}) by window and arm, 95 % intervals"
    yield Picture(
        mean_change(change, hours=hours_of_windows(case), synthetic=case.design.synthetic,
                    of=f"{form[0]} ({asks_about(hours)})"),
        alternative(case, what, change, "contrast", "window"),
    )  # fmt: skip


def _version(case: Case) -> str:
    return case.primary_form[0] if case.primary_form else ""


@section()
def bound(case: Case) -> Iterator[Any]:
    """What a form that looks back could literally report by each visit, and what it reported."""
    found = form_that_looks_back(case)
    table = recall_bound(case, **found.form())
    if table.empty:
        raise ValueError("No visit has scores on that scale that may be shown.")
    yield rounded(table)
    first = table.iloc[0]
    yield (
        f"{found.instrument} ({found.version}), {table.index[0]} after: "
        f"{percent(first['share_before'])} of what it asks about lies before the infusion, so that "
        f"a literal answer could fall by {percent(first['largest_fall'])} at the most."
    )
