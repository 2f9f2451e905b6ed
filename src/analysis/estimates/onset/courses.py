"""Each person's scheduled visits after an infusion: crossed a threshold, not, or not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.outcomes.change import response
from analysis.outcomes.reliable_change import reliable_change

__all__ = ["STRATEGIES", "Courses", "Threshold", "courses"]

# What an intercurrent event does to the visits after it (ICH E9(R1), 2019). `dropout` is no
# event on record: a person of whom the last scheduled visits are missing.
STRATEGIES = {
    "rescue": "composite",
    "unblinded": "treatment policy",
    "stopped": "treatment policy",
    "consent-withdrawn": "as missing",
    "dropout": "as missing",
}
# In the order in which they take precedence, the weakest first.
KEEP, MISSING, ENDED, FAILED = range(4)
FATES = {
    "treatment policy": KEEP,
    "as missing": MISSING,
    "while on treatment": ENDED,
    "composite": FAILED,
}


@dataclass(frozen=True)
class Threshold:
    """A fall that counts: points, or a share of baseline; a fall of just this much counts.

    Raises
    ------
    ValueError
        When it has both a number of points and a share, or neither.
    """

    name: str
    points: float | None = None
    share: float | None = None

    def __post_init__(self) -> None:
        if (self.points is None) == (self.share is None):
            raise ValueError("A threshold is either a number of points or a share of baseline.")

    def crossed(self, baseline: pd.Series, score: pd.Series) -> np.ndarray:
        """Whether each score lies at least this far below its baseline, as float 0 or 1.

        Raises
        ------
        ValueError
            When someone's baseline is 0 and the threshold is a share of it.
        """
        if self.points is not None:
            fell = reliable_change(score - baseline, self.points) == "improved"
            return fell.to_numpy(float)
        assert self.share is not None
        answer = response(baseline, score, self.share)
        if answer.isna().any():
            raise ValueError("Someone's baseline is 0, of which no share can be lost; use points.")
        return answer.to_numpy(dtype=float)


@dataclass(frozen=True, eq=False)
class Courses:
    """n people at k scheduled visits.

    Attributes
    ----------
    people : DataFrame
        One row a person, as given.
    nominal : ndarray of float, shape (k,)
        Scheduled hours after the infusion's end.
    crossed : ndarray of float, shape (n, k)
        1 crossed, 0 not, NaN where the visit was missed; as seen, whatever happened before.
    low, high : ndarray of float, shape (n, k)
        Hours between which the visit took place, NaN where it was missed.
    fate : ndarray of int, shape (n, k + 1)
        What the strategies make of each visit, and of any later one: ``KEEP``, ``MISSING``,
        ``ENDED`` (nothing counts from here on), ``FAILED`` (not crossed from here on).
    failed : ndarray of float, shape (n,)
        Hour by which a failing event had come, inf where there is none.
    """

    people: pd.DataFrame
    nominal: np.ndarray
    crossed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    fate: np.ndarray
    failed: np.ndarray

    def on_schedule(self) -> Courses:
        """The same courses as if every visit had taken place when it was scheduled."""
        nominal = np.where(np.isnan(self.high), np.nan, self.nominal)
        return replace(self, low=nominal, high=nominal)

    @property
    def horizon(self) -> float:
        """End of follow-up in hours: the last visit as scheduled or as it took place."""
        return float(np.nanmax(self.high, initial=self.nominal[-1]))

    def confirming(self, hours: float) -> np.ndarray:
        """For each visit the place of the next one scheduled at least ``hours`` later, else k."""
        later = self.nominal[None, :] - self.nominal[:, None] >= hours
        return np.where(later.any(axis=1), later.argmax(axis=1), len(self.nominal))


def courses(
    people: pd.DataFrame,
    visits: pd.DataFrame,
    threshold: Threshold,
    *,
    schedule: Mapping[str, float],
    events: pd.DataFrame | None = None,
    strategies: Mapping[str, str] = STRATEGIES,
) -> Courses:
    """Set people's visits on the schedule and apply the strategies for intercurrent events.

    Parameters
    ----------
    people : DataFrame
        One row a person: subject, baseline (points), and whatever else is to be kept.
    visits : DataFrame
        One row a visit that took place: subject, visit (a name of the schedule), score
        (points), hours_low and hours_high (after the infusion's end). A missed visit has no
        row; it makes an interval wider and nobody smaller.
    threshold : Threshold
    schedule : mapping
        Visit to hours after the infusion's end, in order.
    events : DataFrame, optional
        subject, event, hours_low, hours_high on the same clock, of this infusion alone.
    strategies : mapping
        Event (and ``dropout``) to ``treatment policy`` (scores count as seen), ``composite``
        (not crossed from then on), ``while on treatment`` (nobody starts to cross from then on,
        and nothing later confirms) or ``as missing``. Of several events the harshest counts;
        a visit that may have come after an event did.

    Returns
    -------
    Courses

    Raises
    ------
    ValueError
        When a person or visit occurs twice or is not known, a score or time is missing, visits
        do not follow the schedule's order, or an event has no declared strategy or no time.
    """
    nominal = np.array(list(schedule.values()), float)
    if len(nominal) == 0 or (np.diff(nominal) <= 0).any() or nominal[0] <= 0:
        raise ValueError("A schedule names at least one visit, hours after 0 and increasing.")
    place = _places(people, visits, schedule)
    shape = (len(people), len(nominal))
    crossed, low, high = (np.full(shape, np.nan) for _ in range(3))
    baseline = people["baseline"].to_numpy(float)[place[0]]
    score = visits["score"].reset_index(drop=True)
    crossed[place] = threshold.crossed(pd.Series(baseline), score)
    low[place], high[place] = visits["hours_low"], visits["hours_high"]
    _refuse_disorder(low, high)
    fate, failed = _fates(people, high, nominal, events, strategies)
    return Courses(people, nominal, crossed, low, high, fate, failed)


def _places(
    people: pd.DataFrame, visits: pd.DataFrame, schedule: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each visit, once the tables hold together."""
    if people["subject"].duplicated().any():
        raise ValueError("A person occurs twice among the people; give one row a person.")
    if visits.duplicated(["subject", "visit"]).any():
        raise ValueError("A person has two scores at one visit; keep one of them, by a rule.")
    numbers = visits[["score", "hours_low", "hours_high"]].to_numpy(dtype=float, na_value=np.nan)
    baseline = people["baseline"].to_numpy(dtype=float, na_value=np.nan)
    if not (np.isfinite(numbers).all() and np.isfinite(baseline).all()):
        raise ValueError("Baselines, scores and hours must be complete; a missed visit has no row.")
    rows = pd.Index(people["subject"]).get_indexer(pd.Index(visits["subject"]))
    columns = pd.Index(list(schedule)).get_indexer(pd.Index(visits["visit"]))
    if (rows < 0).any() or (columns < 0).any():
        raise ValueError("Every visit must be of a known person and of the schedule.")
    return rows, columns


def _refuse_disorder(low: np.ndarray, high: np.ndarray) -> None:
    before = np.fmax.accumulate(high, axis=1)
    after = np.roll(before, 1, axis=1)
    after[:, 0] = 0.0
    if (low > high).any() or (low < after).any() or (high <= after).any():
        raise ValueError("Visits must lie after the infusion's end, in the order of the schedule.")


def _fates(
    people: pd.DataFrame,
    high: np.ndarray,
    nominal: np.ndarray,
    events: pd.DataFrame | None,
    strategies: Mapping[str, str],
) -> tuple[np.ndarray, np.ndarray]:
    """What becomes of each visit and of the time after the last, and by when somebody failed."""
    if unknown := set(strategies.values()) - set(FATES):
        raise ValueError(f"Not a strategy: {', '.join(sorted(unknown))}; use {', '.join(FATES)}.")
    n, k = high.shape
    fate, failed = np.full((n, k + 1), KEEP), np.full(n, np.inf)
    # A missed visit has no time of its own; it would have come when it was scheduled.
    at = np.hstack([np.where(np.isnan(high), nominal, high), np.full((n, 1), np.inf)])
    if events is not None:
        for who, until, kind, since in _placed_events(people, events, strategies):
            fate[who] = np.where(at[who] >= since, np.maximum(fate[who], kind), fate[who])
            if kind == FAILED:
                failed[who] = min(failed[who], until)
    _drop_out(fate, failed, high, nominal, strategies.get("dropout", "as missing"))
    return np.maximum.accumulate(fate, axis=1), failed


def _placed_events(
    people: pd.DataFrame, events: pd.DataFrame, strategies: Mapping[str, str]
) -> list[tuple[int, float, int, float]]:
    """Person, latest hour, fate and earliest hour of each event."""
    if undeclared := set(events["event"]) - set(strategies):
        raise ValueError(f"No strategy is declared for: {', '.join(sorted(undeclared))}.")
    hours = events[["hours_low", "hours_high"]].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(hours).any():
        raise ValueError("An event has no time; give the bounds between which it came.")
    who = pd.Index(people["subject"]).get_indexer(pd.Index(events["subject"]))
    if (who < 0).any():
        raise ValueError("Every event must be of a known person.")
    kinds = [FATES[strategies[name]] for name in events["event"]]
    return list(zip(who.tolist(), hours[:, 1].tolist(), kinds, hours[:, 0].tolist(), strict=True))


def _drop_out(
    fate: np.ndarray, failed: np.ndarray, high: np.ndarray, nominal: np.ndarray, strategy: str
) -> None:
    """Settle, in place, the visits after the last one seen of people who did not come back."""
    if strategy == "treatment policy":
        raise ValueError("After dropout nothing is seen, so treatment policy cannot apply to it.")
    k, kind = len(nominal), FATES[strategy]
    seen = ~np.isnan(high)
    last = np.where(seen.any(axis=1), k - 1 - seen[:, ::-1].argmax(axis=1), -1)
    after = (np.arange(k + 1) > last[:, None]) & (last < k - 1)[:, None]
    fate[after] = np.maximum(fate[after], kind)
    if kind == FAILED:
        out = last < k - 1
        failed[out] = np.minimum(failed[out], nominal[last[out] + 1])
