"""The ledger as tables and text: verdicts, reasons, wording, estimates, rules, issues."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.checks import Checked
from analysis.claims.case import Case
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import FOR_THE_TEAM, SHARED, TEAM, ClaimResult, Ledger
from analysis.describe.common import issues_shown
from analysis.describe.display import is_missing, number, p_value, typeset
from analysis.describe.units import unit_of
from analysis.estimates.table import table

__all__ = [
    "beside_table",
    "claim_lines",
    "digests",
    "estimate_text",
    "estimates_table",
    "issues_table",
    "ledger_text",
    "part_in_words",
    "permitted",
    "rises",
    "rules_table",
    "verdict_table",
    "withheld_lines",
    "wording_table",
]

# Names of parts in claims.toml and JSON, as they are shown.
_PARTS = {
    "DIMINISH": "symptoms fall",
    "WITHIN HOURS": "within hours",
    "INFUSION": "by the infusion",
    "WILL": "surely",
    "hours": "within hours",
    "later": "in the later window",
}


def part_in_words(name: str) -> str:
    """What a part of a claim asks, in words."""
    return _PARTS.get(name, name)


def rises(result: ClaimResult) -> bool:
    """Whether the estimate is of more symptoms on ketamine; not where it is withheld."""
    value = result.estimate.get("estimate")
    return value is not None and not is_missing(value) and bool(value > 0)


def permitted(result: ClaimResult) -> str:
    """The permitted sentence; that symptoms did not fall says too where they rose."""
    if " did not fall" not in result.wording or not rises(result):
        return result.wording
    first, stop, more = result.wording.removesuffix(".").partition(". ")
    return f"{first}; the estimate shows a rise{stop}{more}."


def estimate_text(estimate: dict[str, Any]) -> str:
    """An estimate with its interval and n in one phrase; empty where there is none."""
    low, high, n = (estimate.get(name) for name in ("ci_low", "ci_high", "n"))
    bounds = "" if is_missing(low) and is_missing(high) else f"({number(low)} to {number(high)})"
    value = "" if is_missing(estimate.get("estimate")) else number(estimate["estimate"])
    if not estimate.get("estimand") or not (value or bounds):
        return ""
    text = " ".join(part for part in (estimate["estimand"], value, bounds) if part)
    return text if is_missing(n) else f"{text}, n = {number(n)}"


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
    # After the estimate, where a reader looks for it.
    units = [unit_of(estimand) for estimand in shown["estimand"]]
    shown.insert(list(shown.columns).index("estimate") + 1, "unit", units)
    shown = shown.set_index("estimand")
    return shown.loc[:, [not shown[name].isin(["", "–"]).all() for name in shown]]


def wording_table(ledger: Ledger) -> pd.DataFrame:
    """The permitted sentence of each claim."""
    shown = ledger.verdicts().set_index("title")[["verdict", "wording"]]
    shown["wording"] = [permitted(result) for result in ledger.claims]
    return shown.rename_axis("claim")


def beside_table(ledger: Ledger, claim: str) -> pd.DataFrame:
    """Rows shown beside the estimate of a claim, the estimate first; none but the first decides."""
    result = ledger[claim]
    return estimates_table(table([result.estimate, *result.beside]))


def issues_table(found: Checked | Case) -> pd.DataFrame:
    """What the checks found: rule, severity, count, sentence; of a case, as its view shows it."""
    if isinstance(found, Case):
        shown = pd.DataFrame([issue.as_dict() for issue in issues_shown(found)]).set_index("rule")
    else:
        shown = found.issue_table().set_index("rule")
    return shown[["severity", "scope", "count", "message"]]


def ledger_text(ledger: Ledger) -> str:
    """The whole ledger for a terminal: verdict, wording, estimate and each gate's sentence."""
    lines = [FOR_THE_TEAM] if ledger.private and ledger.view == TEAM else []
    lines += [ledger.title + (" [SYNTHETIC DATA]" if ledger.synthetic else ""), digests(ledger)]
    if ledger.flags:
        lines.append("Flags that every verdict below must be read with:")
        lines += [f"  {flag.rule} x {flag.count}: {flag.message}" for flag in ledger.flags]
    told: set[str] = set()
    for result in ledger.claims:
        lines += ["", *claim_lines(ledger, result.claim, told)]
    return "\n".join([*lines, *withheld_lines(ledger)])


def digests(ledger: Ledger) -> str:
    """By which rules and from which data, in one line."""
    data = (ledger.data_sha256 or "without a digest")[:22]
    return (
        f"claims.toml {ledger.claims_sha256[:12]}, decisions {ledger.decisions_sha256[:12]}, "
        f"data {data}"
    )


def claim_lines(ledger: Ledger, claim: str, told: set[str] | None = None) -> list[str]:
    """A claim with its parts, every gate's sentence and what stands beside it.

    What several claims have beside them is left out where it is among what was ``told``, and
    added to it.
    """
    result, told = ledger[claim], set() if told is None else told
    label = " [synthetic]" if ledger.synthetic else ""
    lines = [f"{result.title}: {result.verdict}{label}", f"  {permitted(result)}"]
    if text := estimate_text(result.estimate):
        lines.append(f"  {text}")
    if result.parts:
        parts = (f"{part_in_words(part)}: {word}" for part, word in result.parts.items())
        lines.append("  " + "; ".join(parts))
    for reason in result.reasons:
        mark = {True: "passed", False: "failed", None: "not evaluated"}[reason.passed]
        lines.append(f"  - {reason.gate} ({mark}): {typeset(reason.text)}")
    beside = dict.fromkeys(text for row in result.beside if (text := _beside_text(row)))
    lines += [f"  beside: {text}" for text in beside if text not in told]
    told |= set(beside)
    return lines


def withheld_lines(ledger: Ledger) -> list[str]:
    """What of a ledger others do not see, rule by rule, with the claims and gates it is of."""
    if not (ledger.private and ledger.view == SHARED):
        return []
    if not ledger.withheld:
        return ["", "Nothing is withheld; counts are rounded."]
    rules = dict.fromkeys((one.rule, one.why) for one in ledger.withheld)
    lines = ["", "Withheld here, and why; verdicts rest on all numbers:"]
    for rule, why in rules:
        own = [one for one in ledger.withheld if one.rule == rule]
        n = len({one.where for one in own})
        lines.append(f"  {rule}: {why} ({n} {'place' if n == 1 else 'places'})")
        lines += [f"    {one.where}" for one in own]
    return lines


def rules_table(rules: Definitions | Case) -> pd.DataFrame:
    """The declared numbers of claims.toml with their sources; assumptions are marked."""
    definitions = rules.definitions if isinstance(rules, Case) else rules
    return pd.DataFrame(
        [
            (
                name,
                ", ".join(f"{value:g}" for value in np.atleast_1d(rule.value)),
                "yes" if rule.assumption else "no",
                rule.source,
            )
            for name, rule in definitions.rules.items()
        ],
        columns=["rule", "value", "assumption", "source"],
    ).set_index("rule")
