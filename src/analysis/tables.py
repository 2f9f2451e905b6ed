"""Tables that people read: rounded, small, aggregates only."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.checks import Checked
from analysis.checks.text import check_text, flow_table
from analysis.claims.ledger import Ledger
from analysis.errors import EvidenceError
from analysis.estimates.table import table

__all__ = [
    "beside_table",
    "check_text",
    "contrasts_table",
    "derived_table",
    "estimate_text",
    "estimates_table",
    "evidence_counts",
    "flow_table",
    "issues_table",
    "ledger_text",
    "missing_table",
    "recall_table",
    "rounded",
    "sentences",
    "shares_table",
    "verdict_table",
    "within_arm_table",
    "wording_table",
]


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or not math.isfinite(value)


def number(value: Any, digits: int = 3) -> str:
    """A number with three significant digits, a true minus sign, an en dash where it is missing.

    Whole numbers below a million keep all their digits. NaN, infinities, None and NA count
    as missing.
    """
    if _missing(value):
        return "–"
    value = float(value)
    if value.is_integer() and abs(value) < 1e6:
        text = f"{value:.0f}"
    else:
        # The exponent after rounding: 9.996 has three significant digits as 10.0.
        exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
    return "0" if text == "-0" else text.replace("-", "−")


def p_value(value: Any) -> str:
    """A p-value as :func:`number` writes it, "< 0.001" below that."""
    return "< 0.001" if not _missing(value) and value < 0.001 else number(value)


class _Sentences:
    """A table whose cells hold sentences: set to the left, one row a line as text."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        # Notebooks set cells to the right; the text of a cell is escaped, so the tags are safe.
        html = self.table.to_html()
        for tag in ("<td>", "<th>"):
            html = html.replace(tag, f'{tag[:-1]} style="text-align: left; vertical-align: top">')
        return html

    def __repr__(self) -> str:
        rows = self.table.astype(str).itertuples()
        return "\n".join(" | ".join(map(str, row)) for row in rows)


def sentences(table: pd.DataFrame) -> _Sentences:
    """The table to display where its cells hold sentences."""
    return _Sentences(table)


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Every number to three significant digits, as text, en dash for what is missing."""
    shown = table.copy()
    for column in shown.select_dtypes("number"):
        shown[column] = [number(value) for value in shown[column]]
    return shown


def contrasts_table(table: pd.DataFrame) -> pd.DataFrame:
    """Published contrasts: who, when, how much, and which rows say so."""
    columns = {
        "study_id": "source",
        "comparator_type": "comparator",
        "instrument": "instrument",
        "hours_since_first_infusion": "hours",
        "kind": "kind",
        "unit": "unit",
        "estimate": "estimate",
        "ci_low": "low",
        "ci_high": "high",
        "rows": "rows",
    }
    shown = table[list(columns)].rename(columns=columns)
    shown["rows"] = [", ".join(rows) for rows in shown["rows"]]
    return rounded(shown).set_index("source")


def shares_table(table: pd.DataFrame) -> pd.DataFrame:
    """Published shares of responders with exact intervals."""
    columns = [
        "study_id",
        "arm",
        "definition",
        "hours_since_first_infusion",
        "events",
        "n",
        "share",
        "ci_low",
        "ci_high",
        "psychotherapy",
    ]
    shown = table[columns].rename(
        columns={"hours_since_first_infusion": "hours", "ci_low": "low", "ci_high": "high"}
    )
    shown["psychotherapy"] = shown["psychotherapy"].map({True: "yes", False: "no"})
    return rounded(shown).set_index("study_id")


def recall_table(table: pd.DataFrame) -> pd.DataFrame:
    """Share of each form's window before the infusion, in %, one column a time."""
    wide = table.pivot_table(index="form", columns="hours", values="share_before", sort=False)
    wide.columns = [f"{hours:g} h" for hours in wide.columns]
    return (100 * wide).round(1)


def estimate_text(estimate: dict[str, Any]) -> str:
    """An estimate with its interval and n in one phrase; empty where there is none."""
    low, high, n = (estimate.get(name) for name in ("ci_low", "ci_high", "n"))
    bounds = "" if _missing(low) and _missing(high) else f"({number(low)} to {number(high)})"
    value = "" if _missing(estimate.get("estimate")) else number(estimate["estimate"])
    if not estimate.get("estimand") or not (value or bounds):
        return ""
    text = " ".join(part for part in (estimate["estimand"], value, bounds) if part)
    return text if _missing(n) else f"{text}, n = {number(n)}"


def _beside_text(row: dict[str, Any]) -> str:
    """A row beside a verdict, with whom it compares and how it was made."""
    if not (text := estimate_text(row)):
        return ""
    of = ", ".join(str(row[name]) for name in ("contrast", "instrument", "window") if row.get(name))
    return f"{text} [{of}]; {row['method']}"


def verdict_table(*ledgers: Ledger) -> pd.DataFrame:
    """One row a claim, one column a source; every synthetic source says so."""
    columns = {}
    for ledger in ledgers:
        label = f"{ledger.study} (synthetic)" if ledger.synthetic else ledger.study
        columns[label] = {result.title: result.verdict for result in ledger.claims}
    return pd.DataFrame(columns).rename_axis("claim")


def reasons_table(ledger: Ledger, claim: str) -> pd.DataFrame:
    """Gate, passed and sentence for one claim, indexed by gate."""
    return ledger.reasons(claim).drop(columns="claim").set_index("gate")


def estimates_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table of estimates, rounded, without the columns that are empty."""
    shown = rows.drop(columns=["claim", "se"]).copy()
    for column in ("n", "estimate", "df", "ci_low", "ci_high"):
        shown[column] = [number(value) for value in shown[column]]
    shown["p_value"] = [p_value(value) for value in shown["p_value"]]
    shown = shown.set_index("estimand")
    return shown.loc[:, [not shown[name].isin(["", "–"]).all() for name in shown]]


def wording_table(ledger: Ledger) -> pd.DataFrame:
    """The permitted sentence of each claim."""
    shown = ledger.verdicts().set_index("title")[["verdict", "wording"]]
    return shown.rename_axis("claim")


def beside_table(ledger: Ledger, claim: str) -> pd.DataFrame:
    """Rows shown beside the estimate of a claim, the estimate first; none but the first decides."""
    result = ledger[claim]
    return estimates_table(table([result.estimate, *result.beside]))


def issues_table(checked: Checked) -> pd.DataFrame:
    """What the checks found: rule, severity, how often, and the sentence."""
    shown = checked.issue_table().set_index("rule")
    return shown[["severity", "scope", "count", "message"]]


def evidence_counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many rows of the published table are of which kind."""
    ptsd, number_there = table["ptsd"], table["value"].notna()
    kinds = {
        "rows in all": table["row"].notna(),
        "a number on PTSD": ptsd & number_there,
        "a number on PTSD, contrast with a comparator": ptsd & number_there & table["contrast"],
        "sign changed to the one convention": table["sign_changed"],
        "words only": table["text_value"] != "",
        "seen in two documents": table["documents_seen"] > 1,
    }
    return pd.DataFrame(
        {"rows": {kind: int(mask.sum()) for kind, mask in kinds.items()}}
    ).rename_axis("kind")


def derived_table() -> pd.DataFrame:
    """Quantities derived from published figures, with method, or the reason for refusing."""
    wanted = [
        ("Feder2014", "p_from_interval"),
        ("Feder2014", "standardised_difference"),
        ("Feder2021", "standardised_difference"),
        ("Feder2021", "hedges_g"),
        ("Feder2021", "response_difference"),
        ("Ross2019", "se"),
    ]
    rows = []
    for study, quantity in wanted:
        try:
            found = evidence.derive(study, quantity)
            rows.append(
                (
                    study,
                    quantity,
                    number(found["value"], 4),
                    found["method"],
                    ", ".join(found["rows"]),
                )
            )
        except EvidenceError as refusal:
            rows.append((study, quantity, "refused", refusal.message, ""))
    return pd.DataFrame(
        rows, columns=["source", "quantity", "value", "method or reason", "rows"]
    ).set_index("source")


def missing_table() -> pd.DataFrame:
    """Randomised trials for which the table has words, or nothing, but no contrast."""
    columns = [
        "study_id",
        "instrument",
        "hours_since_first_infusion",
        "what_is_there",
        "what_is_missing",
    ]
    shown = evidence.missing_numbers()[columns]
    return rounded(shown.rename(columns={"hours_since_first_infusion": "hours"})).set_index(
        "study_id"
    )


def within_arm_table() -> pd.DataFrame:
    """Changes within one arm, flagged as no treatment effect."""
    columns = [
        "study_id",
        "arm",
        "instrument",
        "hours_since_first_infusion",
        "unit",
        "estimate",
        "ci_low",
        "ci_high",
        "treatment_effect",
    ]
    shown = evidence.within_arm_changes()[columns]
    names = {
        "hours_since_first_infusion": "hours",
        "ci_low": "low",
        "ci_high": "high",
        "treatment_effect": "flag",
    }
    return rounded(shown.rename(columns=names)).set_index("study_id")


def ledger_text(ledger: Ledger) -> str:
    """The ledger for a terminal: verdict, wording, estimate and each gate's sentence."""
    lines = [ledger.title + (" [SYNTHETIC DATA]" if ledger.synthetic else "")]
    lines.append(f"claims.toml {ledger.claims_sha256[:12]}, data {ledger.data_sha256[:12]}")
    if ledger.flags:
        lines.append("Flags that every verdict below must be read with:")
        lines += [f"  {flag.rule} x {flag.count}: {flag.message}" for flag in ledger.flags]
    told: set[str] = set()
    for result in ledger.claims:
        label = " [synthetic]" if ledger.synthetic else ""
        lines += ["", f"{result.title}: {result.verdict.upper()}{label}", f"  {result.wording}"]
        if text := estimate_text(result.estimate):
            lines.append(f"  {text}")
        if result.parts:
            lines.append("  " + "; ".join(f"{part}: {word}" for part, word in result.parts.items()))
        for reason in result.reasons:
            mark = {True: "passed", False: "failed", None: "not evaluated"}[reason.passed]
            lines.append(f"  - {reason.gate} ({mark}): {reason.text}")
        # What several claims have beside them is told with the first.
        beside = dict.fromkeys(text for row in result.beside if (text := _beside_text(row)))
        lines += [f"  beside: {text}" for text in beside if text not in told]
        told |= set(beside)
    return "\n".join(lines)
