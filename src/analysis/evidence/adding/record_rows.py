"""Posted measures of a record as rows, each with the path of its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import ReliefError
from analysis.estimates.intervals import t_quantile
from analysis.evidence.adding import record_words as words
from analysis.evidence.adding.record import MEASURES, Record, read_record
from analysis.evidence.adding.record_contrasts import Placed, contrast_rows
from analysis.evidence.build import SOURCE_COLUMNS, STATED
from analysis.evidence.table import schema

__all__ = ["rows_of"]

_POINTS = {"MEAN": "", "LEAST_SQUARES_MEAN": "least squares mean"}
_SPREADS = {"standard deviation": "sd", "standard error": "se"}
_INTERVAL = re.compile(r"95\s*%\s*confidence interval", re.IGNORECASE)
_IN_POINTS = re.compile(r"(unit|score|point)s?( on (a|the) scale)?|scale|total score", re.I)
_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_OF_PEOPLE = re.compile(r"participants|people|subjects|patients", re.IGNORECASE)
_OF_EVENTS = re.compile(r"respon(se|der)|remission", re.IGNORECASE)


@dataclass(frozen=True)
class _Measure:
    """One posted measure: whose scale, in what unit, as what statistic."""

    record: Record
    path: str
    title: str
    scale: str
    outcome: str
    change: bool
    sign: str
    recall: tuple[float, float]
    recall_told: str
    groups: dict[str, dict[str, str]]


def rows_of(
    text: str, file: str, there: pd.DataFrame, *, placeable: bool = False
) -> tuple[list[dict[str, str]], list[str]]:
    """What a record tells of PTSD severity and response; and what was left out, with why.

    Parameters
    ----------
    text, file
        The record, and its name for sentences.
    there
        The table: a trial that it has keeps its id, DOI and citation.
    placeable
        Leave out, and tell, the measures that cannot be placed; else the first one is refused.

    Raises
    ------
    ReliefError
        A measure on a PTSD scale whose arm, sign, time, window, unit or denominator the record
        does not tell.
    """
    record = read_record(text, file)
    own = there[there["registry_id"] == record.registry_id]
    study = {"study_id": record.registry_id, "doi": "", "citation": ""}
    if len(own):
        study = {name: own[name].iloc[0] for name in study}
    rows, left_out = [], []
    for place, measure in enumerate(record.measures):
        title = words.one_line(measure.get("title"))
        if not words.scales_in(title):
            left_out.append(f"{title}: no PTSD scale in its title")
            continue
        path = f"{MEASURES}[{place}]"
        for part in (_of_measure, _of_analyses):
            try:
                found, untold = part(record, path, measure, title)
            except ReliefError as refused:
                if not placeable:
                    raise
                left_out.append(f"{title}: {refused.message}")
                break
            rows += [study | row for row in found]
            left_out += untold
    return [_whole(record, row) for row in rows], left_out


def _of_measure(
    record: Record, path: str, measure: dict[str, Any], title: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Figures of the arms."""
    scales = words.scales_in(title)
    if len(scales) > 1:
        raise record.error("evidence.unit", f"{path}.title",
                           why=f"its title names {' and '.join(scales)}")  # fmt: skip
    return list(_rows(_place(record, path, measure, scales[0]), measure)), []


def _of_analyses(
    record: Record, path: str, measure: dict[str, Any], title: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Differences between arms, and why an analysis is left out."""
    analyses = measure.get("analyses") or []
    placed = _place(record, path, measure, words.scales_in(title)[0])
    if not analyses or placed.outcome != "score":
        return [], [f"{title}, analyses: they follow from the counts"] if analyses else []
    rows, untold = contrast_rows(_placed(placed, measure), analyses)
    return rows, [f"{title}, {why}" for why in untold]


def _placed(placed: _Measure, measure: dict[str, Any]) -> Placed:
    """The measure as its analyses are placed by."""
    point = "mean_change" if placed.change else "mean"
    keys = {(arm["arm"], arm["period"]): key for key, arm in placed.groups.items()}
    times: dict[float, dict[str, tuple[float, int]]] = {}
    for row in _rows(placed, measure):
        if row["statistic"] == point:
            at = float(row["hours_since_first_infusion"] or words.BEFORE)
            figure = float(row["value"]), int(row["n"])
            times.setdefault(at, {})[keys[row["arm"], row["period"]]] = figure
    return Placed(
        placed.record, placed.path, _common(placed), placed.sign or "negative", placed.groups,
        times, words.counts_from_day_zero(measure),
    )  # fmt: skip


def _common(placed: _Measure) -> dict[str, str]:
    """What every row of a measure tells."""
    return {
        "instrument": placed.title, "scale": placed.scale, "outcome": placed.outcome,
        "recall_window": placed.recall_told, "recall_hours_low": f"{placed.recall[0]:g}",
        "recall_hours_high": f"{placed.recall[1]:g}",
        "recall_hours": f"{placed.recall[0]:g}" if placed.recall[0] == placed.recall[1] else "",
    }  # fmt: skip


def _whole(record: Record, row: dict[str, str]) -> dict[str, str]:
    common = {
        "registry_id": record.registry_id, "design": record.design, "blinding": record.blinding,
        "year": record.year, "route": record.route, "source_kind": schema.POSTED,
        "read_from": "trial registry record", "documents_seen": "1",
        "co_therapy": "psychotherapy" if record.therapy else "none told",
    }  # fmt: skip
    empty = dict.fromkeys([*SOURCE_COLUMNS, *STATED, "scale", "outcome"], "")
    return empty | common | row


def _place(record: Record, path: str, measure: dict[str, Any], scale: str) -> _Measure:
    """Sign, unit and window of a measure; refused where the record leaves one open."""
    title, told, kind, unit = (
        words.one_line(measure.get(key))
        for key in ("title", "description", "paramType", "unitOfMeasure")
    )
    people = kind in ("COUNT_OF_PARTICIPANTS", "NUMBER") and bool(_OF_PEOPLE.search(unit))
    if people and not _OF_EVENTS.search(title):
        why = "people are counted, and neither response nor remission is named"
        raise record.error("evidence.unit", f"{path}.title", why=why)
    if not people and kind not in _POINTS:
        named = words.cut(kind.lower().replace("_", " ")) or "no kind of figure"
        raise record.error("evidence.unit", f"{path}.paramType", why=f"{named} is not a mean")
    if not people and not _IN_POINTS.fullmatch(unit.strip()):
        raise record.error("evidence.unit", f"{path}.unitOfMeasure", why="not points on the scale")
    if kind == "COUNT_OF_PARTICIPANTS" and "percent" in unit.lower():
        why = "a count of people, in per cent"
        raise record.error("evidence.unit", f"{path}.unitOfMeasure", why=why)
    if words.scored_the_other_way(told):
        raise record.error("evidence.sign", f"{path}.description")
    change = not people and bool(re.search(r"change|reduction|decrease|improvement", title, re.I))
    sign = words.sign_of(title, told) if change else ""
    if change and not sign:
        raise record.error("evidence.sign", f"{path}.description")
    recall = words.recall_in(f"{title} {told}")
    if len(recall) > 1:
        raise record.error("evidence.window", f"{path}.description",
                            why="it names two recall windows")  # fmt: skip
    window = (recall[0], recall[0]) if recall else words.recall_of(scale)
    return _Measure(
        record, path, title, scale, "response" if people else "score", change, sign, window,
        "as the record tells" if recall else "not told in the record",
        _groups(record, path, measure),
    )  # fmt: skip


def _groups(record: Record, path: str, measure: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Arm, comparator and dose by group id."""
    found: dict[str, dict[str, str]] = {}
    when = " ".join(str(measure.get(name, "")) for name in ("title", "description", "timeFrame"))
    agents = {}
    for place, group in enumerate(measure.get("groups") or []):
        title, more = str(group.get("title", "")), str(group.get("description", ""))
        named = words.agents_in(title) or words.agents_in(more)
        at = f"{path}.groups[{place}]"
        period = words.period_of(f"{title} {more} {when}") if record.crossover else "all"
        if record.crossover and words.is_sequence(title):
            if period != "first":
                why = "a group is a sequence of a crossover, not of its first period alone"
                raise record.error("evidence.arm", at, why=why)
            named = named[:1]
        if len(named) != 1:
            why = "a group names no drug that is known" if not named else "a group names two drugs"
            raise record.error("evidence.arm", at, why=why)
        key = str(group.get("id", ""))
        if key in found or not key:
            raise record.error("evidence.arm", at, why="a group's id is missing or occurs twice")
        agents[key] = named[0]
        dose = words.dose_in(title) or words.dose_in(more)
        found[key] = {"arm": named[0], "dose_mg_per_kg": dose, "period": period}
    others = sorted(set(agents.values()) - {"ketamine"})
    if len(others) > 1:
        raise record.error("evidence.arm", f"{path}.groups", why="there are two comparators")
    comparator = f"{words.kind_of(others[0])} ({others[0]})" if others else ""
    several = [key for key, agent in agents.items() if agent == "ketamine"]
    for key, arm in found.items():
        arm["comparator"] = comparator
        if len(several) > 1 and key in several:
            if not arm["dose_mg_per_kg"]:
                raise record.error("evidence.arm", f"{path}.groups",
                                    why="two arms of ketamine, and not both doses")  # fmt: skip
            arm["arm"] = f"ketamine_{arm['dose_mg_per_kg']}"
    names = [(arm["arm"], arm["period"]) for arm in found.values()]
    if len(set(names)) < len(names):
        raise record.error("evidence.arm", f"{path}.groups", why="two groups are the same arm")
    return found


def _rows(placed: _Measure, measure: dict[str, Any]) -> Iterator[dict[str, str]]:
    record = placed.record
    classes = measure.get("classes") or []
    titles = [str(c.get("title") or "") for c in classes]
    day_zero = words.counts_from_day_zero(measure)
    frame = str(measure.get("timeFrame") or "")
    seen = set()
    for place, (entry, title) in enumerate(zip(classes, titles, strict=True)):
        path = f"{placed.path}.classes[{place}]"
        at = words.hours_of(title or frame, change=placed.change, day_zero=day_zero,
                            single=record.single)  # fmt: skip
        if isinstance(at, str):
            raise record.error("evidence.window", f"{path}.title", why=at)
        if at in seen:
            raise record.error("evidence.window", f"{path}.title", why="two entries for one time")
        seen.add(at)
        categories = entry.get("categories") or []
        if len(categories) != 1:
            why = "categories stand where one figure was expected"
            raise record.error("evidence.unit", f"{path}.categories", why=why)
        people = _people(placed, measure, entry, path)
        for n, figure in enumerate(categories[0].get("measurements") or []):
            yield from _figures(placed, measure, figure, at, people,
                                f"{path}.categories[0].measurements[{n}]")  # fmt: skip


def _people(
    placed: _Measure, measure: dict[str, Any], entry: dict[str, Any], path: str
) -> dict[str, int]:
    """Participants analysed in each group: the class's own count, else the measure's.

    One count a group: which of two holds nobody can say.
    """
    for owner, at in ((entry, path), (measure, placed.path)):
        told = [(str(c.get("groupId")), str(c.get("value")))
                for one in owner.get("denoms") or []
                if _OF_PEOPLE.search(str(one.get("units", "")))
                for c in one.get("counts") or []]  # fmt: skip
        if told:
            if sorted(key for key, _ in told) != sorted(placed.groups) or not all(
                _COUNT.fullmatch(n) for _, n in told
            ):
                raise placed.record.error("evidence.denominator", f"{at}.denoms")
            return {key: int(n) for key, n in told}
    raise placed.record.error("evidence.denominator", f"{placed.path}.denoms")


def _figures(
    placed: _Measure, measure: dict[str, Any], figure: dict[str, Any], at: float,
    people: dict[str, int], path: str,
) -> Iterator[dict[str, str]]:  # fmt: skip
    """The rows of one posted figure: what was measured, and its spread."""
    group = str(figure.get("groupId", ""))
    if group not in placed.groups:
        raise placed.record.error("evidence.arm", path, why="a figure is of no group")
    if str(figure.get("value", "")).upper() in ("NA", "N/A") and figure.get("comment"):
        return
    before = at == words.BEFORE
    hours = "" if before else f"{at:g}"
    single = placed.record.single and not before
    common = {
        **_common(placed), **placed.groups[group], "n": str(people[group]),
        "phase": "before" if before else "", "hours_since_first_infusion": hours,
        "hours_since_last_infusion": hours if single else "", "found_at": path,
        "improvement_sign": placed.sign,
        "analysis": _POINTS.get(str(measure.get("paramType")), ""),
    }  # fmt: skip
    if placed.outcome == "response":
        percent = "percent" in str(measure.get("unitOfMeasure", "")).lower()
        kind = ("pct_responders", "%") if percent else ("events", "people")
        value = _number(placed, figure.get("value"), f"{path}.value")
        yield common | {"statistic": kind[0], "unit": kind[1], "value": value,
                        "improvement_sign": "positive", "found_at": f"{path}.value"}  # fmt: skip
        return
    point = "mean_change" if placed.change else "mean"
    value = _number(placed, figure.get("value"), f"{path}.value")
    yield common | {"statistic": point, "unit": "points", "value": value,
                    "found_at": f"{path}.value"}  # fmt: skip
    yield from _spread(placed, measure, figure, common, path)


def _spread(
    placed: _Measure, measure: dict[str, Any], figure: dict[str, Any], common: dict[str, str],
    path: str,
) -> Iterator[dict[str, str]]:  # fmt: skip
    told, spread_at = words.one_line(measure.get("dispersionType")), "spread"
    if _INTERVAL.fullmatch(told):
        keys = ("lowerLimit", "upperLimit")
        limits = [_number(placed, figure.get(key), f"{path}.{key}") for key in keys]
        if not float(limits[0]) <= float(figure["value"]) <= float(limits[1]):
            why = "the estimate lies outside its own interval"
            raise placed.record.error("evidence.contradicts-itself", path, why=why)
        if placed.change:
            for statistic, key, value in zip(("ci_low", "ci_high"), keys, limits, strict=True):
                yield common | {"statistic": statistic, "unit": "points", "value": value,
                                "found_at": f"{path}.{key}"}  # fmt: skip
            return
        if common["n"] == "1":
            raise placed.record.error("evidence.denominator", path)
        reach = 2 * t_quantile(int(common["n"]) - 1)
        se = f"{(float(limits[1]) - float(limits[0])) / reach:.4f}"
        told, spread_at, figure = "standard error", "lowerLimit", {"spread": se}
        common = common | {"derived": "(upper - lower) / (2 x t with n - 1 df), 95 % interval"}
    kind = _SPREADS.get(told.lower())
    if kind is None:
        why = f"its dispersion is {words.cut(told.lower()) or 'not told'}"
        raise placed.record.error("evidence.unit", f"{placed.path}.dispersionType", why=why)
    statistic = "sd_change" if placed.change and kind == "sd" else kind
    value = _number(placed, figure.get("spread"), f"{path}.spread")
    if float(value) <= 0:
        raise placed.record.error("evidence.number", f"{path}.spread",
                                   expected="a spread above zero")  # fmt: skip
    yield common | {"statistic": statistic, "unit": "points", "value": value,
                    "improvement_sign": "", "found_at": f"{path}.{spread_at}"}  # fmt: skip


def _number(placed: _Measure, found: Any, path: str) -> str:
    text = str(found).strip()
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,20})?", text):
        raise placed.record.error("evidence.number", path, expected="a number")
    return text
