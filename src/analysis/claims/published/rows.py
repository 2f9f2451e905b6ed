"""Rows of the published table as words and as rows of the table of estimates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.estimates.proportions import exact_share
from analysis.estimates.table import row

NOTE = "Absence from this table is not absence from the literature."


def named(rows: Iterable[Any]) -> str:
    """Row ids in brackets, each once, runs of one study drawn together."""
    ids = {name for entry in rows for name in (entry if isinstance(entry, list) else [entry])}
    runs: list[list[str]] = []
    for name in sorted(ids):
        study, _, number = name.rpartition("-")
        before = f"{study}-{int(number) - 1:03d}"
        if runs and runs[-1][-1] == before:
            runs[-1].append(name)
        else:
            runs.append([name])
    told = [r[0] if len(r) == 1 else f"{r[0]} to -{r[-1].rpartition('-')[2]}" for r in runs]
    return f"[{', '.join(told)}]"


def contrast_rows(rows: pd.DataFrame, claim_id: str) -> list[dict[str, Any]]:
    """Published contrasts as rows of the table of estimates."""
    return [
        row(
            claim=claim_id,
            estimand=f"published {c['kind']} ({c['unit']})",
            contrast="ketamine - comparator",
            instrument=c["instrument"],
            window=hours_told(c["hours_since_first_infusion"]),
            estimate=c["estimate"],
            ci_low=c["ci_low"],
            ci_high=c["ci_high"],
            method=" ".join(f"{c['study_id']} {c['analysis']} {named(c['rows'])}".split()),
        )
        | {"unit": c["unit"]}
        for c in rows.to_dict("records")
    ]


def hours_told(value: float) -> str:
    """Hours as a window, or that several times were combined."""
    return f"{value:g} h" if pd.notna(value) else "time points combined"


def share_row(r: dict[Any, Any], claim_id: str) -> dict[str, Any]:
    """A published share of responders as a row of the table of estimates."""
    therapy = ", psychotherapy in both arms" if r["psychotherapy"] else ""
    return exact_share(
        int(r["events"]),
        int(r["n"]),
        claim=claim_id,
        estimand=f"share with {r['definition']}",
        contrast=f"{r['arm']}, {r['study_id']} {named(r['rows'])}",
        window=hours_told(r["hours_since_first_infusion"]) + therapy,
    )
