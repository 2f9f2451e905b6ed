"""Posted analyses of a measure as rows: a difference between two arms with its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.evidence.adding import record_words as words
from analysis.evidence.adding.record import Record

__all__ = ["Placed", "contrast_rows"]

_DIFFERENCE = re.compile(r"difference", re.IGNORECASE)
_OTHER = re.compile(r"median|risk|percent|proportion|rate|standardi[sz]ed|hodges", re.IGNORECASE)
_ERRORS = ("STANDARD_ERROR_OF_MEAN", "STANDARD_ERROR")
_COMMENTS = (
    "groupDescription", "estimateComment", "statisticalComment", "otherAnalysisDescription",
    "paramType",
)  # fmt: skip
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,20})?")
_NORMAL = 1.96


@dataclass(frozen=True)
class Placed:
    """What is known of a measure: where it stands, its arms, and their figures by time.

    Attributes
    ----------
    record, path
        The record, and where in it the measure stands.
    common : dict
        The cells that every row of the measure shares.
    sign : str
        Which sign of an arm's figure means fewer symptoms.
    arms : dict
        By group: ``arm``, ``comparator``, ``dose_mg_per_kg``, ``period``.
    times : dict
        By hours since the first infusion: each group's figure and people.
    day_zero : bool
        Whether the record counts the infusion's day as day 0.
    """

    record: Record
    path: str
    common: Mapping[str, str]
    sign: str
    arms: Mapping[str, Mapping[str, str]]
    times: Mapping[float, Mapping[str, tuple[float, int]]]
    day_zero: bool


def contrast_rows(
    placed: Placed, analyses: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, str]], list[str]]:
    """Rows of the posted analyses, and of each other one why it is none of the table's.

    A difference in means is placed by its two arms, by the time that it is of, and by which of
    the arms was taken from the other: in words, or as the arms' own figures leave no doubt.

    Raises
    ------
    ReliefError
        A difference in means whose arms, time, direction, or uncertainty the record does not tell,
        or that stands there twice.
    """
    found: dict[tuple[str, ...], list[dict[str, str]]] = {}
    untold = []
    for number, analysis in enumerate(analyses):
        path = f"{placed.path}.analyses[{number}]"
        kind = words.one_line(str(analysis.get("paramType") or "").replace("_", " "))
        if not kind or analysis.get("paramValue") in (None, ""):
            untold.append(f"analyses[{number}]: it tells no estimate")
            continue
        if not _DIFFERENCE.search(kind) or _OTHER.search(kind):
            told = words.cut(kind.lower())
            untold.append(f"analyses[{number}]: {told} is no difference in means")
            continue
        rows = list(_rows(placed, analysis, path))
        key = (rows[0]["arm"], rows[0]["period"], rows[0]["hours_since_first_infusion"])
        if key in found:
            why = "two analyses give a difference of the same arms at one time"
            raise placed.record.error("evidence.unit", path, why=why)
        found[key] = rows
    return [row for rows in found.values() for row in rows], untold


def _rows(placed: Placed, analysis: Mapping[str, Any], path: str) -> Iterator[dict[str, str]]:
    treated, control = _two(placed, analysis, path)
    at = _time(placed, analysis, path)
    if not {treated, control} <= set(placed.times[at]):
        raise placed.record.error("evidence.denominator", path)
    value = _number(placed, analysis, "paramValue", path)
    spread = _uncertainty(placed, analysis, path)
    reach = [float(n) for n in spread.values()]
    if "se" in spread:
        reach = [float(value) - _NORMAL * reach[0], float(value) + _NORMAL * reach[0]]
    told = _direction(placed, analysis, (treated, control), placed.times[at], reach, path)
    turned = {"positive": "negative", "negative": "positive"}
    sign = placed.sign if told == (treated, control) else turned[placed.sign]
    one, other = placed.arms[treated], placed.arms[control]
    people = [placed.times[at][key][1] for key in (treated, control)]
    common = {
        **placed.common, **one, "arm": f"{one['arm']}_vs_{other['arm']}", "n": str(sum(people)),
        "improvement_sign": sign, "phase": "", "hours_since_first_infusion": f"{at:g}",
        "hours_since_last_infusion": f"{at:g}" if placed.record.single else "", "unit": "points",
    }  # fmt: skip
    yield common | {"statistic": "diff", "value": value, "found_at": f"{path}.paramValue"}
    places = {"se": "dispersionValue", "ci_low": "ciLowerLimit", "ci_high": "ciUpperLimit"}
    for statistic, number in spread.items():
        signed = sign if statistic != "se" else ""
        yield common | {"statistic": statistic, "value": number, "improvement_sign": signed,
                        "found_at": f"{path}.{places[statistic]}"}  # fmt: skip
    p = str(analysis.get("pValue") or "").strip()
    if _NUMBER.fullmatch(p):
        yield common | {"statistic": "p", "value": p, "unit": "", "improvement_sign": "",
                        "found_at": f"{path}.pValue"}  # fmt: skip


def _two(placed: Placed, analysis: Mapping[str, Any], path: str) -> tuple[str, str]:
    """The groups compared: one of ketamine, then the other."""
    groups = [str(key) for key in analysis.get("groupIds") or []]
    if len(groups) != 2 or not set(groups) <= set(placed.arms) or groups[0] == groups[1]:
        why = f"a difference is of two groups of the measure, and it names {len(groups)}"
        raise placed.record.error("evidence.arm", f"{path}.groupIds", why=why)
    treated = [key for key in groups if placed.arms[key]["arm"].startswith("ketamine")]
    if len(treated) != 1:
        why = "a difference is of one arm of ketamine and its comparator"
        raise placed.record.error("evidence.arm", f"{path}.groupIds", why=why)
    return treated[0], next(key for key in groups if key not in treated)


def _words(analysis: Mapping[str, Any]) -> str:
    return ". ".join(str(analysis.get(name) or "") for name in _COMMENTS)


def _time(placed: Placed, analysis: Mapping[str, Any], path: str) -> float:
    """Hours that the difference is of: the measure's only time, or the one that it names."""
    after = [at for at in placed.times if at != words.BEFORE]
    if len(after) == 1:
        return after[0]
    told = words.hours_of(_words(analysis), change=True, day_zero=placed.day_zero,
                          single=placed.record.single)  # fmt: skip
    if told not in after:
        why = f"the difference may be of any of {len(after)} times"
        raise placed.record.error("evidence.window", path, why=why)
    return float(told)


def _uncertainty(placed: Placed, analysis: Mapping[str, Any], path: str) -> dict[str, str]:
    """Both limits of a two-sided 95 % interval, else a standard error."""
    if analysis.get("ciLowerLimit") is not None or analysis.get("ciUpperLimit") is not None:
        level = words.cut(words.one_line(analysis.get("ciPctValue")) or "no told level")
        if not re.fullmatch(r"95(\.0+)?", level):
            raise placed.record.error("evidence.unit", f"{path}.ciPctValue",
                                      why=f"its interval is of {level} %, not of 95 %")  # fmt: skip
        if str(analysis.get("ciNumSides") or "TWO_SIDED") != "TWO_SIDED":
            raise placed.record.error("evidence.unit", f"{path}.ciNumSides",
                                      why="its interval has one side")  # fmt: skip
        limits = {"ci_low": "ciLowerLimit", "ci_high": "ciUpperLimit"}
        return {name: _number(placed, analysis, key, path) for name, key in limits.items()}
    if str(analysis.get("dispersionType") or "") in _ERRORS:
        se = _number(placed, analysis, "dispersionValue", path)
        if float(se) > 0:
            return {"se": se}
        raise placed.record.error("evidence.number", f"{path}.dispersionValue",
                                  expected="a standard error above zero")  # fmt: skip
    why = "neither a 95 % interval nor a standard error stands beside the difference"
    raise placed.record.error("evidence.unit", path, why=why)


def _direction(
    placed: Placed, analysis: Mapping[str, Any], pair: tuple[str, str],
    figures: Mapping[str, tuple[float, int]], reach: Sequence[float], path: str,
) -> tuple[str, str]:  # fmt: skip
    """Which group was taken from which: in words, else as the groups' own figures leave no doubt.

    They leave none where their difference lies inside the interval one way round alone.
    """
    named = {key: placed.arms[key]["arm"].partition("_")[0] for key in pair}
    turned = (pair[1], pair[0])
    told = [way for way in (pair, turned) if _minus(named[way[0]], named[way[1]], analysis)]
    inside = [
        way for way in (pair, turned)
        if min(reach) <= figures[way[0]][0] - figures[way[1]][0] <= max(reach)
    ]  # fmt: skip
    found = told or inside
    if len(found) != 1 or (told and inside and told[0] not in inside):
        raise placed.record.error("evidence.sign", path)
    return found[0]


def _minus(one: str, other: str, analysis: Mapping[str, Any]) -> bool:
    """Whether the words say ``one minus other``."""
    first, second = words.pattern_of(one), words.pattern_of(other)
    between = r"( \w+){0,2} (minus|-|\u2212|\u2013) (\w+ ){0,2}"
    return bool(re.search(rf"({first}){between}({second})", _words(analysis), re.IGNORECASE))


def _number(placed: Placed, analysis: Mapping[str, Any], key: str, path: str) -> str:
    text = str(analysis.get(key) if analysis.get(key) is not None else "").strip()
    if not _NUMBER.fullmatch(text):
        raise placed.record.error("evidence.number", f"{path}.{key}", expected="a number")
    return text
