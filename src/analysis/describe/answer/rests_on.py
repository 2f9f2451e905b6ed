"""What the verdict on hours rests on: the bound on bias, and the power of the row cited."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.claims.calibration.command import POWER
from analysis.claims.calibration.design import HOURS, LATER, design_of_trial
from analysis.claims.case import Case
from analysis.claims.decision_rule import decide_by_interval
from analysis.describe.calibration.counts import absent, all_gates, read_counts
from analysis.describe.chosen import decides
from analysis.describe.common import policy

__all__ = ["bounds_by_word", "power_cited"]

# SD; no bound beyond it is worth a line.
FURTHEST = 3.0
POWER_COLUMN = "all seven gates"


def bounds_by_word(case: Case, estimate: Mapping[str, Any]) -> pd.DataFrame:
    """From which bound on bias B to which the estimate alone says which word.

    Parameters
    ----------
    case : Case
    estimate : mapping
        Row of the difference that decides, points, as the reader may see it.

    Returns
    -------
    DataFrame
        A row a stretch of B: from_sd, to_sd (SD of baseline; inf for the last), from_points,
        to_points, word, declared (whether the declared bound lies in it). Empty where there is no
        smallest difference, or no number that may be shown.
    """
    columns = ["from_sd", "to_sd", "from_points", "to_points", "word", "declared"]
    numbers = [_value(estimate, name) for name in ("ci_low", "ci_high", "estimate")]
    sd, smallest = _shown(case)
    if not all(map(math.isfinite, (*numbers, sd, smallest))) or sd <= 0:
        return pd.DataFrame(columns=columns)
    low, high, middle = numbers
    # Support ends where B reaches the upper limit, contradiction where half of B does the lower.
    turns = sorted({b / sd for b in (-high, 2 * (low + smallest)) if 0 < b < FURTHEST * sd})
    edges = [0.0, *turns, math.inf]
    own = case.definitions.rule("bias_bound_sd")
    rows: list[dict[str, Any]] = []
    for start, end in itertools.pairwise(edges):
        inside = (start + min(end, start + 1)) / 2
        word = decide_by_interval(low, high, middle, smallest=smallest, bias=inside * sd)
        if rows and rows[-1]["word"] == word:
            rows[-1] |= {"to_sd": end, "to_points": end * sd}
            rows[-1]["declared"] = rows[-1]["declared"] or start <= own < end
            continue
        rows.append({"from_sd": start, "to_sd": end, "from_points": start * sd,
                     "to_points": end * sd, "word": word,
                     "declared": start <= own < end})  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _shown(case: Case) -> tuple[float, float]:
    """SD that B is a share of, and M, in points; NaN where there is none or it is withheld."""
    smallest = case.smallest_difference
    values = (case.bar_sd, math.nan if smallest is None else smallest[0])
    if (rules := policy(case)) is None:
        return values
    shown = [rules.number(case.from_baselines(value))[0] for value in values]
    first, second = (one if isinstance(one, float) else math.nan for one in shown)
    return first, second


def power_cited(case: Case) -> str:
    """How often a real effect would be seen by a study like this one, in one sentence."""
    counts = read_counts()
    if case.design.comparator != "active":
        return "Power: no committed row has such a comparator."
    try:
        there = case.at(decides(case))
        primary = there.primary
    except ValueError:
        return "Power: there is no estimate, so no row is cited."
    window = HOURS if there.later is None else LATER
    found = design_of_trial(there.scores, primary, level=case.level, window=window)
    if isinstance(found, str):
        return "Power: the study has a design that no committed row is of."
    size, design = found
    table = all_gates(counts)
    world = f"{POWER}@{design.name}" if design.name else POWER
    if (world, size) not in table.index:
        return f"Power: the row for such a study is {absent(counts)}."
    share = float(table[POWER_COLUMN].to_dict()[world, size])
    return (
        f"Power: at a true effect of 1 SD such a study is supported by all seven gates in "
        f"{share:.0f} % of simulated trials."
    )


def _value(line: Mapping[str, Any], name: str) -> float:
    value = line.get(name)
    return math.nan if value is None else float(value)
