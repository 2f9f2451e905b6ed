"""Loads the published table and refuses one that breaks a rule, naming row and column."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Never

import numpy as np
import pandas as pd

from analysis.errors import EvidenceError
from analysis.evidence.table import schema
from analysis.evidence.table.provenance import ADDED, TABLE
from analysis.evidence.table.schema import COLUMNS, NAMES
from analysis.paths import PUBLISHED

Records = list[dict[str, Any]]

# One published figure with its limits shares all of these.
GROUP = [
    "study_id", "arm", "period", "instrument_printed", "phase", "hours_since_first_infusion",
    "hours_since_last_infusion", "analysis",
]  # fmt: skip
POINTS = {
    "diff": "", "md": "", "md_pre_post": "", "mean_change": "", "g": "g_", "smd": "smd_",
    "d": "d_", "or": "or_",
}  # fmt: skip


def load(folder: Path = PUBLISHED) -> pd.DataFrame:
    """The published table, typed and checked.

    Parameters
    ----------
    folder
        The folder that holds ``published_results.csv`` and ``added_results.csv``.

    Returns
    -------
    DataFrame
        One figure a row; columns, units and meanings in ``data_dictionary.csv``. Text columns
        are strings (empty where nothing is known), numbers are float with NaN, counts ``Int64``.

    Raises
    ------
    EvidenceError
        The first rule broken, as a sentence with the row id and the column.
    """
    return _checked(*contents(folder)).copy(deep=True)


def contents(folder: Path = PUBLISHED) -> tuple[bytes, bytes]:
    """The table as it was built, and the rows added since; the latter may be none."""
    path, added = (Path(folder) / name for name in (TABLE, ADDED))
    if not path.is_file():
        raise EvidenceError(
            "no_table", f"{TABLE} is missing. Build it with: make published EVIDENCE=path."
        )
    return path.read_bytes(), added.read_bytes() if added.is_file() else b""


def as_text(*parts: bytes) -> pd.DataFrame:
    """Both files as one table of text cells."""
    tables = [pd.read_csv(io.BytesIO(p), dtype=str, keep_default_na=False) for p in parts if p]
    return pd.concat(tables, ignore_index=True)


@lru_cache(maxsize=4)
def _checked(*parts: bytes) -> pd.DataFrame:
    """Keyed by the bytes, so that a changed file is read and checked again."""
    return validate(as_text(*parts))


def validate(text: pd.DataFrame) -> pd.DataFrame:
    """Check a table of text cells and convert it by the declared types.

    Parameters
    ----------
    text
        Columns ``schema.NAMES``, every cell a string.

    Returns
    -------
    DataFrame
        As ``load``.

    Raises
    ------
    EvidenceError
        The first rule broken.
    """
    if tuple(text.columns) != NAMES:
        odd = sorted(set(text.columns) ^ set(NAMES)) or ["order"]
        raise EvidenceError(
            "columns", f"The published table's columns are not those declared: {', '.join(odd)}."
        )
    _row_ids(text)
    for column in COLUMNS:
        _cells(text, column)
    table = _typed(text)
    records: Records = [{str(k): v for k, v in r.items()} for r in table.to_dict("records")]
    for rule in (_identifiers, _values, _counts, _units, _signs, _context, _limits, _shares):
        rule(records)
    return table


def _fail(rule: str, row: str, column: str, sentence: str) -> Never:
    raise EvidenceError(rule, f"Row {row}, column {column}: {sentence}")


def _row_ids(text: pd.DataFrame) -> None:
    for row, study in zip(text["row"], text["study_id"], strict=True):
        if not re.fullmatch(re.escape(study) + r"-[0-9]{3}", row):
            _fail("row_id", row, "row", "study_id and a three-digit number were expected.")
    repeated = text.loc[text["row"].duplicated(), "row"]
    if len(repeated):
        _fail("row_id", repeated.iloc[0], "row", "the row id occurs twice.")


def _cells(text: pd.DataFrame, column: schema.Column) -> None:
    for row, cell in zip(text["row"], text[column.name], strict=True):
        if not cell and (column.required or column.type == "boolean"):
            _fail("required", row, column.name, "a value is required and the cell is empty.")
        if column.allowed and cell and cell not in column.allowed:
            rule = "unknown_statistic" if column.name == "statistic" else "allowed_value"
            _fail(rule, row, column.name, f"{cell!r} is not one of the allowed values.")
        if column.type == "boolean" and cell not in ("true", "false"):
            _fail("type", row, column.name, "true or false was expected.")
        if column.type in ("number", "integer") and cell:
            _number(row, column, cell)


def _number(row: str, column: schema.Column, cell: str) -> None:
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,20})?", cell):
        _fail("type", row, column.name, "a plain decimal number was expected.")
    if column.type == "integer" and not re.fullmatch(r"[1-9][0-9]{0,8}", cell):
        rule = "n_not_whole" if column.name == "n" else "type"
        _fail(rule, row, column.name, "a whole number above zero was expected.")


def _typed(text: pd.DataFrame) -> pd.DataFrame:
    table = text.copy()
    for column in COLUMNS:
        cells = text[column.name]
        if column.type == "boolean":
            table[column.name] = (cells == "true").astype(bool)
        elif column.type == "number":
            table[column.name] = pd.to_numeric(cells.mask(cells == "")).astype(float)
        elif column.type == "integer":
            table[column.name] = pd.to_numeric(cells.mask(cells == "")).astype("Int64")
    return table


def _identifiers(records: Records) -> None:
    for r in records:
        if not (r["registry_id"] or r["doi"] or r["citation"]):
            _fail(
                "no_identifier",
                r["row"],
                "doi",
                "registry_id, doi and citation are all empty; a figure without a source "
                "cannot be used.",
            )


def _values(records: Records) -> None:
    for r in records:
        words = r["statistic"] in schema.WORDS
        if words != bool(r["text_value"]) or words != bool(np.isnan(r["value"])):
            expected = "words in text_value and no value" if words else "a value and no words"
            _fail("value", r["row"], "value", f"{r['statistic']} needs {expected}.")


def _counts(records: Records) -> None:
    for r in records:
        if r["statistic"] in schema.COUNTS:
            if r["value"] < 0 or r["value"] != int(r["value"]):
                _fail(
                    "count_not_whole", r["row"], "value", "a whole number of people was expected."
                )
            if r["statistic"] == "events" and not _absent(r["n"]) and r["value"] > r["n"]:
                _fail("events_over_n", r["row"], "value", "there are more events than people.")


def _units(records: Records) -> None:
    bounds = {"p": (0, 1), "pct": (0, 100), "pct_responders": (0, 100), "pct_change": (-100, None)}
    for r in records:
        allowed = schema.UNITS[r["statistic"]]
        if r["unit"] not in allowed:
            wanted = " or ".join(repr(u) for u in sorted(allowed))
            _fail("unit", r["row"], "unit", f"{r['statistic']} is in {wanted}, not {r['unit']!r}.")
        low, high = bounds.get(r["statistic"], (None, None))
        if (low is not None and r["value"] < low) or (high is not None and r["value"] > high):
            _fail("range", r["row"], "value", f"the {r['statistic']} lies outside its range.")
        if (r["statistic"] in ("sd", "se", "sd_change") or r["unit"] == "ratio") and r[
            "value"
        ] <= 0:
            _fail("range", r["row"], "value", f"the {r['statistic']} must be above zero.")


def _signs(records: Records) -> None:
    for r in records:
        signed = r["statistic"] in schema.SIGNED
        if r["sign_changed"] != (signed and r["printed_sign"] == "positive"):
            _fail(
                "sign",
                r["row"],
                "sign_changed",
                "the sign changes exactly where a difference or effect is printed with "
                "positive = better.",
            )
        if signed and r["direction"] not in ("negative_is_fewer_symptoms", "higher_is_more_harm"):
            _fail("sign", r["row"], "direction", f"{r['statistic']} must be oriented by its sign.")
        if (r["printed_sign"] == "harm") != (r["direction"] == "higher_is_more_harm"):
            _fail("sign", r["row"], "direction", "harms, and only harms, are oriented as harm.")
        if r["statistic"] not in schema.WORDS:
            printed = -float(r["printed_value"]) if r["sign_changed"] else float(r["printed_value"])
            if printed != r["value"]:
                _fail("sign", r["row"], "value", "it is not the printed value under its sign.")


def _context(records: Records) -> None:
    for r in records:
        if r["contrast"] and r["comparator_type"] == "none":
            _fail("comparator", r["row"], "comparator_type", "a contrast needs a comparator.")
        for name in ("hours_since_first_infusion", "hours_since_last_infusion"):
            if r[name] < 0:
                _fail("hours", r["row"], name, "hours after an infusion cannot be negative.")
        if r["hours_since_last_infusion"] > r["hours_since_first_infusion"]:
            _fail(
                "hours",
                r["row"],
                "hours_since_last_infusion",
                "the latest infusion cannot be earlier than the first.",
            )
        if r["recall_hours_low"] > r["recall_hours_high"] or not (
            np.isnan(r["recall_hours"])
            or r["recall_hours_low"] <= r["recall_hours"] <= r["recall_hours_high"]
        ):
            _fail("recall", r["row"], "recall_hours", "the window lies outside its own bounds.")


def _limits(records: Records) -> None:
    groups: dict[tuple, dict[str, list[dict[str, Any]]]] = {}
    for r in records:
        statistics = groups.setdefault(key_of(r, GROUP), {})
        statistics.setdefault(r["statistic"], []).append(r)
    for statistics in groups.values():
        for stem in dict.fromkeys(POINTS.values()):
            points = [s for s, prefix in POINTS.items() if prefix == stem]
            _ordered(
                statistics.get(f"{stem}ci_low", []),
                [r for s in points for r in statistics.get(s, [])],
                statistics.get(f"{stem}ci_high", []),
            )


def _ordered(low: Records, point: Records, high: Records) -> None:
    if not low and not high:
        return
    row = (low + high)[0]["row"]
    if (len(low), len(point), len(high)) != (1, 1, 1):
        _fail("limits", row, "statistic", "an estimate with one limit each side expected.")
    if not low[0]["value"] <= point[0]["value"] <= high[0]["value"]:
        _fail("limits", row, "value", "lower limit, estimate, upper limit not in order.")


def _shares(records: Records) -> None:
    keys = [*GROUP, "n"]
    printed = {key_of(r, keys): r for r in records if r["statistic"] in ("pct", "pct_responders")}
    for r in records:
        share = printed.get(key_of(r, keys))
        if r["statistic"] != "events" or share is None:
            continue
        half = 0.5 * 10.0 ** -len(share["printed_value"].partition(".")[2])
        if _absent(r["n"]) or abs(100 * r["value"] / r["n"] - share["value"]) > half + 1e-9:
            _fail("share", r["row"], "value", "the count does not round to the printed percentage.")


def _absent(value: Any) -> bool:
    return bool(pd.isna(value))


def key_of(record: dict[str, Any], keys: list[str]) -> tuple:
    """The record's values under these keys; every missing value counts as the same."""
    return tuple(None if pd.isna(record[key]) else record[key] for key in keys)
