"""Each person's course over the scheduled visits: what crosses a threshold, and what cuts in."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.claims.case import Case
from analysis.estimates.onset.courses import STRATEGIES, Courses, Threshold, courses

__all__ = ["people_courses", "schedule"]

# A blinding guess is a question asked, and changes no score.
NO_INTERCURRENT_EVENT = ("blinding-guess",)


def schedule(case: Case) -> dict[str, float]:
    """Hours after the infusion's end that the study's visits are scheduled for, by window.

    Raises
    ------
    ValueError
        When no window holds scores of enough participants in each arm.
    """
    if not case.visits:
        raise ValueError("No window holds scores of enough participants in each arm.")
    return {name: case.windows[name].at for name in case.visits}


def people_courses(
    case: Case,
    threshold: Threshold,
    *,
    strategies: Mapping[str, str] = STRATEGIES,
) -> Courses:
    """Everybody with a baseline on the primary form, at the scheduled visits after infusion one.

    Scores as they were given: what a rescue makes of them is for the strategies to say. Of two
    forms in a window the earlier counts. The actual time decides in which window a form lies;
    from there on it stands at its scheduled hour. With the minutes kept, the intervals of those
    who crossed at 3 h and at 5 h overlap by the few minutes that people came early or late, and
    Turnbull's estimate moves most crossings into them: an answer made by the appointments.
    """
    raw = case.checked.forms.set_index("form")["total"]
    changes = case.primary_changes
    own = changes[changes["latest_infusion"] == 1].sort_values("since_end_low", kind="stable")
    parts = []
    visits_at = schedule(case)
    for name in visits_at:
        window = case.windows[name]
        inside = (own["since_end_low"] >= window.low) & (own["since_end_high"] < window.high)
        parts.append(own[inside].drop_duplicates("subject").assign(visit=name))
    visits = pd.concat(parts, ignore_index=True)
    visits = visits.assign(
        score=visits["form"].map(raw),
        hours_low=visits["since_end_low"],
        hours_high=visits["since_end_high"],
    )
    base = case.on_primary_form(case.baselines)
    people = base[["subject", "baseline"]].assign(arm=base["subject"].map(case.arms))
    infused = case.checked.study.infusions["subject"]
    people = people[people["subject"].isin(infused) & people["arm"].notna()]
    return courses(
        people.reset_index(drop=True),
        visits[["subject", "visit", "score", "hours_low", "hours_high"]],
        threshold,
        schedule=visits_at,
        events=_events(case, people["subject"], until=max(visits_at.values())),
        strategies=strategies,
    ).on_schedule()


def _events(case: Case, subjects: pd.Series, *, until: float) -> pd.DataFrame:
    """Intercurrent events after the first infusion began and before a second, on its clock.

    One whose time is not known came at the latest at the last visit, ``until`` hours after.
    """
    study = case.checked.study
    events = study.events[study.events["subject"].isin(subjects)]
    events = events[~events["event"].isin(NO_INTERCURRENT_EVENT)]
    by_number = {n: rows.set_index("subject") for n, rows in study.infusions.groupby("infusion")}
    second = by_number[2]["start_high"] if 2 in by_number else pd.Series(dtype=float)
    begun = events["subject"].map(by_number[1]["start_low"]).astype(float)
    next_one = events["subject"].map(second).astype(float)
    # An event of unknown time may have come at any time after the infusion.
    end = {side: events["subject"].map(by_number[1][f"end_{side}"]) for side in ("low", "high")}
    low = (events["hours_low"] - end["high"].fillna(begun)).astype(float).fillna(0.0)
    high = (events["hours_high"] - end["low"].fillna(begun)).astype(float)
    during = ~(events["hours_high"] < begun) & ~(events["hours_low"] >= next_one)
    placed = events.assign(hours_low=low.clip(lower=0.0), hours_high=high)
    placed["hours_high"] = placed["hours_high"].fillna(until).clip(lower=0.0)
    placed["hours_high"] = placed[["hours_low", "hours_high"]].max(axis=1)
    return placed.loc[during, ["subject", "event", "hours_low", "hours_high"]]
