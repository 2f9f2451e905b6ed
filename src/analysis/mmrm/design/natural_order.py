"""The order in which a person would put labels, where none is declared.

A label is read as a row of marks: times (a number and its unit, "2 h", "Day -1", "week2"), plain
numbers, words that say when ("screening", "baseline", "pre", "follow-up"), and other words. Times
compare as hours, so that 2 h < 24 h < 1 week < Month 1; screening comes first, the baseline stands
just before time 0, after negative times; follow-up and end come last. Words before a time say
nothing ("post 2 h"), unless a number follows them ("Cycle 2 Day 1"). Capitals do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np

__all__ = ["natural_order"]

Mark = tuple[float, float, float, str]

HOURS = {
    1 / 3600: "s sec secs seconds",
    1 / 60: "min mins minute minutes",
    1: "h hr hrs hour hours",
    24: "d day days",
    168: "w wk wks week weeks",
    730.5: "m mo mos mth mths month months",
    8766: "y yr yrs year years",
}
UNIT = {word: hours for hours, words in HOURS.items() for word in words.split()}
MONTH = 730.5
# "s 1" is a session or a site, "second 1" no time either.
BEFORE_NUMBER = set(UNIT) - set("s sec secs seconds".split())
COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()
ORDINAL = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth".split()
SPELLED = {word: i for words in (COUNTED, ORDINAL) for i, word in enumerate(words)}

SCREENING = set("screening screen prescreening enrolment enrollment consent intake runin".split())
BASELINE = set(
    "baseline bl base pre before prior predose pretreatment preinfusion pretest pretherapy "
    "prerandomisation prerandomization randomisation randomization".split()
)
AFTER = set("post after postdose postinfusion".split())
LATE = set(
    "follow followup fu end final last discharge exit termination early unscheduled eot eos "
    "posttreatment posttherapy posttest".split()
)

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:[.,]\d+)?(?![.]?\d)|\d+"
TOKEN = re.compile(
    rf"(?P<number>(?:(?<![\w.])[-+])?(?:{NUMBER}|(?<![\w.])\.\d+))|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)"
)
SIGN_AFTER_WORD = re.compile(r"([^\W\d_]+)([-+])(?=\.?\d)")


def natural_order(labels: Iterable[Any]) -> tuple[Any, ...]:
    """Labels in the order a person would put them; the same whatever order they come in.

    Parameters
    ----------
    labels
        Texts, numbers, truth values or lengths of time, each once.
    """
    labels = tuple(labels)
    texts = [_plain(label) for label in labels]
    signed = _words_before_a_sign(texts)
    in_minutes = _m_is_minutes(texts)
    keys = {
        label: (_marks(label, text, signed, in_minutes), str(label))
        for label, text in zip(labels, texts, strict=True)
    }
    return tuple(sorted(labels, key=keys.__getitem__))


def _plain(label: Any) -> str:
    return str(label).casefold().replace("−", "-").replace("‑", "-")


def _words_before_a_sign(texts: list[str]) -> set[str]:
    """Words after which a hyphen is a minus: D-1 beside D1 is; VIS-1 beside VIS-2 is none."""
    minus = {word for text in texts for word, sign in SIGN_AFTER_WORD.findall(text) if sign == "-"}
    plain = {word for text in texts for word in re.findall(r"([^\W\d_]+)[ +]?\d", text)}
    return minus & plain | {
        word for text in texts for word, sign in SIGN_AFTER_WORD.findall(text) if sign == "+"
    }


def _m_is_minutes(texts: list[str]) -> bool:
    """Whether "30 m" is half an hour, as beside "2 h", and no month."""
    units = {word for text in texts for word in re.findall(r"\d[ -]?([^\W\d_]+)", text)}
    return not units.isdisjoint({"h", "hr", "hrs", "hour", "hours"})


def _marks(label: Any, text: str, signed: set[str], in_minutes: bool) -> tuple[Mark, ...]:
    if isinstance(label, (timedelta, np.timedelta64)):
        return (_time(float(np.timedelta64(label) / np.timedelta64(1, "s")) / 3600),)
    if isinstance(label, (int, float, np.number, np.bool_)):
        return (_number(float(label)),)
    text = SIGN_AFTER_WORD.sub(lambda m: f"{m[1]} {m[2]}" if m[1] in signed else f"{m[1]} ", text)
    tokens = list(TOKEN.finditer(text))
    marks: list[Mark] = []
    at = 0
    while at < len(tokens):
        found, at = _next_mark(tokens, at, text, in_minutes)
        if found is not None:
            marks.append(found)
    return tuple(_without_idle_words(marks))


def _next_mark(
    tokens: list[re.Match[str]], at: int, text: str, in_minutes: bool
) -> tuple[Mark | None, int]:
    """The mark that begins at a token, None for one that says nothing, and the next token."""
    word, value = tokens[at]["word"], _value(tokens, at)
    if value is not None:
        after = _word(tokens, at + 1)
        if after in UNIT and _joined(tokens, at, text):
            size = 1 / 60 if after == "m" and in_minutes else UNIT[after]
            ahead = (_word(tokens, at + 2) or "").replace("-", "")
            if ahead in BASELINE and value > 0:
                return _time(-value * size), at + 3
            return _time(value * size), at + (3 if ahead in AFTER else 2)
        # "2-6 h": the unit behind the second number is that of both.
        if _is_range(tokens, at, text) and _word(tokens, at + 2) in UNIT:
            return _time(value * UNIT[_word(tokens, at + 2) or ""]), at + 1
        return _number(value), at + 1
    following = _value(tokens, at + 1)
    unit_of_its_own = _word(tokens, at + 2) in UNIT and _joined(tokens, at + 1, text)
    if word in BEFORE_NUMBER and following is not None and not unit_of_its_own:
        return _time(following * (MONTH if word == "m" else UNIT[word])), at + 2
    return _word_mark(word.replace("-", "")), at + 1


def _value(tokens: list[re.Match[str]], at: int) -> float | None:
    if at >= len(tokens) or tokens[at]["number"] is None:
        return None
    digits = tokens[at]["number"]
    thousands = re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+", digits)
    return float(digits.replace(",", "" if thousands else "."))


def _word(tokens: list[re.Match[str]], at: int) -> str | None:
    return tokens[at]["word"] if at < len(tokens) else None


def _joined(tokens: list[re.Match[str]], at: int, text: str) -> bool:
    """Whether nothing but a space or a hyphen lies between a token and the next."""
    return text[tokens[at].end() : tokens[at + 1].start()].strip() in ("", "-")


def _is_range(tokens: list[re.Match[str]], at: int, text: str) -> bool:
    if _value(tokens, at + 1) is None or not _word(tokens, at + 2):
        return False
    return text[tokens[at].end() : tokens[at + 1].start()].strip() in ("-", "–", "/")


def _time(hours: float) -> Mark:
    return (1, hours, 1, "")


def _number(value: float) -> Mark:
    return (1, value, 2, "")


def _word_mark(word: str) -> Mark:
    if word in SPELLED:
        return _number(SPELLED[word])
    if word in SCREENING:
        return (0, 0, 0, "")
    if word in BASELINE:
        return (1, 0, 0, "")
    if word == "during":
        return (1, 0, 3, "")
    if word in AFTER:
        return (1, 0, 4, "")
    return (3, 0, 0, "") if word in LATE else (2, 0, 0, word)


def _without_idle_words(marks: list[Mark]) -> list[Mark]:
    """Words before the first time dropped, unless a plain number stands among them."""
    for place, (kind, _, sub, _) in enumerate(marks):
        if kind == 1 and sub == 1:
            return marks[place:]
        if kind == 1 and sub == 2:
            break
    return marks
