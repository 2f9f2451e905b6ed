"""For whom: tables of one study about the people in it. They decide nothing.

Every table passes :func:`analysis.describe.common.released`: in the shared view it shows no group
of real people, and no rest of a group, below the study's smallest cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.claims.case import Case
from analysis.claims.evaluators.cluster_cases import cluster_cases, cluster_contrast
from analysis.describe.chosen import enough, falls_that_count
from analysis.describe.common import (
    fewest_in_a_step,
    hide,
    policy,
    released,
    small_parts,
    two_arms,
)
from analysis.estimates.responders import distribution, shares, variability
from analysis.outcomes.change import DECIMALS, response
from analysis.outcomes.reliable_change import ways_of_change

__all__ = [
    "change_bands",
    "cluster_profile",
    "compare_change",
    "cumulative_change",
    "falls",
    "next_person",
    "shares_at_thresholds",
    "spread_between_arms",
    "three_ways",
    "three_ways_compared",
]

SEED = 5
WAYS = ("improved", "unchanged", "worse")
NO_ARMS = "there are no two arms to compare"


def _of_two_arms(
    case: Case, window: str, instrument: str | None, version: str | None
) -> tuple[pd.DataFrame, np.ndarray, dict[str, str]]:
    """People of both arms in a window, who of them was treated, and the words of their rows.

    Raises
    ------
    ValueError
        When an arm has fewer people than the declared minimum.
    """
    arms = two_arms(case, NO_ARMS)
    people = case.people(window, instrument, version)
    people = people[people["arm"].isin(arms)]
    words = {
        "instrument": instrument or case.scale.name,
        "window": case.windows[window].label,
    }
    treated = (people["arm"] == arms[0]).to_numpy()
    least = int(case.definitions.rule("minimum_people_per_arm"))
    if min(treated.sum(), (~treated).sum()) < least:
        raise ValueError(
            f"An arm has fewer than {least} participants with a score at {words['window']}; choose "
            "another window or scale."
        )
    return people, treated, words


def three_ways_compared(case: Case, *, window: str, instrument: str, version: str) -> pd.DataFrame:
    """Reliably improved, unchanged, reliably worse by arm, and what the arms differ by.

    Rows of the table of estimates: three shares an arm that hold together; for improved and
    worse the difference (Miettinen-Nurminen, Newcombe); the number needed to treat for one
    more improved, and the bounds on the share who benefit.

    Raises
    ------
    ValueError
        When no reliable change is published for the instrument, or there is no comparator.
    """
    arms = two_arms(case, NO_ARMS)
    people, treated, words = _of_two_arms(case, window, instrument, version)
    scale = instruments.get(instrument)
    ways = ways_of_change(scale, people["baseline"], people["score"]).to_numpy()
    rows: list[dict[str, Any]] = []
    hidden: set[str] = set()
    for arm, own in zip(arms, (treated, ~treated), strict=True):
        split, few = _three_ways(case, ways[own], contrast=arm, **words)
        rows, hidden = rows + split, hidden | few
    for way in ("improved", "worse"):
        compared = shares.compare_shares(
            ways == way, treated, estimand=f"share reliably {way}", names=arms, **words
        )
        # The shares stand above; to be worse is nothing that one is treated for.
        compared = compared[2:] if way == "improved" else compared[2:4]
        rows += [hide(case, line, way in hidden) for line in compared]
    return released(case, rows)


def _three_ways(
    case: Case, ways: np.ndarray, **words: Any
) -> tuple[list[dict[str, Any]], set[str]]:
    """The three shares of one arm, and the ways that too few people went to be told."""
    counts = np.array([(ways == way).sum() for way in WAYS])
    small = small_parts(case, counts)
    split = shares.three_way_shares(counts.tolist(), **words)
    rows = [hide(case, line, few) for line, few in zip(split, small, strict=True)]
    return rows, {way for way, few in zip(WAYS, small, strict=True) if few}


def shares_at_thresholds(
    case: Case, *, window: str, instrument: str | None = None, version: str | None = None
) -> pd.DataFrame:
    """All thresholds in use together, so that none can be picked: shares by arm, difference.

    Any fall, and those of :func:`analysis.describe.chosen.falls_that_count`. Rows of the table of
    estimates; the difference has Newcombe's interval, as in the verdict.
    """
    arms = two_arms(case, NO_ARMS)
    people, treated, words = _of_two_arms(case, window, instrument, version)
    rules = policy(case)
    rows: list[dict[str, Any]] = []
    shown = [{0, int(treated.sum())}, {0, int((~treated).sum())}]
    for name, improved in falls(case, people, instrument).items():
        counts = int(improved[treated].sum()), int(improved[~treated].sum())
        # Between two thresholds that are told lies a group that is told too.
        few = rules is not None and any(
            0 < abs(count - other) < rules.minimum
            for count, others in zip(counts, shown, strict=True)
            for other in others
        )
        if not few:
            for count, others in zip(counts, shown, strict=True):
                others.add(count)
        compared = shares.compare_shares(improved, treated, estimand=name, names=arms, **words)
        rows += [hide(case, line, few) for line in (*compared[:2], compared[3])]
    return released(case, rows)


def falls(case: Case, people: pd.DataFrame, instrument: str | None = None) -> dict[str, np.ndarray]:
    """Who fell, by threshold: any fall, then points, then shares of baseline."""
    change = people["change"].round(DECIMALS)
    found = {"any fall": (change < 0).to_numpy()}
    falls = falls_that_count(case, instrument)
    for one in sorted(falls, key=lambda fall: fall.points is None):
        if one.points is not None:
            found[one.name] = (change <= -round(one.points, DECIMALS)).to_numpy()
        elif one.share is not None:
            fell = response(people["baseline"], people["score"], one.share)
            found[one.name] = fell.fillna(False).to_numpy(bool)
    return found


def change_bands(case: Case, *, window: str) -> pd.DataFrame:
    """Cumulative shares of change by arm with a band that holds everywhere, thinned.

    Returns
    -------
    DataFrame
        arm, change (points), share, low, high (0 to 1), at the points of
        :func:`analysis.describe.cumulative_change`.
    """
    kept, rules = cumulative_change(case, window=window), policy(case)
    people = case.people(window)
    parts = []
    for arm, own in kept.groupby("arm", sort=True):
        change = people.loc[people["arm"] == arm, "change"].to_numpy()
        if rules is not None:
            change = _of_rounded_counts(own, rules.rounded(len(change)))
        _, low, high = distribution.change_distribution(change).at(own["change"].to_numpy())
        parts.append(own.assign(low=low, high=high))
    return pd.concat(parts, ignore_index=True) if parts else kept.assign(low=[], high=[])


def _of_rounded_counts(curve: pd.DataFrame, n: int) -> np.ndarray:
    """Changes of so many people, all of them at the points of the curve or beyond the last.

    A band gives the ranks that it is made of away, so that of others' it is made of these.
    """
    points = np.append(curve["change"], curve["change"].max() + 1.0)
    below = np.append(np.rint(n * curve["share"]), n).astype(int)
    return np.repeat(points, np.diff(below, prepend=0))


def compare_change(case: Case, *, windows: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Whether change is spread alike in both arms: rows of the table of estimates."""
    return _by_window(
        case,
        windows,
        lambda ours, theirs, words: distribution.compare_distributions(
            ours, theirs, seed=SEED, **words
        ),
    )


def spread_between_arms(case: Case, *, windows: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Variance of change, ketamine over comparator: rows of the table of estimates."""
    return _by_window(
        case,
        windows,
        lambda ours, theirs, words: variability.variance_ratio(ours, theirs, **words)[:1],
    )


def _by_window(case: Case, windows: tuple[str, ...] | None, estimate: Any) -> pd.DataFrame:
    two_arms(case, NO_ARMS)
    phase = (case.definitions.primary.phase,)
    later = (window for window in case.visits if window in case.later_windows)
    rows = []
    for window in windows or (*(name for name in phase if enough(case, name)), *later):
        people, treated, words = _of_two_arms(case, window, None, None)
        change = people["change"].to_numpy()
        words |= {"contrast": case.contrast}
        rows += estimate(change[treated], change[~treated], words)
    return released(case, rows)


def next_person(case: Case, *, window: str, level: float = 0.8) -> pd.DataFrame:
    """Where the change of the next person of each arm will lie: rows of the table of estimates.

    The limits that suppose no distribution are two people's changes, which others do not see.
    """
    people, treated, words = _of_two_arms(case, window, None, None)
    rows = []
    for arm, own in zip(two_arms(case, NO_ARMS), (treated, ~treated), strict=True):
        change = people.loc[own, "change"].to_numpy()
        rows += variability.next_person(change, level=level, contrast=arm, **words)
    return released(case, rows)


def cluster_profile(
    case: Case,
    *,
    windows: tuple[str, ...] | None = None,
    instrument: str | None = None,
    version: str | None = None,
) -> pd.DataFrame:
    """Clusters of symptoms by window: joint tests, and differences that hold together.

    At every later visit unless windows are named. Rows of the table of estimates; people with
    every cluster before and in the window.

    Raises
    ------
    ValueError
        For a window within hours: avoidance, sleep and startle cannot show in a clinic chair.
    """
    two_arms(case, NO_ARMS)
    name = instrument or case.scale.name
    version = version or (case.primary_form[0] if case.primary_form else "")
    cases = cluster_cases(case, name, version)
    later = [window for window in case.visits if window in case.later_windows]
    rows = [
        line
        for window in windows or later
        for line in cluster_contrast(cases, window, name, version)
    ]
    return released(case, rows)


def three_ways(case: Case, *, window: str, instrument: str, version: str) -> pd.DataFrame:
    """Reliably improved, unchanged and reliably worse by arm, a comparator or none.

    Rows of the table of estimates; the intervals of an arm hold together.

    Raises
    ------
    ValueError
        When no reliable change is published for the instrument.
    """
    people = case.people(window, instrument, version)
    ways = ways_of_change(instruments.get(instrument), people["baseline"], people["score"])
    words = {"instrument": instrument, "window": case.windows[window].label}
    rows: list[dict[str, Any]] = []
    for arm, mine in ways.groupby(people["arm"], sort=True):
        rows += _three_ways(case, mine.to_numpy(), contrast=str(arm), **words)[0]
    return released(case, rows)


def cumulative_change(
    case: Case, *, window: str, step: float = 2.0, at_least: int | None = None
) -> pd.DataFrame:
    """Share of each arm with a change at or below points of a grid, where enough people lie.

    A grid alone does not protect: with 30 people a step of 1/30 is one person, and the ends
    of the curve are the smallest and largest change. A point of the grid is therefore kept
    only if at least ``at_least`` people lie at or below it, above it, and between it and the
    kept point before it. A site bound to publish no count below 11 (CMS) sets 11.

    Parameters
    ----------
    case : Case
    window : str
    step : float
        Distance of the grid, points.
    at_least : int
        Fewest people in any step of the curve; by default as the view has it.

    Returns
    -------
    DataFrame
        arm, change (points), share (0 to 1); no row for an arm with too few people.
    """
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    rules = policy(case)
    rows: list[tuple[str, float, float]] = []
    for arm, mine in case.people(window).groupby("arm", sort=True):
        change = mine["change"].to_numpy()
        low, high = np.floor(change.min() / step), np.ceil(change.max() / step)
        kept = 0
        for point in step * np.arange(low, high + 1):
            below = int((change <= point).sum())
            if below - kept >= at_least and len(change) - below >= at_least:
                kept = below
                share, n = below / len(change), len(change)
                shown = share if rules is None else rules.share(share, n)
                rows.append((str(arm), float(point), shown))
    return pd.DataFrame(rows, columns=["arm", "change", "share"])
