"""What the picture that answers draws: an estimate a window, at its hour.

Taken from the tables of every window, so that the picture cannot say anything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.describe.common import policy
from analysis.describe.display import number
from analysis.describe.hours import asks_about, gaps, reach, told
from analysis.describe.in_words import SYNTHETIC, interval, lines_of, listed
from analysis.describe.scores.by_window import Described, WindowFound, main_difference
from analysis.estimates.intervals import t_quantile
from analysis.evidence import pooling
from analysis.evidence.therapy import speeds

__all__ = ["OverTime", "bars_of", "over_time", "published_bars", "published_over_time",
           "smallest_of"]  # fmt: skip

BOUND = "bias alone could do this much (B)"
SMALLEST = "minimal important difference"
# Published scales look back a week or a month; the longest is drawn.
MONTH = 720.0
# A published time covers its hour times or divided by this: no window is printed.
AROUND = 1.2
KINDS = {True: "decides", False: "shown beside"}


@dataclass(frozen=True)
class OverTime:
    """What is drawn over time.

    Attributes
    ----------
    rows : DataFrame
        A row a point: window, hours, hours_low, hours_high, recall_hours, marked, estimate,
        ci_low, ci_high, numbers (text), and a column of text for each of ``people``.
    people : tuple of str
        Arms, whose numbers stand under the points.
    bars : dict of str to float
        Words to the benefit (positive, in ``unit``) that decides; none that does not exist, or
        that others do not see.
    kinds : dict of bool to str
        What ``marked`` says of a point.
    what, unit, title, ylabel, since : str
        What is drawn, in which unit, and since what its hours count.
    synthetic : bool
    """

    rows: pd.DataFrame
    people: tuple[str, ...]
    bars: dict[str, float]
    kinds: dict[bool, str]
    what: str
    unit: str
    title: str
    ylabel: str
    synthetic: bool
    since: str = "the end of the infusion"

    @property
    def alt(self) -> str:
        """All that is drawn, in words."""
        mark = SYNTHETIC if self.synthetic else ""
        parts = [f"{mark}{self.what}, time since {self.since} to scale (log)"]
        parts += [self._point(line) for line in lines_of(self.rows)]
        parts += [f"{words}: line at {number(-value)} {self.unit}"
                  for words, value in self.bars.items()]  # fmt: skip
        empty = gaps(zip(self.rows["hours_low"], self.rows["hours_high"], strict=True),
                     *reach(self.rows["hours"]))  # fmt: skip
        if empty:
            spans = listed(f"{told(low)} to {told(high)}" for low, high in empty)
            parts.append(f"no data from {spans}")
        return ". ".join(part[0].upper() + part[1:] for part in parts) + "."

    def _point(self, line: dict[str, Any]) -> str:
        people = listed(f"{line[arm]} on {arm}" for arm in self.people)
        looks = line["recall_hours"]
        words = f"{line['window']} (at {told(line['hours'])})"
        most = "up to " if line.get("windows_differ") else ""
        back = f", the scale asks about the past {most}{told(looks)}" if looks > 0 else ""
        back += ", which begins before the infusion" if looks > line["hours"] else ""
        kind = self.kinds.get(bool(line["marked"]), "")
        counted = f", n = {people}" if people else ""
        return (
            f"{words}: {interval(line, unit=self.unit)}{counted}{', ' + kind if kind else ''}{back}"
        )


def over_time(found: Described) -> OverTime:
    """The difference of each window, or the change of a single arm.

    Raises
    ------
    ValueError
        When nobody has a score after an infusion.
    """
    case = found.case
    if not found.windows:
        raise ValueError(" ".join(found.limits) or "Nobody has a score after an infusion.")
    design = case.design
    arms = tuple(str(arm) for arm in (design.active_arm, design.comparator_arm) if arm)
    recall = case.primary_form[1] if case.primary_form else 0.0
    rows = pd.DataFrame([_row(one, case, recall, arms) for one in found.windows])
    form = f"{case.scale.name} ({asks_about(recall)})"
    beyond = "" if found.decides == case.definitions.primary.phase else " beyond hours"
    main = [one.label for one in found.windows if one.decides]
    decided = f"; {main[0]} decides{beyond}" if main else ""
    if design.comparator_arm is None:
        return OverTime(
            rows, arms, {}, KINDS,
            f"Change within participants on {arms[0]} over time, {form}", "points",
            f"Change within participants, no comparator\n{form}",
            "change from before, points\n(below 0: fewer symptoms)", design.synthetic,
        )  # fmt: skip
    return OverTime(
        rows, arms, bars_of(case), KINDS, f"Difference {case.contrast} over time, {form}", "points",
        f"{arms[0].capitalize()} against {arms[1]}{decided}\n{form}",
        f"difference, points\n(below 0: better on {arms[0]})", design.synthetic,
    )  # fmt: skip


def _row(one: WindowFound, case: Case, recall: float, arms: tuple[str, ...]) -> dict[str, Any]:
    by_arm = one.arms
    if case.design.comparator_arm is None:
        line = lines_of(by_arm[by_arm["estimand"] == "mean change"])[0]
    else:
        line = main_difference(one.differences)
    scored = by_arm[by_arm["estimand"] == "mean score"].set_index("contrast")["n"]
    return {
        "window": one.label,
        "hours": case.windows[one.window].at,
        "hours_low": one.low,
        "hours_high": one.high,
        "recall_hours": recall,
        "marked": one.decides,
        **{name: line[name] for name in ("estimate", "ci_low", "ci_high", "method")},
        "numbers": interval(line, unit="points"),
        **{arm: number(scored.get(arm)) for arm in arms},
    }


def bars_of(case: Case) -> dict[str, float]:
    """B and M in points, as the view shows numbers that come from baselines."""
    smallest = case.smallest_difference
    found = {BOUND: case.bias_bound, SMALLEST: smallest[0] if smallest else np.nan}
    if (rules := policy(case)) is not None:
        shown = {words: rules.number(case.from_baselines(value))[0]
                 for words, value in found.items()}  # fmt: skip
        found = {words: value if isinstance(value, float) else np.nan
                 for words, value in shown.items()}  # fmt: skip
    return {words: value for words, value in found.items() if np.isfinite(value) and value > 0}


def smallest_of(case: Case) -> dict[str, float]:
    """M alone, of figures in which B is taken off along the other axis."""
    return {words: value for words, value in bars_of(case).items() if words == SMALLEST}


def published_bars() -> dict[str, float]:
    """B and M in SD, as the published results are held against."""
    rules = load_definitions()
    return {BOUND: rules.rule("bias_bound_sd"), SMALLEST: rules.rule("smallest_difference_sd")}


def published_over_time() -> OverTime:
    """Each randomised trial's standardised difference, and those that others pooled."""
    trials = pooling.trial_differences()
    trials = trials[trials["g"].notna() & trials["hours_since_first_infusion"].notna()]
    pooled = speeds()
    pooled = pooled[(pooled["treatment"] == "ketamine, meta-analysis")
                    & (pooled["comparator"] == "any control")]  # fmt: skip
    rows = [_trial(line) for line in lines_of(trials)] + [
        _pooled(line) for line in lines_of(pooled)
    ]
    table = pd.DataFrame(rows).sort_values(["hours", "marked"], ignore_index=True)
    return OverTime(
        table, (), published_bars(), {True: "pooled by others", False: "one trial"},
        "Published differences from control over time", "SD",
        "Published trials: difference from control\nPTSD scales (ask about the past week or month)",
        "difference, SD\n(below 0: better on ketamine)", False, "the first infusion",
    )  # fmt: skip


def _trial(line: dict[str, Any]) -> dict[str, Any]:
    reach_out = t_quantile(math.inf) * math.sqrt(line["variance"])
    within = f"{line['n']:g} and {line['n_comparator']:g} participants"
    return _published(
        f"{line['study_id']}, {line['instrument']} against {line['comparator']}",
        line["hours_since_first_infusion"], line["recall_hours_high"], marked=False,
        windows_differ=line["recall_hours_low"] < line["recall_hours_high"],
        estimate=line["g"], ci_low=line["g"] - reach_out, ci_high=line["g"] + reach_out,
        people=within,
    )  # fmt: skip


def _pooled(line: dict[str, Any]) -> dict[str, Any]:
    estimate = {name: line[name] for name in ("estimate", "ci_low", "ci_high")}
    return _published("pooled by others, many scales", line["hours"], MONTH, marked=True,
                      people="", **estimate)  # fmt: skip


def _published(
    window: str,
    hours: float,
    recall: float,
    *,
    marked: bool,
    people: str,
    windows_differ: bool = False,
    **estimate: float,
) -> dict[str, Any]:
    told_numbers = interval(estimate, unit="SD")
    return {
        "window": f"{told(hours)}, {window}", "hours": hours,
        "hours_low": hours / AROUND, "hours_high": hours * AROUND,
        "recall_hours": recall, "windows_differ": windows_differ, "marked": marked, **estimate,
        "numbers": f"{told_numbers}; {people}" if people else told_numbers,
    }  # fmt: skip
