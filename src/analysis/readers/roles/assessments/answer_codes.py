"""Answers in other codes than the scale's: refused by their cause, with the line that mends it.

Words, numbers with words, codes with a gap, options in place of points, codes for missing. Where
each answer is set aside by itself, forms are lost one by one and nobody is told why.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.instruments import Instrument
from analysis.readers.reading import FEW, Reading
from analysis.readers.table.numbers import numbers_of
from analysis.readers.table.text_table import TextTable

__all__ = ["labels_line", "refuse_other_codes", "words_of_answers"]

# Numbers that stand for missing in many exports; outside a scale they must be declared.
_MISSING = (77, 88, 777, 888, 9999, -66, -77, -88, -99, *range(95, 100), *range(995, 1000),
            *range(-9, -4), *range(-98, -94), *range(-999, -994), -9999)  # fmt: skip
# Words in so large a share of cells are how answers are written; fewer are slips.
_SHARE_OF_WORDS = 0.05
# Answers outside the scale in so large a share, or on so many forms, are of another scale or
# coding; fewer are slips.
_SHARE_OUTSIDE, _SHARE_OF_FORMS = 0.02, 0.1
# In so few answers a code may be absent by chance.
_MANY_ANSWERS = 100
# A coding is one that nearly all answers fit.
_NEARLY_ALL = 0.98
# More words than this are no answers; a longer one is no answer either.
_MOST_WORDS, _LONGEST = 12, 40
_WORD = r"[^\W\d_](?:[^\W\d_]|[ ',/-])*"
_CODE_FIRST = re.compile(
    rf"[\[(]?(\d{{1,2}})[\])]?\s*[=:.)\]–-]*\s+({_WORD})|(\d{{1,2}})[=:]({_WORD})"
)
_CODE_LAST = re.compile(rf"({_WORD}?)\s*[=:(\[–-]\s*(\d{{1,2}})[\])]?")


@dataclass(frozen=True)
class _Seen:
    """What stands in the cells of items: a row a column and text, with how many cells hold it.

    ``points`` is NaN for what is no number; ``told`` is False for blanks and declared codes.
    """

    cells: pd.DataFrame
    low: float
    top: float

    def mask(self, table: TextTable, columns: list[str], chosen: pd.Series) -> np.ndarray:
        """Rows of a table that hold any of the chosen texts."""
        found = np.zeros(len(table.cells), dtype=bool)
        for position in self.cells.loc[chosen, "position"].unique().tolist():
            own = self.cells.loc[chosen & (self.cells["position"] == position), "text"]
            found |= table.category(columns[position]).isin(own).to_numpy()
        return found


def refuse_other_codes(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str]
) -> None:
    """Refuse items whose answers are not the codes that study.toml declares them to be.

    A slip here and there is none of that: it is set aside later, and counted.

    Raises
    ------
    ReliefError
        ``score.undeclared-code``, ``item.options``, ``item.words``, ``item.codes-gap``,
        ``item.one-too-low``, ``item.codes-outside``.
    """
    scale = instruments.get(spec.instrument)
    seen = _seen(reading, table, spec, columns, scale)
    if seen is None:
        return
    _refuse_missing(reading, table, spec, columns, seen)
    _refuse_options(table, spec, columns, seen, scale)
    if spec.coding is None:
        _refuse_words(table, spec, columns, seen, scale)
        _refuse_gap(table, spec, columns, seen, scale)


def _seen(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str], scale: Instrument
) -> _Seen | None:
    """All texts of all items; None where each is an answer that the scale has."""
    low, tops = scale.item_low(spec.version), scale.item_max(spec.version)
    mapped = {_plain(label): code for label, code in spec.labels.items()}
    texts = [_different(table.category(column)) for column in columns]
    codes = [own.map(_plain).map(mapped).fillna(own) for own in texts] if mapped else texts
    missing = tuple(reading.config.study.missing_codes)
    read = numbers_of(codes, decimal=spec.decimal, missing_codes=missing)
    parts, fits = [], spec.coding is None
    for position, (own, (values, wrong)) in enumerate(zip(texts, read, strict=True)):
        points = values - spec.item_base
        filled = ~np.isnan(values) | wrong
        top = tops[position % len(tops)]
        with np.errstate(invalid="ignore"):
            inside = (points >= low) & (points <= top)
        fits &= bool((inside | ~filled).all())
        parts.append({"position": position, "text": own, "points": points, "told": filled})
    if fits:
        return None
    for part, column in zip(parts, columns, strict=True):
        found = table.category(column).value_counts()
        part["n"] = part["text"].map(dict(zip(found.index.astype("str"), found, strict=True)))
    cells = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
    return _Seen(cells[cells["told"] & (cells["n"].fillna(0) > 0)], low, max(tops))


def _different(column: pd.Series) -> pd.Series:
    """The different texts of a column."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Series(column.cat.categories, dtype="str")
    return pd.Series(column.unique(), dtype="str")


def _refuse_missing(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str], seen: _Seen
) -> None:
    cells = seen.cells
    outside = (cells["points"] < seen.low) | (cells["points"] > seen.top)
    found = outside & (cells["points"] + spec.item_base).isin(_MISSING)
    if not found.any():
        return
    new = sorted(set(cells.loc[found, "text"]), key=float)
    codes = json.dumps([*reading.config.study.missing_codes, *new])
    where = seen.mask(table, columns, found)
    table.refuse(
        "score.undeclared-code", where, columns[int(cells.loc[found, "position"].iloc[0])],
        codes=codes, several=int(cells.loc[found, "n"].sum()),
    )  # fmt: skip


def _refuse_options(
    table: TextTable, spec: AssessmentTable, columns: list[str], seen: _Seen, scale: Instrument
) -> None:
    """Options in place of points, as of BDI-II items 16 and 18, by the coding that they fit."""
    if not scale.codings or len(columns) != len(scale.item_numbers(spec.version)):
        return
    cells = seen.cells
    text = cells["text"].str.casefold().str.replace(r"(?<=\d)\.0+$", "", regex=True)
    everything = cells["n"].sum()

    def fit(coding: str | None) -> float:
        known = list(scale.item_codes(spec.version, coding).values())
        own = cells["points"].map("{:g}".format) if coding is None else text
        within = [value in known[at] for value, at in zip(own, cells["position"], strict=True)]
        return float(cells["n"][within].sum() / everything)

    fits = {coding: fit(coding) for coding in scale.codings}
    best = max(fits.values())
    if best < _NEARLY_ALL or best - fit(spec.coding) < (1 - _NEARLY_ALL) / 10:
        return
    if spec.coding is not None and fits[spec.coding] == best:
        return
    fitting = " or ".join(f'coding = "{name}"' for name, own in fits.items() if own == best)
    every = np.ones(len(table.cells), dtype=bool)
    special = next(iter(scale.codings.values())).items
    why = "they are written as its options in study.toml"
    if special:
        why = f"items {' and '.join(map(str, special))} have more options than points"
    table.refuse("item.options", every, columns[0], scale=scale.name, why=why, coding=fitting)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


@cache
def _ladders() -> tuple[tuple[str, ...], ...]:
    text = files(__package__).joinpath("answer_words.toml").read_text("utf-8")
    return tuple(tuple(words) for words in tomllib.loads(text).values())


def _code_of(text: str) -> tuple[str, str] | None:
    """The number and the word of an answer such as ``3 = Quite a bit``."""
    if first := _CODE_FIRST.fullmatch(text):
        return first[1] or first[3], first[2] or first[4]
    if last := _CODE_LAST.fullmatch(text):
        return last[2], last[1]
    return None


def words_of_answers(texts: pd.Series, low: float, top: float, base: int = 0) -> dict[str, str]:
    """Words of answers with the code of each, TODO where it cannot be told.

    Parameters
    ----------
    texts : Series of str
        Different texts, none of them a number.
    low, top : float
        Least and largest answer, in points; ``base`` is what the file adds.

    Returns
    -------
    dict
        Empty where they are too many, or too long, to be words of answers.
    """
    words = {text: _plain(text) for text in texts}
    if len(set(words.values())) > _MOST_WORDS or any(len(t) > _LONGEST for t in words):
        return {}
    found = {text: pair[0] for text in words if (pair := _code_of(text))}
    rest = {text: word for text, word in words.items() if text not in found}
    ladders = [own for own in _ladders() if len(own) == top - low + 1]
    fitting = [own for own in ladders if set(rest.values()) <= set(own)]
    for text, word in rest.items():
        place = fitting[0].index(word) + low + base if fitting else None
        if place is not None:
            found[text] = f"{place:g}"
        elif re.fullmatch(_WORD, text):
            found[text] = "TODO"
    return dict(sorted(found.items(), key=lambda pair: (pair[1].zfill(4), pair[0])))


def labels_line(labels: dict[str, str]) -> str:
    """``labels = { … }`` as study.toml takes it; one of several ways to write a word is enough."""
    once: dict[str, tuple[str, str]] = {}
    for label, code in labels.items():
        once.setdefault(_plain(label), (label, code))
    pairs = (f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v)}" for k, v in once.values())
    return f"labels = {{ {', '.join(pairs)} }}"


def _refuse_words(
    table: TextTable, spec: AssessmentTable, columns: list[str], seen: _Seen, scale: Instrument
) -> None:
    """Answers in words; a slip that is no word of an answer is none of them."""
    cells = seen.cells
    words = cells["points"].isna()
    if not words.any():
        return
    count = cells.loc[words, "n"].sum()
    texts = pd.Series(cells.loc[words, "text"].unique(), dtype="str")
    known = {word for ladder in _ladders() for word in ladder}
    answers = texts[[(_code_of(t) or (0, _plain(t)))[1].lower() in known for t in texts]]
    often = count >= max(FEW, _SHARE_OF_WORDS * cells["n"].sum())
    if not (spec.labels or often or len(answers)):
        return
    # Only what several people answered is sure to be a word of the form, not one of a person.
    pairs = [
        pd.DataFrame({"id": table.column(spec.subject), "text": table.column(column)})
        for column in columns
    ]
    people = pd.concat(pairs).groupby("text")["id"].nunique()
    sure = texts[(people.loc[texts] > 1).to_numpy() | texts.isin(answers).to_numpy()]
    told = words_of_answers(sure, seen.low, seen.top, spec.item_base)
    line = labels_line(dict(spec.labels) | told) if told else 'labels = { "word" = "code" }'
    left = len(texts) - len(told)
    others = f"of {len(texts)} different texts the line that follows leaves out {left}"
    rest = f" ({others}, since one participant's own words are not shown: add them)" if left else ""
    rule = "item.unknown-label" if spec.labels else "item.words"
    first = columns[int(cells.loc[words, "position"].iloc[0])]
    where = seen.mask(table, columns, words)
    table.refuse(rule, where, first, scale=scale.name, several=int(count), labels=line, rest=rest)


def _refuse_gap(
    table: TextTable, spec: AssessmentTable, columns: list[str], seen: _Seen, scale: Instrument
) -> None:
    """Codes with a gap, and codes outside the scale, that are too many to be slips."""
    if len(set(scale.item_max(spec.version))) > 1 or scale.item_step != 1:
        return
    cells = seen.cells[seen.cells["points"].notna()]
    n = {float(code): int(own["n"].sum()) for code, own in cells.groupby("points")}  # type: ignore[arg-type]
    total = sum(n.values())
    used = sorted(code for code, count in n.items() if count >= FEW and code == int(code))
    above = [code for code in used if code > seen.top]
    outside = [code for code in used if code < seen.low] + above
    if total < _MANY_ANSWERS or not outside:
        return
    base = spec.item_base
    first = cells["points"].isin(outside)
    where = seen.mask(table, columns, first.reindex(seen.cells.index, fill_value=False))
    column = columns[int(cells.loc[first, "position"].iloc[0])]
    place = {"scale": scale.name, "high": f"{seen.top + base:g}"}
    # Answers that run one too high or too low throughout have another base, which is told later.
    options = int(seen.top - seen.low) + 1
    shifted = (seen.low < used[0] and used[-1] <= seen.top + 1) or (
        seen.low - 1 <= used[0] and max(n) < seen.top
    )
    if base == 0 and used[0] == seen.low - 1 >= 0 and max(n) < seen.top:
        told = {f"{code:g}": f"{code + 1:g}" for code in np.arange(used[0], seen.top).tolist()}
        table.refuse(
            "item.one-too-low", where, column, **place,
            low=f"{seen.low:g}", below=f"{used[0]:g}", labels=labels_line(told),
        )  # fmt: skip
    absent = [c for c in np.arange(used[0], used[-1] + 1).tolist() if c not in n]
    if absent and above and not shifted and len(used) <= options:
        whole = len(used) == options
        codes = {
            f"{code + base:g}": f"{seen.low + at + base:g}" if whole else "TODO"
            for at, code in enumerate(used)
        }
        table.refuse(
            "item.codes-gap", where, column, **place,
            used=_listed(used, base), absent=_listed(absent[:3], base),
            above=_listed(above, base), labels=labels_line(codes),
        )  # fmt: skip
    share = sum(n[code] for code in outside) / total
    often = share >= _SHARE_OUTSIDE or where.mean() >= _SHARE_OF_FORMS
    if often and not shifted:
        table.refuse(
            "item.codes-outside", where, column, **place, low=f"{seen.low + base:g}",
            share=f"{share:.0%}", outside=_listed(outside, base),
        )  # fmt: skip


def _listed(codes: list[float], base: int) -> str:
    return ", ".join(f"{code + base:g}" for code in codes)
