"""Which rows a question is about. More than one fit is a refusal that lists the choices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Never

import pandas as pd

from analysis.errors import EvidenceError
from analysis.evidence.table.load import load

SELECTORS = {
    "instrument": "instrument",
    "definition": "instrument_printed",
    "hours": "hours_since_first_infusion",
    "arm": "arm",
    "analysis": "analysis",
    "period": "period",
}


@dataclass(frozen=True)
class Query:
    """A study's rows, its assembled figures, and what the caller stated."""

    study_id: str
    table: pd.DataFrame
    figures: pd.DataFrame
    where: dict[str, Any] = field(default_factory=dict)
    df: float | None = None
    correlation: float | None = None

    def narrowed(self, rows: pd.DataFrame, without: Iterable[str] = ()) -> pd.DataFrame:
        """Rows that fit every selector except those named in ``without``."""
        for key, wanted in self.where.items():
            if key not in without:
                rows = rows[rows[SELECTORS[key]] == wanted]
        return rows

    def figure(self, kinds: Iterable[str], what: str) -> pd.Series:
        """The one assembled figure of these kinds, or a refusal."""
        return self.one(self.narrowed(self.figures[self.figures["kind"].isin(list(kinds))]), what)

    def figure_with_interval(self, what: str) -> pd.Series:
        """The one assembled figure with an interval, or a refusal."""
        if self.figures["ci_low"].isna().all():
            self.refuse("no_interval", f"the table holds no {what}")
        return self.one(self.narrowed(self.figures[self.figures["ci_low"].notna()]), what)

    def assumptions(self, *more: str) -> list[str]:
        """What is taken for granted: what is given, and the degrees of freedom stated."""
        stated = [] if self.df is None else [f"{self.df:g} degrees of freedom, stated"]
        return [*more, *stated]

    def one(self, rows: pd.DataFrame, what: str) -> pd.Series:
        """The only row, or a refusal that lists the choices."""
        if rows.empty:
            self.refuse("nothing", f"the table holds no {what}{self._asked()}")
        if len(rows) > 1:
            self.refuse(
                "ambiguous",
                f"{len(rows)} rows could be the {what}; narrow by "
                f"{', '.join(SELECTORS)}. Choices: {'; '.join(map(describe, self._records(rows)))}",
            )
        return rows.iloc[0]

    def refuse(self, rule: str, reason: str) -> Never:
        """Raise with the study named."""
        raise EvidenceError(rule, f"{self.study_id}: {reason}.")

    def _asked(self) -> str:
        asked = ", ".join(f"{k}={v}" for k, v in self.where.items())
        return f" with {asked}" if asked else ""

    @staticmethod
    def _records(rows: pd.DataFrame) -> list[pd.Series]:
        return [row for _, row in rows.iterrows()]


def source_of(row: str, table: pd.DataFrame | None = None) -> dict[str, Any]:
    """A row of the published table, its filled cells alone, and ``source``: where to click.

    Raises
    ------
    EvidenceError
        ``unknown_row``.
    """
    table = load() if table is None else table
    own = table[table["row"] == row]
    if own.empty:
        raise EvidenceError(
            "unknown_row", "There is no such row; ids are a study's name and three digits."
        )
    cells = {k: v for k, v in own.iloc[0].to_dict().items() if not (pd.isna(v) or v == "")}
    registry = str(cells.get("registry_id", ""))
    if "doi" in cells:
        source = f"https://doi.org/{cells['doi']}"
    elif registry.startswith("NCT"):
        source = f"https://clinicaltrials.gov/study/{registry}"
    else:
        source = registry or str(cells.get("citation", ""))
    return {"source": source} | {str(name): value for name, value in cells.items()}


def describe(row: pd.Series) -> str:
    """One candidate in words, by what tells candidates apart."""
    parts = [row["arm"], row["instrument_printed"]]
    if pd.notna(row["hours_since_first_infusion"]):
        parts.append(f"{row['hours_since_first_infusion']:g} h")
    parts += [row["analysis"]] if row["analysis"] else []
    return ", ".join(parts)


def result(value: Any, method: str, rows: list[str], **extra: Any) -> dict[str, Any]:
    """The shape that every derived quantity has."""
    return {"value": value, "method": method, "rows": list(dict.fromkeys(rows)), **extra}
