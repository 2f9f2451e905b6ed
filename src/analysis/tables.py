"""Tables that people read: rounded, small, aggregates only."""

from __future__ import annotations

import io
import math
from typing import Any

import pandas as pd

from analysis.claims.ledger import Ledger

__all__ = [
    "check_text",
    "estimate_text",
    "estimates_table",
    "flow_table",
    "ledger_text",
    "verdict_table",
]


def number(value: Any, digits: int = 3) -> str:
    """Three significant digits, a true minus sign, an en dash for what is missing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    value = float(value)
    if value.is_integer() and abs(value) < 1e6:
        text = f"{value:.0f}"
    else:
        text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.replace("-", "−")


def estimate_text(estimate: dict[str, Any]) -> str:
    """An estimate with its interval and n in one phrase; empty where there is none."""
    if estimate.get("estimand", "") == "" or not math.isfinite(estimate.get("estimate", math.nan)):
        return ""
    text = f"{estimate['estimand']} {number(estimate['estimate'])}"
    if math.isfinite(estimate["ci_low"]) or math.isfinite(estimate["ci_high"]):
        text += f" ({number(estimate['ci_low'])} to {number(estimate['ci_high'])})"
    return text + (f", n = {number(estimate['n'])}" if math.isfinite(estimate["n"]) else "")


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
    for column in ("n", "estimate", "df", "ci_low", "ci_high", "p_value"):
        shown[column] = [number(value) for value in shown[column]]
    shown = shown.loc[:, [not shown[c].isin(["", "–"]).all() for c in shown]]
    return shown.set_index("estimand")


def flow_table(flow: pd.DataFrame) -> pd.DataFrame:
    """Participant flow with one column an arm."""
    wide = flow.pivot_table(
        index=["stage", "reason"], columns="arm", values="n", aggfunc="sum", sort=False
    )
    return wide.rename_axis(columns=None)


def ledger_text(ledger: Ledger) -> str:
    """The ledger for a terminal: verdict, wording, estimate and each gate's sentence."""
    lines = [ledger.title + (" [SYNTHETIC DATA]" if ledger.synthetic else "")]
    lines.append(f"claims.toml {ledger.claims_sha256[:12]}, data {ledger.data_sha256[:12]}")
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
    return "\n".join(lines)


def check_text(found: dict[str, Any]) -> str:
    """Issues grouped by severity and the flow, for a terminal."""
    out = io.StringIO()
    for severity in ("STOP", "DROP", "FLAG", "NOTE"):
        mine = [issue for issue in found["issues"] if issue["severity"] == severity]
        if mine:
            print(severity, file=out)
        for issue in mine:
            where = (
                f" (first at row {issue['row']}"
                + (f", column {issue['column']}" if issue["column"] else "")
                + ")"
                if issue["row"]
                else ""
            )
            print(f"  {issue['rule']} x {issue['count']}: {issue['message']}{where}", file=out)
    if not found["issues"]:
        print("Nothing is wrong.", file=out)
    print("\nParticipant flow", file=out)
    flow = pd.DataFrame(found["flow"])
    if not flow.empty:
        print(flow_table(flow).to_string(), file=out)
    return out.getvalue().rstrip()
