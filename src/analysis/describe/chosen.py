"""Which window, form and threshold of a study a table is about, where a reader has not chosen.

The times and the number of people alone decide, never a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis import instruments
from analysis.claims.case import Case
from analysis.claims.gates import data_gates
from analysis.claims.gates.later_window import deciding_window
from analysis.describe.hours import asks_about
from analysis.estimates.onset.courses import Threshold
from analysis.outcomes.reliable_change import has_reliable_change, reliable_change_threshold

__all__ = ["FormAt", "decides", "enough", "falls_that_count", "form_that_looks_back",
           "form_titled",
           "form_with_reliable_change", "hours_of_windows", "last_window", "primary_titled",
           "scored_windows", "what_is_decided", "why_not_hours"]  # fmt: skip


@dataclass(frozen=True)
class FormAt:
    """A form in a window, as the tables take it by keyword."""

    instrument: str
    version: str
    window: str

    def form(self) -> dict[str, Any]:
        """Instrument and version alone."""
        return {"instrument": self.instrument, "version": self.version}

    def words(self, case: Case) -> str:
        """How a sentence names it."""
        return f"{self.instrument} ({self.version}), {case.windows[self.window].label} after"

    def titled(self, case: Case) -> str:
        """How the title of a figure names it: with what it asks about instead of its version."""
        recall = instruments.get(self.instrument).versions.get(self.version)
        return _titled(case, self.instrument, recall, self.window)


def primary_titled(case: Case, window: str = "") -> str:
    """The primary form, and a window, as the title of a figure names them."""
    recall = None if case.primary_form is None else case.primary_form[1]
    return _titled(case, case.scale.name, recall, window)


def form_titled(case: Case, instrument: str) -> str:
    """An instrument as titles name it; of another than the primary one no version is known."""
    return primary_titled(case) if instrument == case.scale.name else instrument


def _titled(case: Case, instrument: str, recall: float | None, window: str) -> str:
    form = instrument if recall is None else f"{instrument} ({asks_about(recall)})"
    return f"{form}, {case.windows[window].label} after" if window else form


def enough(
    case: Case, window: str, instrument: str | None = None, version: str | None = None
) -> bool:
    """Whether each arm has the declared minimum of people with a score there."""
    least = case.definitions.rule("minimum_people_per_arm")
    return min(case.seen_in(window, instrument, version)) >= least


def scored_windows(case: Case) -> tuple[str, ...]:
    """Windows of one visit each in which anybody has a primary score, in the order of time."""
    return tuple(name for name in case.visit_windows if sum(case.seen_in(name)))


def decides(case: Case) -> str:
    """The window that the study's question is decided in: within hours, else the later one.

    Hours decide only with actual times and a form that does not look back before the infusion.

    Raises
    ------
    ValueError
        When no window holds scores of enough participants.
    """
    phase = case.definitions.primary.phase
    if enough(case, phase) and not why_not_hours(case):
        return phase
    later = deciding_window(case)[0] if case.design.comparator_arm is not None else None
    if later is None or not enough(case, later):
        later = next((name for name in case.later_windows if enough(case, name)), None)
    if later is None:
        raise ValueError(
            f"No window after the infusion holds {case.scale.name} scores of enough "
            "participants in each arm."
        )
    return later


def what_is_decided(case: Case, window: str) -> str:
    """What the window of :func:`decides` decides: only within hours is it the whole question."""
    if case.design.comparator_arm is None:
        return "the window of the tables; without a comparator none decides"
    if window == case.definitions.primary.phase:
        return "the window that decides"
    recall = case.primary_form[1] if case.primary_form else 0.0
    back = f"; the {recall:g} h that the scale asks about reach back before the infusion"
    return "decides beyond hours alone" + back * (case.windows[window].low < recall)


def hours_of_windows(case: Case) -> dict[str, float]:
    """The hour after the infusion's end that each window stands for in figures, by its label."""
    return {own.label: own.at for own in case.windows.values()}


def why_not_hours(case: Case) -> str:
    """Why scores within hours cannot speak to hours, by the gates of time and recall.

    Empty where they can, or where there are none.
    """
    if not enough(case, case.definitions.primary.phase):
        return ""
    if data_gates.time(case).passed is False:
        return "Their times are not actual times that are known precisely enough."
    if data_gates.recall(case).passed is False:
        return "The scale asks about time before the infusion too."
    return ""


def last_window(case: Case) -> str:
    """The last window in which each arm has enough people with a primary score."""
    if not case.visits:
        raise ValueError(
            f"No window after the infusion holds {case.scale.name} scores of enough "
            "participants in each arm."
        )
    return case.visits[-1]


def falls_that_count(case: Case, instrument: str | None = None) -> tuple[Threshold, ...]:
    """The falls that count as improvement, in every table: shares of baseline, then points.

    The minimal important difference is that of the verdict on the primary form, and the
    published one on any other. A reliable change is one that is published or declared.

    Parameters
    ----------
    case : Case
    instrument : str, optional
        The primary one where not given.
    """
    own = instrument in (None, case.scale.name)
    scale = case.scale if own else instruments.get(str(instrument))
    found = [Threshold(f"{100 * share:g} % of baseline or more", share=share)
             for share in (0.3, 0.5)]  # fmt: skip
    published = scale.minimal_important_difference
    smallest = None if published is None else published.value
    if own:
        smallest = None if case.smallest_difference is None else case.smallest_difference[0]
    reliable = reliable_change_threshold(scale)
    for points, name in ((smallest, "minimal important difference"), (reliable, "reliable change")):
        if points is not None:
            label = f"{round(points, 1):g} points or more ({name})"
            found.append(Threshold(label, points=points))
    return tuple(found)


def form_with_reliable_change(case: Case) -> FormAt:
    """The PTSD scale with a reliable change, in its last window with enough people.

    Raises
    ------
    ValueError
        When there is none.
    """
    for name, version in _forms(case):
        if has_reliable_change(instruments.get(name)) and (window := _last(case, name, version)):
            return FormAt(name, version, window)
    raise ValueError(
        "No PTSD scale with a published or declared reliable change was filled in by enough "
        "participants."
    )


def form_that_looks_back(case: Case) -> FormAt:
    """A PTSD scale that asks about time before the infusion, in its last window with enough people.

    One that was filled in within hours goes first, since it shows what a literal answer gives
    there; then the one that looks back furthest.

    Raises
    ------
    ValueError
        When every form asks about now.
    """
    phase = case.definitions.primary.phase
    kinds = []
    for name, version in _forms(case):
        recall = instruments.get(name).versions[version]
        if recall > 0:
            kinds.append((not enough(case, phase, name, version), -recall, name, version))
    for _, _, name, version in sorted(kinds):
        if window := _last(case, name, version):
            return FormAt(name, version, window)
    raise ValueError("No PTSD scale that looks back was filled in by enough participants.")


def _forms(case: Case) -> list[tuple[str, str]]:
    """PTSD forms with a change, those that most people filled in first."""
    kinds = case.changes.groupby(["instrument", "version"])["subject"].nunique()
    ptsd = [kind for kind in kinds.index if instruments.get(kind[0]).construct == "ptsd"]
    return sorted(ptsd, key=lambda kind: (-kinds[kind], kind))


def _last(case: Case, name: str, version: str) -> str | None:
    seen = [window for window in case.later_windows if enough(case, window, name, version)]
    return seen[-1] if seen else None
