"""Builds ``data/raw/published/`` from the evidence file: typed, and one sign for all.

The same input gives the same bytes. Every printed value stays beside its value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from analysis.errors import EvidenceError
from analysis.evidence.table import schema, vocabulary
from analysis.evidence.table.provenance import (
    ADDED,
    DICTIONARY,
    PROVENANCE,
    TABLE,
    added_record,
    provenance_text,
    sha256,
)
from analysis.evidence.table.schema import COLUMNS, NAMES
from analysis.paths import PUBLISHED
from analysis.writing import write_atomic

SOURCE_COLUMNS = (
    "study_id", "registry_id", "doi", "citation", "design", "comparator", "arm", "dose_mg_per_kg",
    "period", "n", "instrument", "recall_window", "phase", "hours_since_first_infusion",
    "hours_since_last_infusion", "analysis", "statistic", "value", "unit", "improvement_sign",
    "read_from", "documents_seen", "note",
)  # fmt: skip
# What a source may tell beside, else taken from its design and words.
STATED = (
    "year", "route", "blinding", "co_therapy", "source_kind", "derived", "found_at",
    "recall_hours", "recall_hours_low", "recall_hours_high",
)  # fmt: skip
_SWAP = {"low": "high", "high": "low"}


def build(source: Path, folder: Path = PUBLISHED) -> list[Path]:
    """Write the table, its dictionary and its provenance record.

    Parameters
    ----------
    source
        The evidence file (CSV, one figure a row, see its README).
    folder
        Where the three files go; created if missing.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    EvidenceError
        A row or header that the builder does not understand; nothing is written.
    """
    raw = Path(source).read_bytes()
    rows = tidy(raw.decode("utf-8"))
    texts = {TABLE: _csv(NAMES, rows), DICTIONARY: _csv(*_dictionary())}
    texts[PROVENANCE] = provenance_text(sha256(raw), texts, len(rows))
    if (folder / ADDED).is_file():
        texts[PROVENANCE] += added_record((folder / ADDED).read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_atomic(folder / name, text)
    return [folder / name for name in texts]


def tidy(text: str) -> list[dict[str, str]]:
    """Rows of the evidence file as rows of the published table, all still text.

    Parameters
    ----------
    text
        The evidence file's content.

    Returns
    -------
    list of dict
        One dict a source row, in source order, keys ``schema.NAMES``.

    Raises
    ------
    EvidenceError
        An unknown header, scale, recall window or sign.
    """
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != SOURCE_COLUMNS:
        raise EvidenceError(
            "source_columns",
            "The evidence file's header is not the one expected: "
            f"{', '.join(SOURCE_COLUMNS)}. Build from the file that the provenance record names.",
        )
    serial: dict[str, int] = {}
    rows = []
    for source in reader:
        study = source["study_id"]
        serial[study] = serial.get(study, 0) + 1
        rows.append(tidy_row(source, f"{study}-{serial[study]:03d}"))
    return rows


def tidy_row(source: Mapping[str, str], row: str) -> dict[str, str]:
    """A row of the published table from what a source tells.

    Parameters
    ----------
    source
        Columns ``SOURCE_COLUMNS``, all of them; and any of ``STATED``, which then stand as given.
    row
        Its id.

    Raises
    ------
    EvidenceError
        As :func:`tidy`.
    """
    out = {name: source.get(name, "") for name in NAMES}
    out.update(row=row, instrument_printed=source["instrument"], dose=source["dose_mg_per_kg"])
    out.update(printed_value=source["value"], printed_sign=source["improvement_sign"])
    out.update(_identity(source), **_contrast(source), **_dose(source))
    out.update(_scale(source, row), **_signed(source, row))
    out["direction"] = _direction(out, row)
    out.update(_setting(source), **_source(source))
    out.update({name: source[name] for name in STATED if source.get(name)})
    out["comparison"] = _comparison(out)
    return out | _withheld(out)


def _identity(source: Mapping[str, str]) -> dict[str, str]:
    named = any(source[key] for key in ("registry_id", "doi", "citation"))
    doi, citation = source["doi"], source["citation"]
    if not named:
        doi, citation = vocabulary.ADDED_IDENTIFIERS.get(source["study_id"], ("", ""))
    levels = {"meta-analysis": "pooled", "systematic review": "review"}
    return {
        "doi": doi,
        "citation": citation,
        "identifier_added": _boolean(not named and bool(doi or citation)),
        "level": levels.get(source["design"], "trial"),
        "randomised": _boolean(source["design"].startswith("randomised")),
    }


def _contrast(source: Mapping[str, str]) -> dict[str, str]:
    contrast = "_vs_" in source["arm"] or " vs " in source["arm"]
    kind, _, rest = source["comparator"].partition(" (")
    if not kind and contrast:
        kind = vocabulary.POOLED_COMPARATORS.get(source["analysis"], "pooled")
    return {
        "comparator": rest.rstrip(")"),
        "comparator_type": kind or "none",
        "contrast": _boolean(contrast),
    }


def _dose(source: Mapping[str, str]) -> dict[str, str]:
    text = source["dose_mg_per_kg"]
    parts = [] if text in ("", "mixed") else text.replace("-", "|").split("|")
    pooled = "mixed or not stated" if text == "mixed" else "intravenous"
    return {
        "dose_low": min(parts, key=float, default=""),
        "dose_high": max(parts, key=float, default=""),
        "route": vocabulary.ROUTES.get(source["study_id"], pooled),
    }


def _setting(source: Mapping[str, str]) -> dict[str, str]:
    """What was given beside, and who knew what was given."""
    study, design = source["study_id"], source["design"]
    year = re.search(r"(19|20)\d{2}", study)
    therapy = any(word in design or word in source["arm"] for word in vocabulary.THERAPIES)
    told = vocabulary.BLINDING.get(study, "not told")
    return {
        "year": year.group() if year else vocabulary.YEARS.get(study, ""),
        "co_therapy": "psychotherapy" if therapy else "none told",
        "blinding": "open" if design.startswith("open") else told,
    }


def _source(source: Mapping[str, str]) -> dict[str, str]:
    """Which of the three kinds of figure it is, and how it was derived."""
    read = source["read_from"]
    kinds = {vocabulary.READ_FROM_PEOPLE: schema.COMPUTED, vocabulary.REGISTRY: schema.POSTED}
    counted = read == vocabulary.DERIVED_COUNT
    derived = f"count from the printed percentage, of all {source['n']}" if counted else ""
    return {"source_kind": kinds.get(read, schema.PRINTED), "derived": derived}


def _comparison(row: dict[str, str]) -> str:
    """What the figure compares, by its design: a crossover compares people with themselves."""
    if row["level"] != "trial":
        return "over trials"
    if row["contrast"] == "true":
        own = "crossover" in row["design"] and row["period"] == "all"
        return schema.WITHIN if own else schema.BETWEEN
    changed = row["statistic"] in schema.CHANGES
    # Limits and standard errors are of the change that one arm's figure beside them tells.
    return schema.BEFORE_AFTER if changed else "none"


def _withheld(row: Mapping[str, str]) -> dict[str, str]:
    """A small count of people that was computed from their data, without the count."""
    count = row["statistic"] in schema.COUNTS
    if row["source_kind"] != schema.COMPUTED or not count:
        return {}
    of = [int(row["value"]), int(row["n"] or row["value"]) - int(row["value"])]
    if all(n == 0 or n >= schema.MINIMUM_CELL for n in of):
        return {}
    told = f"a count of fewer than {schema.MINIMUM_CELL} people, computed from individual data"
    return {
        "statistic": "withheld", "statistic_printed": "withheld", "value": "", "unit": "",
        "text_value": told, "printed_value": "withheld", "direction": "none", "printed_sign": "",
        "note": "",
    }  # fmt: skip


def _scale(source: Mapping[str, str], row: str) -> dict[str, str]:
    try:
        # A record tells scale and outcome itself, under a title of its own.
        instrument, outcome, ptsd = (
            (source["scale"], source["outcome"], True)
            if source.get("scale")
            else vocabulary.INSTRUMENTS[source["instrument"]]
        )
        own = bool(source.get("recall_hours_high"))
        recall, low, high = vocabulary.RECALL["" if own else source["recall_window"]]
    except KeyError as unknown:
        raise EvidenceError(
            "unknown_word",
            f"Row {row}: the scale or recall window {unknown} is not in the vocabulary. "
            "Add it to vocabulary.py with its meaning.",
        ) from None
    if source["statistic"] in ("assessment_times", "registry_primary_timeframe"):
        outcome = "schedule"
    return {
        "instrument": instrument,
        "outcome": outcome,
        "ptsd": _boolean(ptsd),
        "recall_hours": recall,
        "recall_hours_low": low,
        "recall_hours_high": high,
        "recall_known": _boolean(outcome == "vital sign"),
    }


def _signed(source: Mapping[str, str], row: str) -> dict[str, str]:
    statistic, printed = source["statistic"], source["value"]
    change = statistic in schema.SIGNED and source["improvement_sign"] == "positive"
    words = statistic in schema.WORDS
    value = "" if words else _negated(printed, row) if change else printed
    return {
        "statistic_printed": statistic,
        "statistic": _swapped(statistic) if change else statistic,
        "value": value,
        "text_value": printed if words else "",
        "sign_changed": _boolean(change),
    }


def _swapped(statistic: str) -> str:
    """The mirrored name of a limit: negating a lower limit makes an upper one."""
    stem, _, side = statistic.rpartition("_")
    return f"{stem}_{_SWAP[side]}" if side in _SWAP else statistic


def _negated(printed: str, row: str) -> str:
    try:
        number = float(printed)
    except ValueError:
        raise EvidenceError(
            "value", f"Row {row}, column value: a number was expected in the evidence file."
        ) from None
    if number == 0:
        return printed.lstrip("-")  # no negative zero
    return printed[1:] if printed.startswith("-") else f"-{printed}"


def _direction(row: dict[str, str], name: str) -> str:
    statistic, sign, outcome = row["statistic"], row["printed_sign"], row["outcome"]
    if statistic in schema.SIGNED and not sign:
        raise EvidenceError(
            "sign",
            f"Row {name}, column improvement_sign: {statistic} has a direction, and the "
            "evidence file does not say which sign is better.",
        )
    if sign == "harm":
        return "higher_is_more_harm"
    if statistic in schema.SIGNED:
        return "negative_is_fewer_symptoms"
    if statistic == "n_still_improved" or sign == "positive":
        return "higher_is_more_responders"
    if statistic in ("mean", "median_days") and outcome == "duration":
        return "higher_is_longer_response"
    scored = (statistic == "mean" and outcome == "score") or statistic == "threshold"
    return "higher_is_more_symptoms" if scored else "none"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _csv(header: tuple[str, ...], rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _dictionary() -> tuple[tuple[str, ...], list[dict[str, str]]]:
    header = ("column", "type", "unit", "allowed_values", "required", "meaning")
    rows = [
        {
            "column": column.name,
            "type": column.type,
            "unit": column.unit,
            "allowed_values": "true; false"
            if column.type == "boolean"
            else "; ".join(column.allowed),
            "required": _boolean(column.required or column.type == "boolean"),
            "meaning": column.meaning,
        }
        for column in COLUMNS
    ]
    return header, rows
