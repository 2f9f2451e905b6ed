"""What new rows change: the pools and the verdicts on published results, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.claims.definitions import Definitions
from analysis.claims.published import judge_published
from analysis.errors import ReliefError
from analysis.evidence import adding, pooling
from analysis.paths import PUBLISHED

__all__ = ["add_evidence", "addition_text"]

SHOWN = ["row", "arm", "n", "instrument", "hours_since_first_infusion", "statistic", "value",
         "text_value", "unit", "source_kind", "found_at"]  # fmt: skip


def add_evidence(
    file: Path,
    definitions: Definitions,
    *,
    write: bool = False,
    placeable: bool = False,
    folder: Path = PUBLISHED,
) -> dict[str, Any]:
    """Read a row, table or registry record; say what it would change; store it where asked.

    Parameters
    ----------
    file
        CSV or JSON, as :func:`analysis.evidence.adding.read` takes it.
    definitions
        Of the claims.
    write
        Store the rows in ``folder``.
    placeable
        Of a record: leave out, and tell, the measures that cannot be placed.

    Returns
    -------
    dict
        ``rows`` (the new ones), ``left_out`` (words), ``written`` (file name or None), ``pools``
        (a list of windows with ``before`` and ``after``, those that change), ``verdicts`` (a list
        of claims with ``before``, ``after``, and ``changed``).

    Raises
    ------
    ReliefError
        As :func:`analysis.evidence.adding.read`.
    """
    addition = adding.read(file, folder, placeable=placeable)
    before, after = evidence.load(folder), adding.with_rows(addition, folder)
    verdicts = [
        {"claim": old.claim, "before": old.verdict, "after": new.verdict,
         "changed": old.verdict != new.verdict}
        for old, new in zip(
            judge_published(definitions, before).claims,
            judge_published(definitions, after).claims,
            strict=True,
        )
    ]  # fmt: skip
    written = adding.store(addition, folder).name if write else None
    return {
        "rows": [{name: row[name] for name in SHOWN} for row in addition.rows],
        "left_out": list(addition.left_out),
        "pools": _pools(before, after),
        "verdicts": verdicts,
        "written": written,
    }


def _pools(before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, str]]:
    """Windows whose pool changes, told before and after."""
    try:
        told = [_told(table) for table in (before, after)]
    except ReliefError as missing:  # the library is an extra; the rows can be added without it
        return [{"window": "", "before": missing.message, "after": missing.message}]
    return [
        {"window": window, "before": told[0].get(window, "no trial"), "after": words}
        for window, words in told[1].items()
        if told[0].get(window) != words
    ]


def _told(table: pd.DataFrame) -> dict[str, str]:
    found = {}
    for row in pooling.pools(table).to_dict("records"):
        comparator = "" if row["comparator_type"] == "all" else f", {row['comparator_type']}"
        if row["why_not"]:
            words = f"{row['k']} trial(s), not pooled: {row['why_not']}"
        else:
            words = (
                f"{row['k']} trials, {row['estimate']:.2f} SD ({row['ci_low']:.2f} to "
                f"{row['ci_high']:.2f})"
            )
        found[f"{row['window']}{comparator}"] = words
    return found


def addition_text(found: dict[str, Any]) -> str:
    """The same for a terminal."""
    lines = [f"{len(found['rows'])} new row(s):"]
    lines += [
        f"  {row['row']}: {row['arm']}, {row['instrument']}, "
        f"{row['hours_since_first_infusion'] + ' h' if row['hours_since_first_infusion'] else '-'}"
        f", {row['statistic']} {row['value'] or row['text_value']} {row['unit']}".rstrip()
        + (f" [{row['found_at']}]" if row["found_at"] else "")
        for row in found["rows"]
    ]
    lines += [f"  left out: {words}" for words in found["left_out"]]
    lines += ["Pools:"] if found["pools"] else ["No pool changes."]
    for pool in found["pools"]:
        lines += [f"  {pool['window']}", f"    before: {pool['before']}",
                  f"    after:  {pool['after']}"]  # fmt: skip
    changed = [v for v in found["verdicts"] if v["changed"]]
    lines += [f"  {v['claim']}: {v['before']} -> {v['after']}" for v in changed]
    lines += [] if changed else ["No verdict changes."]
    where = (
        f"Written to {found['written']}."
        if found["written"]
        else "Nothing was written: --write stores them."
    )
    return "\n".join([*lines, where])
