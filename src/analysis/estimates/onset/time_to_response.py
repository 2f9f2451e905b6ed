"""When a person first crossed a threshold: an interval, unsustained and sustained."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates.onset.courses import ENDED, FAILED, KEEP, MISSING, Courses

__all__ = ["CONFIRMED_AFTER", "onset_intervals"]

# Hours: a crossing is sustained if held at the next visit scheduled at least this much later.
CONFIRMED_AFTER = 20.0
STATUSES = (
    "crossed",
    "crossed, unconfirmed",
    "not crossed",
    "not crossed, lost early",
    "event first",
)


def onset_intervals(courses: Courses, *, sustained: bool) -> pd.DataFrame:
    """Half-open intervals (left, right] that hold each person's crossing.

    (last without, first with]: the interval ends with the first visit that shows a crossing that
    counts and begins after the last attended visit before it without one. A missed visit widens
    it. So does a missed confirmation: a crossing that was seen and may have held is not "without",
    nor is any visit after it. No visit is ever taken for the time of onset.

    Parameters
    ----------
    courses : Courses
    sustained : bool
        Whether a crossing counts only if held at the next visit scheduled at least
        ``CONFIRMED_AFTER`` hours later (nominal hours, so that a late appointment does not
        change the rule). A crossing that no visit is left to confirm is unconfirmed: the person
        is censored at the visit before it. A rescue before the confirmation, composite, makes
        it not sustained; an event treated as missing or as end of treatment leaves it open.

    Returns
    -------
    DataFrame
        The people with left, right (hours after the infusion's end; right is inf where no
        crossing is certain) and status (one of ``STATUSES``). Whoever had an event after which
        nobody can cross is censored at the end of follow-up, as one known not to cross
        (Fine & Gray 1999, doi:10.1080/01621459.1999.10474144): the curve is then the share who
        cross by an hour, with the event competing.

    Notes
    -----
    There is no published software for a rule of confirmation at scheduled visits; checked against
    an enumeration of courses. Where scores wander, a crossing at a missed visit may be over by
    the next and is then not counted, and an unconfirmed one counts no more than none: shares are
    low by a few hundredths when every seventh visit is missed, in both arms.
    """
    possible, certain = _starts(courses, CONFIRMED_AFTER if sustained else None)
    k = len(courses.nominal)
    seen = ~np.isnan(courses.crossed) & (courses.fate[:, :k] != MISSING)
    maybe = possible & seen
    earliest = np.where(maybe.any(axis=1), maybe.argmax(axis=1), k)
    latest = np.where(certain.any(axis=1), certain.argmax(axis=1), k)
    before = np.where(seen & (np.arange(k) < earliest[:, None]), courses.low, np.nan)
    left = np.fmax.reduce(before, axis=1, initial=0.0)
    out = (earliest == k) & (courses.fate[:, k - 1] >= ENDED)
    left[out] = courses.horizon
    ends = np.hstack([courses.high, np.full((len(left), 1), np.inf)])
    right = np.take_along_axis(ends, latest[:, None], axis=1)[:, 0]
    complete = ~np.isnan(courses.crossed[:, -1]) & (courses.fate[:, k - 1] == KEEP)
    status = np.select(
        [np.isfinite(right), out, maybe.any(axis=1), complete],
        [STATUSES[0], STATUSES[4], STATUSES[1], STATUSES[2]],
        STATUSES[3],
    )
    return courses.people.assign(left=left, right=right, status=status)


def _starts(courses: Courses, confirmed_after: float | None) -> tuple[np.ndarray, np.ndarray]:
    """At which visits a crossing that counts may have begun, and certainly has (n, k)."""
    fate = courses.fate
    seen = np.hstack([courses.crossed, np.full((len(fate), 1), np.nan)])
    unknown = np.isnan(seen) | (fate == MISSING)
    crossed = np.where(unknown, np.nan, seen)
    begins = np.where(fate >= ENDED, 0.0, crossed)
    possible, certain = begins != 0, begins == 1
    if confirmed_after is not None:
        holds = np.where(fate == FAILED, 0.0, np.where(fate == ENDED, np.nan, crossed))
        after = courses.confirming(confirmed_after)
        possible[:, :-1] &= (holds != 0)[:, after]
        certain[:, :-1] &= (holds == 1)[:, after]
    return possible[:, :-1], certain[:, :-1]
