"""Sensitivity analyses: each assumption of claims.toml varied, to see which verdicts change.

``assumptions.toml`` declares the other values. The judge itself is run again, with nothing
changed but that one number. Gate 7 is left out on both sides: its counts are valid for the
declared rules alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims.definitions import Claim, Declared, Definitions
from analysis.claims.ledger import Ledger

__all__ = ["Other", "in_words", "other_values", "under_other_assumptions"]

FILE = Path(__file__).with_name("assumptions.toml")
COLUMNS = ("claim", "assumption", "declared", "taken", "word as declared", "word")


@dataclass(frozen=True)
class Other:
    """Another value of one assumption.

    Attributes
    ----------
    name : str
        Of the rule, or claim and threshold with a dot between.
    declared, value : float
    claims : tuple of str
        Those that hang on it.
    rules : Definitions
        The rules with that value.
    """

    name: str
    declared: float
    value: float
    claims: tuple[str, ...]
    rules: Definitions


def other_values(definitions: Definitions) -> Iterator[Other]:
    """Every other value that is declared, one assumption after the other."""
    document = _document()
    for name, told in document["rules"].items():
        rule = definitions.rules[name]
        values = told["values"]
        if isinstance(values, str):
            values = definitions.rules[values].value
        for value in values:
            if value != rule.number:
                rules = {**definitions.rules, name: _with(rule, value)}
                changed = definitions.model_copy(update={"rules": rules})
                yield Other(name, rule.number, float(value), tuple(told["claims"]), changed)
    for claim_id, thresholds in document["thresholds"].items():
        claim = definitions.claims[claim_id]
        for name, told in thresholds.items():
            rule = claim.thresholds[name]
            for value in told["values"]:
                own = {**claim.thresholds, name: _with(rule, value)}
                claims = {
                    **definitions.claims, claim_id: claim.model_copy(update={"thresholds": own})
                }  # fmt: skip
                changed = definitions.model_copy(update={"claims": claims})
                name_in_full = f"{claim_id}.{name}"
                yield Other(
                    name_in_full, rule.number, float(value), tuple(told["claims"]), changed
                )  # fmt: skip


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _label(name: str) -> str:
    """What a table calls the assumption of that name."""
    claim_id, _, threshold = name.rpartition(".")
    document = _document()
    told = document["thresholds"][claim_id][threshold] if claim_id else document["rules"][name]
    return str(told["label"])


def _with(rule: Declared, value: float) -> Declared:
    return rule.model_copy(update={"value": float(value)})


def under_other_assumptions(
    judge: Callable[[Definitions], Ledger], definitions: Definitions
) -> pd.DataFrame:
    """The word of each claim under each other value of each assumption it hangs on.

    Parameters
    ----------
    judge : function of Definitions
        Judges one source; only the claims in the definitions are asked for.
    definitions : Definitions
        The declared rules.

    Returns
    -------
    DataFrame
        claim, assumption, declared and taken (the number), word as declared, word: both
        words by all gates but calibration. Sorted by claim, in the order of claims.toml, then
        assumption.
    """
    others = list(other_values(definitions))
    asked = tuple(name for name in definitions.claims if any(name in o.claims for o in others))
    declared = judge(_only(definitions, asked))
    rows = []
    for other in others:
        ledger = judge(_only(other.rules, other.claims))
        for claim in other.claims:
            words = (declared[claim].verdict, ledger[claim].verdict)
            rows.append((claim, other.name, other.declared, other.value, *words))
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = {name: place for place, name in enumerate(asked)}
    return table.sort_values("claim", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _only(definitions: Definitions, asked: tuple[str, ...]) -> Definitions:
    """These claims without gate 7; gate 6 reads the thresholds of dissociation_brief."""
    kept = [name for name in definitions.claims if name in (*asked, "dissociation_brief")]
    claims = {name: _without_calibration(definitions.claims[name]) for name in kept}
    return definitions.model_copy(update={"claims": claims})


def _without_calibration(claim: Claim) -> Claim:
    def rest(gates: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(gate for gate in gates if gate != "calibration")

    parts = {part: rest(gates) for part, gates in claim.parts.items()}
    return claim.model_copy(update={"gates": rest(claim.gates), "parts": parts})


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The same, one row a claim and assumption.

    Parameters
    ----------
    table : DataFrame
        As :func:`under_other_assumptions` gives it.

    Returns
    -------
    DataFrame
        Indexed by claim and assumption, its label: declared, verdict, ``the same at`` (values),
        ``changed at`` (values, each with its verdict; empty where none).
    """
    rows = []
    for (claim, name), own in table.groupby(["claim", "assumption"], sort=False):
        same = own["word"] == own["word as declared"]
        other = own[~same]
        turned = zip(other["taken"], other["word"], strict=True)
        rows.append({
            "claim": claim, "assumption": _label(str(name)),
            "declared": f"{own['declared'].iloc[0]:g}",
            "verdict": own["word as declared"].iloc[0],
            "the same at": ", ".join(own.loc[same, "taken"].map("{:g}".format)),
            "changed at": ", ".join(f"{value:g} ({word})" for value, word in turned),
        })  # fmt: skip
    return pd.DataFrame(rows).set_index(["claim", "assumption"])
