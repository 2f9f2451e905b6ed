"""The claims ledger: for each claim its verdict, estimate, and a reason for every gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.errors import Issue
from analysis.estimates.table import as_json
from analysis.quantity import Sentence

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
NOT_DECIDED = "not decided"
NOT_TESTABLE = "not testable"
WORDS = (SUPPORTED, CONTRADICTED, NOT_DECIDED, NOT_TESTABLE)
TEAM, SHARED = "team", "shared"
FOR_THE_TEAM = "For the study team, not to be passed on; `relief report` makes the page for others."
GATES = ("construct", "time", "recall", "comparator", "estimate", "robustness", "calibration")


@dataclass(frozen=True, eq=False)
class Reason:
    """What one gate found. ``passed`` is None where the gate was not evaluated.

    ``said`` keeps its numbers apart from its words until it is known who reads them; ``text``
    is what the study team reads.
    """

    gate: str
    passed: bool | None
    said: Sentence | str

    def __post_init__(self) -> None:
        if self.gate not in GATES:
            raise ValueError(f"gate must be one of {', '.join(GATES)}")

    @property
    def text(self) -> str:
        """The sentence with every number."""
        return str(self.said)

    def __eq__(self, other: object) -> bool:
        """Whether two say the same: digits that no sentence shows tell nothing apart."""
        if not isinstance(other, Reason):
            return NotImplemented
        return (self.gate, self.passed, self.text) == (other.gate, other.passed, other.text)

    def __hash__(self) -> int:
        return hash((self.gate, self.passed, self.text))


@dataclass(frozen=True)
class ClaimResult:
    """The answer to one claim.

    ``estimate`` is a row of the table of estimates (NaN where there is none), with a further
    key ``unit`` where the report should print one; ``parts``
    maps a part of the claim to its own verdict; ``beside`` holds further rows that are
    shown next to the estimate and decide nothing; ``wording`` is the sentence that the
    verdict permits, and ``said`` the same with its numbers apart, where it holds any.
    """

    claim: str
    title: str
    verdict: str
    estimate: dict[str, Any]
    reasons: tuple[Reason, ...]
    wording: str
    parts: dict[str, str] = field(default_factory=dict)
    beside: tuple[dict[str, Any], ...] = ()
    said: Sentence | None = None

    def __post_init__(self) -> None:
        if self.verdict not in WORDS:
            raise ValueError(f"verdict must be one of {', '.join(WORDS)}")

    def as_dict(self) -> dict[str, Any]:
        """The claim with the keys of ``relief judge --json``, and its wording."""
        return {
            "claim": self.claim,
            "title": self.title,
            "verdict": self.verdict,
            "parts": self.parts,
            "estimate": as_json(self.estimate),
            "beside": [as_json(row) for row in self.beside],
            "reasons": [
                {"gate": reason.gate, "passed": reason.passed, "text": reason.text}
                for reason in self.reasons
            ],
            "wording": self.wording,
        }


@dataclass(frozen=True)
class Withheld:
    """Numbers that others do not see: under which rule, why, where and how many."""

    rule: str
    why: str
    where: str
    count: int


@dataclass(frozen=True)
class Ledger:
    """All claims judged on one source, with the hashes that say which rules and which data.

    ``claims_sha256`` is of the file of rules, ``decisions_sha256`` of what in it decides.
    ``flags`` are the findings of severity FLAG: what every verdict must mention, since it
    could change the word. ``view`` says for whom the numbers are, the study ``team`` or those it
    is ``shared`` with; ``private`` that they are of people of the reader's own, neither made up
    nor published; ``withheld`` what the others do not see, by rule and how often, and ``policy``
    the bounds it was held against.
    """

    study: str
    title: str
    synthetic: bool
    claims_sha256: str
    data_sha256: str | None
    claims: tuple[ClaimResult, ...]
    flags: tuple[Issue, ...] = ()
    decisions_sha256: str = ""
    view: str = TEAM
    private: bool = False
    withheld: tuple[Withheld, ...] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, claim: str) -> ClaimResult:
        return next(result for result in self.claims if result.claim == claim)

    def as_dict(self) -> dict[str, Any]:
        """The ledger with the keys of ``relief judge --json``."""
        return {
            "study": self.study,
            "title": self.title,
            "synthetic": self.synthetic,
            "view": self.view,
            "claims_sha256": self.claims_sha256,
            "decisions_sha256": self.decisions_sha256,
            "data_sha256": self.data_sha256,
            "flags": [flag.as_dict() for flag in self.flags],
            "withheld": [vars(one) for one in self.withheld],
            "policy": dict(self.policy),
            "claims": [result.as_dict() for result in self.claims],
        }

    def verdicts(self) -> pd.DataFrame:
        """One row a claim: claim, title, verdict, wording."""
        return pd.DataFrame(
            {
                "claim": [result.claim for result in self.claims],
                "title": [result.title for result in self.claims],
                "verdict": [result.verdict for result in self.claims],
                "wording": [result.wording for result in self.claims],
            }
        )

    def reasons(self, claim: str | None = None) -> pd.DataFrame:
        """One row a gate of a claim: claim, gate, passed (yes, no, not evaluated), text."""
        words = {True: "yes", False: "no", None: "not evaluated"}
        return pd.DataFrame(
            [
                (result.claim, reason.gate, words[reason.passed], reason.text)
                for result in self.claims
                if claim is None or result.claim == claim
                for reason in result.reasons
            ],
            columns=["claim", "gate", "passed", "text"],
        )
