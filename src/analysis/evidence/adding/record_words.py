"""Words of a registry record as hours, scales, signs, drugs: placed, or not placed and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from analysis.instruments import known

__all__ = [
    "BEFORE", "agents_in", "counts_from_day_zero", "cut", "dose_in", "hours_of", "one_line",
    "period_of", "recall_in", "route_in", "scales_in", "sign_of",
]  # fmt: skip

BEFORE = -1.0
"""A time before the infusion."""

_SCALES = {
    "PCL-5": r"PCL[\s-]?5|PTSD Checklist",
    "CAPS-5": r"CAPS[\s-]?5|Clinician[\s-]Administered (PTSD|Post)",
    "IES-R": r"IES[\s-]?R|Impact of Events? Scale",
    "PSS-I-5": r"PSS[\s-]?I[\s-]?5",
    "PDS-5": r"PDS[\s-]?5",
}
_KETAMINE = r"(es|ar)?ketamine"
_COMPARATORS = {
    "midazolam": ("active", r"midazolam|versed"),
    "ketorolac": ("active", r"ketorolac"),
    "fentanyl": ("active", r"fentanyl"),
    "diphenhydramine": ("active", r"diphenhydramine"),
    "saline": ("passive", r"saline|sodium chloride|placebo"),
}
_ROUTES = {
    "intranasal": r"intranasal|nasal spray",
    "intramuscular": r"intramuscular",
    "sublingual": r"sublingual",
    "oral": r"\boral",
    "intravenous": r"intravenous|\biv\b|infusion",
}
_HOURS = {"min": 1 / 60, "h": 1, "d": 24, "w": 168, "mon": 720}
_UNIT = r"(?P<{0}>min(?:ute)?s?|h(?:ou)?rs?|h|days?|d|weeks?|wks?|months?)"
_TIMES = (
    re.compile(r"(?P<n>[0-9]+(?:\.[0-9]+)?)[\s-]*" + _UNIT.format("unit") + r"\b", re.IGNORECASE),
    re.compile(r"\b" + _UNIT.format("unit") + r"\s*(?P<n>[0-9]+(?:\.[0-9]+)?)\b", re.IGNORECASE),
)
_OPEN = re.compile(r"up to|through|until|end of|\bto day|\bto week|average|immediately", re.I)
_WEEK = 168
_LAST = re.compile(r"(last|final|each|second|third|sixth|eighth) (infusion|dose|treatment)", re.I)
_NUMBER_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "six": "6", "eight": "8"}


def one_line(found: Any) -> str:
    """A cell's text without line breaks; nothing for an absent one."""
    return " ".join(str("" if found is None else found).split())


def cut(text: str) -> str:
    """A text as a sentence may quote it: sixty characters at most."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def scales_in(text: str) -> list[str]:
    """PTSD scales that a title names."""
    return [name for name, words in _SCALES.items() if re.search(words, text, re.IGNORECASE)]


def agents_in(text: str) -> list[str]:
    """Drugs that an arm's title names, in their order: ketamine, or comparators of the list."""
    drugs = {"ketamine": _KETAMINE} | {name: words for name, (_, words) in _COMPARATORS.items()}
    places = {name: re.search(words, text, re.IGNORECASE) for name, words in drugs.items()}
    found = [(match.start(), name) for name, match in places.items() if match]
    return [name for _, name in sorted(found)]


def pattern_of(agent: str) -> str:
    """How a drug is written, as a regular expression."""
    return _KETAMINE if agent == "ketamine" else _COMPARATORS[agent][1]


def kind_of(agent: str) -> str:
    """Whether a comparator is active or passive."""
    return _COMPARATORS[agent][0]


def dose_in(text: str) -> str:
    """The one dose in mg/kg, or nothing."""
    found = set(re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*mg\s*(?:/|per)\s*kg", text, re.IGNORECASE))
    return found.pop() if len(found) == 1 else ""


def route_in(text: str) -> str:
    """The first route that is named, or that none is."""
    for route, words in _ROUTES.items():
        if re.search(words, text, re.IGNORECASE):
            return route
    return "mixed or not stated"


def is_sequence(title: str) -> bool:
    """Whether a group is an order of treatments and not one of them."""
    return bool(re.search(r"\bfirst\b|\bthen\b|sequence|followed by", title, re.IGNORECASE))


def period_of(text: str) -> str:
    """Period of a crossover that a title names: first, second or all."""
    for period in ("first", "second"):
        if re.search(rf"{period} (period|infusion|treatment period)", text, re.IGNORECASE):
            return period
    return "all"


def counts_from_day_zero(measure: Mapping[str, Any]) -> bool:
    """Whether a measure has a day 0, so that its day 1 is 24 hours later."""
    told = [one.get("title") for one in (measure, *(measure.get("classes") or []))]
    told.append(measure.get("timeFrame"))
    return any(re.search(r"\bday\s*0\b", str(text), re.IGNORECASE) for text in told)


def hours_of(text: str, *, change: bool, day_zero: bool, single: bool) -> float | str:
    """Hours since the first infusion's start that a title tells, or why it tells none.

    Parameters
    ----------
    text
        A class's title or a measure's time frame.
    change
        Whether the figure is a change, so that a baseline in the text is what it is from.
    day_zero
        Whether the record counts the infusion's day as day 0, so that day 1 is 24 hours later.
    single
        Whether there is one infusion, so that the last one is the first.

    Returns
    -------
    float or str
        Hours, ``BEFORE``, or the reason.
    """
    words = re.sub(
        r"\b(" + "|".join(_NUMBER_WORDS) + r")\b", lambda m: _NUMBER_WORDS[m[0].lower()], text,
        flags=re.IGNORECASE,
    )  # fmt: skip
    if _OPEN.search(words):
        return "a span or an end that is not told in hours"
    if _LAST.search(words) and not single:
        return "it counts from another infusion than the first"
    before = re.search(r"baseline|screening|(pre|before|prior to)[\s-]*(the )?"
                       r"(infusion|treatment|dose)", words, re.IGNORECASE)  # fmt: skip
    found: set[float] = set()
    for pattern in _TIMES:
        for match in pattern.finditer(words):
            unit, number = match["unit"].lower(), float(match["n"])
            length = next(h for key, h in _HOURS.items() if unit.startswith(key))
            ordinal = pattern is _TIMES[1] and unit.startswith("d")
            if ordinal and not day_zero:
                return "day 1 may be the infusion's day or the next"
            found.add(number * length)
    found -= {0.0} if len(found) > 1 else set()
    if before and not (change and found):
        return "both before and after in one figure" if found - {0.0} else BEFORE
    if found == {0.0}:
        return "a time of 0 may be before the infusion or after it"
    if len(found) == 1:
        return found.pop()
    return "several times for one figure" if found else "no time in hours, days or weeks"


def recall_in(text: str) -> tuple[float, ...]:
    """Windows in hours that the text names, each once."""
    found = {
        0.0: r"right now|at this moment|current(ly)? moment",
        24.0: r"(past|last|previous|prior) (24[\s-]hours?|day)\b",
        168.0: r"(past|last|previous|prior) (week|7[\s-]days?|seven days)",
        720.0: r"(past|last|previous|prior) (month|30[\s-]days?)",
    }
    return tuple(hours for hours, words in found.items() if re.search(words, text, re.IGNORECASE))


def recall_of(scale: str) -> tuple[float, float]:
    """Shortest and longest window among a scale's forms of a week or more.

    Forms of a day or a moment say so wherever they are used.
    """
    windows = [hours for hours in known()[scale].versions.values() if hours >= _WEEK]
    return float(min(windows)), float(max(windows))


def sign_of(title: str, description: str) -> str:
    """Which sign of a change means fewer symptoms: positive, negative, or nothing said."""
    text = re.sub(r"\s+", " ", f"{title}. {description}").lower()
    better = r"(improve|better|reduc|decreas|fewer|less severe|lower severity|lessen)"
    told = set()
    for sign, words in (("negative", r"negative|lower|minus"), ("positive", r"positive")):
        value = rf"({words})( change)?( scores?| values?| numbers?| differences?)*"
        verb = r"( \w+){0,2} (indicat\w*|mean\w*|reflect\w*|represent\w*|correspond\w*|=)"
        if re.search(rf"\b{value}{verb}[^.]*{better}", text):
            told.add(sign)
        if re.search(rf"\b{value}{verb}[^.]*(worse|increas|more severe|greater sever)", text):
            told.add("positive" if sign == "negative" else "negative")
    return told.pop() if len(told) == 1 else ""


def scored_the_other_way(description: str) -> bool:
    """Whether higher scores are said to be better, which no PTSD severity scale is."""
    text = re.sub(r"\s+", " ", description).lower()
    higher = r"(higher|greater|larger) (total )?(scores?|values?|numbers?)( \w+){0,2} "
    return bool(re.search(
        higher + r"(indicat\w*|mean\w*|reflect\w*|represent\w*|=)[^.,;]*"
        r"(better|improve|fewer|less severe|lower severity)", text))  # fmt: skip
