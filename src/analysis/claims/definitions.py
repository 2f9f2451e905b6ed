"""claims.toml: what is claimed, and the rules, read before any data."""

from __future__ import annotations

import hashlib
import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.claims.ledger import GATES
from analysis.errors import ReliefError
from analysis.paths import CLAIMS
from analysis.rules import catalogue
from analysis.windows import Window

CLAIM_IDS = (
    "headline",
    "onset",
    "certainty_within_hours",
    "certainty_ever",
    "magnitude",
    "attribution",
    "speed_vs_exposure",
    "infusion_length",
    "monitoring_length",
    "dissociation_brief",
    "dissociation_mechanism",
    "clusters",
    "first_session_guides",
    "brain_mechanism",
)
# What says, shows or cites; everything else in claims.toml decides.
_SAID: Any = {
    "sha256": True,
    "rules": {"__all__": {"source"}},
    "windows": {"__all__": {"label", "at"}},
    "claims": {
        "__all__": {
            "title": True,
            "paraphrase": True,
            "estimand": True,
            "wording": True,
            "thresholds": {"__all__": {"source"}},
        }
    },
}
Gate = Literal["construct", "time", "recall", "comparator", "estimate", "robustness", "calibration"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Declared(_Strict):
    """A declared number (or a few) and its source, or the word assumption."""

    value: float | list[float]
    source: str = Field(min_length=1)

    @property
    def assumption(self) -> bool:
        """Whether nobody has published the number."""
        return self.source.startswith("assumption")

    @property
    def number(self) -> float:
        """The value, where it is one number."""
        if isinstance(self.value, list):
            raise TypeError("this rule declares several values")
        return self.value


class PrimaryAnalysis(_Strict):
    """The phase that decides, the windows in it that are the mixed model's visits, covariates."""

    phase: str
    visits: list[str] = Field(min_length=1)
    covariates: list[Literal["same_symptoms", "site"]] = []


class Robustness(_Strict):
    """The rules whose people and forms are left out, or re-included, in sensitivity analyses."""

    groups: list[str]


class Estimand(_Strict):
    """The five attributes of ICH E9(R1)."""

    population: str = Field(min_length=1)
    treatment: str = Field(min_length=1)
    variable: str = Field(min_length=1)
    intercurrent_events: str = Field(min_length=1)
    summary: str = Field(min_length=1)


class Wording(_Strict):
    """The sentence that each verdict permits; ``{form}`` takes the cap of an ad hoc form."""

    supported: str
    contradicted: str
    not_decided: str
    not_testable: str


class Claim(_Strict):
    """One claim of the page."""

    title: str
    paraphrase: str
    gates: tuple[Gate, ...] = Field(min_length=1)
    instrument: str
    window: str
    estimand: Estimand
    wording: Wording
    parts: dict[str, tuple[Gate, ...]] = {}
    thresholds: dict[str, Declared] = {}
    at_most: Literal["not decided"] | None = None

    def sentence(self, verdict: str, form: str = "") -> str:
        """The permitted wording for a verdict."""
        return getattr(self.wording, verdict.replace(" ", "_")).format(form=form)


class Definitions(_Strict):
    """The whole of claims.toml."""

    rules: dict[str, Declared]
    windows: dict[str, Window]
    primary: PrimaryAnalysis
    robustness: Robustness
    claims: dict[str, Claim]
    sha256: str

    def rule(self, name: str) -> float:
        """The number that a rule declares."""
        return self.rules[name].number

    @property
    def decisions_sha256(self) -> str:
        """SHA-256 of what decides: the same however it is said, ordered or written.

        Of JSON without spaces, keys sorted: values of rules and thresholds, the primary
        analysis, bounds of windows; gates, parts, instrument, window and ``at_most`` of each
        claim. A number is written as the shortest text that reads back as it, 3.0 as 3.
        """
        deciding = _plain(self.model_dump(mode="json", exclude=_SAID))
        text = json.dumps(deciding, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The same with whole numbers as integers, however they were written."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def load_definitions(path: Path = CLAIMS) -> Definitions:
    """Read and validate claims.toml.

    Raises
    ------
    ReliefError
        ``claims.file`` or ``claims.value``: the key and what is expected.
    """
    try:
        return _read(path.read_bytes(), path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ReliefError(
            "claims.file", f"{path.name} is missing or not valid TOML; restore it."
        ) from None


# By what the file holds: it is asked for by every claim, gate and cell of counts.
@lru_cache(maxsize=8)
def _read(raw: bytes, file: str) -> Definitions:
    document: dict[str, Any] = tomllib.loads(raw.decode("utf-8"))
    # Line ends differ between checkouts; the rules they spell do not.
    digest = hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()
    try:
        definitions = Definitions.model_validate({**document, "sha256": digest})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReliefError("claims.value", f"{file}, {place}: {first['msg']}.") from None
    if tuple(definitions.claims) != CLAIM_IDS:
        raise ReliefError(
            "claims.value",
            f"{file} must hold these claims in this order: {', '.join(CLAIM_IDS)}.",
        )
    labels = [window.label for window in definitions.windows.values()]
    if len(set(labels)) < len(labels):
        # Scores are told apart by it.
        raise ReliefError("claims.value", f"{file}, windows: each label once.")
    unknown = {definitions.primary.phase, *definitions.primary.visits} - set(definitions.windows)
    if unknown:
        raise ReliefError(
            "claims.value",
            f"{file}, primary: each window must be declared; {min(unknown)} is not.",
        )
    known = set(catalogue())
    if strange := sorted(set(definitions.robustness.groups) - known):
        raise ReliefError("claims.value", f"{file}, robustness.groups: {strange[0]} is no rule.")
    for name, claim in definitions.claims.items():
        order = [gate for gate in GATES if gate in claim.gates]
        if list(claim.gates) != order:
            raise ReliefError(
                "claims.value",
                f"{file}, {name}: each gate once, in the order {', '.join(GATES)}.",
            )
    return definitions
