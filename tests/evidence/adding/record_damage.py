"""Registry records damaged at random: the same seed and number give the same one again."""

from __future__ import annotations

import copy
import math
import random
import re
from collections.abc import Iterator
from typing import Any

from tests.evidence.adding.record_maker import analysed, analysis, measure, record, sample

Path = tuple[str | int, ...]

# What no cell, or another cell, holds: kinds, sizes, digits and words of another meaning.
JUNK: list[Any] = [
    None, True, False, 0, -1, 1e308, 1e400, math.nan, math.inf, "NaN", "inf", "", "  ", "0", "-0",
    "1e5", "34,6", "½", "٣٤", "３４", "34.6\n", "\u202e34", [], {}, [[]], [{}], [None], [1], ["a"],
    {"a": 1}, "a\x00b", "\ud800", "é" * 6000, "9" * 400, "0." + "0" * 400 + "1", "-34.6",
    "<script>", "Day 1", "Day 0", "0 hours", "24 hours", "99999999999999999999 weeks",
    "0.0000001 hours", "OG000", "OG001", "MEDIAN", "NUMBER", "COUNT_OF_PARTICIPANTS",
    "Standard Error", "95% Confidence Interval", "90% Confidence Interval", "NA",
    "Change in PCL-5", "PCL-5 response", "percent of participants", "Ketamine",
    "ketamine midazolam", "past week", "right now", "CROSSOVER", "PREVENTION", 'a"b,c\nd', "=1+1",
    "0x10", "1_000", "+3", "--3", "3.",
]  # fmt: skip


FIGURE = ("arm", "period", "instrument", "phase", "analysis", "hours_since_first_infusion",
          "statistic", "outcome")  # fmt: skip


def whole() -> list[dict[str, Any]]:
    """Records that are read: scores, a posted difference, a change, intervals, a crossover."""
    change = measure(
        "Change in CAPS-5 from baseline", {"2 weeks": [("-20.0", "9.0"), ("-8.0", "8.5")]},
        description="Negative values indicate improvement. CAPS-5 of the past month.",
        timeFrame="Baseline and 2 weeks",
    )  # fmt: skip
    limits = measure("PCL-5", {"24 hours": [("34.6", ""), ("40.3", "")]},
                     dispersionType="95% Confidence Interval")  # fmt: skip
    for one in limits["classes"][0]["categories"][0]["measurements"]:
        middle = float(one["value"])
        one |= {"lowerLimit": f"{middle - 6:.1f}", "upperLimit": f"{middle + 6:.1f}"}
    crossed = measure("IES-R", {"": [("20.0", "9.0"), ("31.0", "8.5")]},
                      timeFrame="7 days after first infusion")  # fmt: skip
    for group, title in zip(crossed["groups"], ("Ketamine first, then midazolam",
                                                "Midazolam first"), strict=True):  # fmt: skip
        group["title"] = title
    return [sample(), analysed(analysis()), record(change), record(limits),
            record(crossed, interventionModel="CROSSOVER")]  # fmt: skip


def damaged(seed: int, number: int) -> tuple[dict[str, Any], list[str]]:
    """One record, and what was done to it."""
    draw = random.Random(f"{seed}-{number}")
    made = copy.deepcopy(draw.choice(whole()))
    return made, [_damage(made, draw) for _ in range(draw.choice([1, 1, 1, 2, 3]))]


def _damage(made: Any, draw: random.Random) -> str:
    paths = [path for path in _paths(made) if path]
    if draw.random() < 0.7:
        paths = [path for path in paths if path[0] == "resultsSection"] or paths
    path = draw.choice(paths)
    parent, last, value = _at(made, path[:-1]), path[-1], _at(made, path)
    what = draw.choice(["junk", "junk", "junk", "gone", "twice", "swapped", "nested", "bared",
                        "scaled", "renamed"])  # fmt: skip
    if what == "junk":
        parent[last] = copy.deepcopy(draw.choice(JUNK))
    elif what == "gone":
        del parent[last]
    elif what == "twice" and isinstance(parent, list):
        parent.insert(draw.randrange(len(parent) + 1), copy.deepcopy(value))
    elif what == "swapped":
        other = draw.choice(paths)
        if other[: len(path)] != path and path[: len(other)] != other:
            parent[last] = copy.deepcopy(_at(made, other))
            _at(made, other[:-1])[other[-1]] = copy.deepcopy(value)
    elif what == "nested":
        parent[last] = draw.choice([[value], {"a": value}, [[value]], [value, value]])
    elif what == "bared" and isinstance(value, list | dict) and value:
        parent[last] = next(iter(value.values() if isinstance(value, dict) else value))
    elif what == "scaled" and re.fullmatch(r"-?[0-9.]+", str(value)):
        factor = draw.choice([-1, 0, 0.1, 10, 100, 1e6, 1e-6, 1e30])
        parent[last] = f"{float(value) * factor:g}"
    elif what == "renamed" and isinstance(parent, dict):
        parent[draw.choice(["title", "value", "groupId", "spread", "units", "counts"])] = (
            parent.pop(last)
        )
    return f"{what} at {'.'.join(map(str, path))}"


def _paths(found: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    if isinstance(found, dict | list):
        for key, value in found.items() if isinstance(found, dict) else enumerate(found):
            yield from _paths(value, (*at, key))


def _at(found: Any, path: Path) -> Any:
    for step in path:
        found = found[step]
    return found


def unsound(rows: list[dict[str, str]], made: Any) -> str:
    """What is wrong with rows that were read from a record, or nothing."""
    seen = set()
    for row in rows:
        steps = row["found_at"].replace("[", ".").replace("]", "").split(".")
        told = _at(made, tuple(int(step) if step.isdigit() else step for step in steps))
        if not row["derived"] and str(told).strip() != row["printed_value"]:
            return "its value does not stand at its path"
        value = float(row["value"])
        spread = row["statistic"] in ("sd", "se", "sd_change")
        if not math.isfinite(value) or abs(value) > 100 or (spread and value <= 0):
            return "its value cannot be"
        if not re.fullmatch(r"[1-9][0-9]{0,5}", row["n"]):
            return "its people cannot be"
        hours = row["hours_since_first_infusion"]
        if not (0 < float(hours) < 1e5 if hours else row["phase"] == "before"):
            return "its time cannot be"
        if any(ord(sign) < 32 for cell in row.values() for sign in cell):
            return "a cell holds a control character"
        key = tuple(row[name] for name in FIGURE)
        if key in seen:
            return "it stands there twice"
        seen.add(key)
    return ""
