"""The catalogue of rules: what can be wrong with data, how bad it is, and what to do about it.

In: a rule's id and what was found. Out: its sentence as an `Issue` or a `ReliefError`. Rules are
data, one TOML file a subject. Not here: the code that looks for a fault.
"""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.disclosure.file_names import shown_path
from analysis.errors import SCOPES, SEVERITIES, Issue, ReliefError

__all__ = ["Rule", "catalogue", "issue", "refusal"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    id : str
        ``subject.what``, as printed beside every finding.
    severity : {"STOP", "DROP", "FLAG", "NOTE"}
        No verdict; set aside and counted; kept and mentioned; good to know.
    scope : {"study", "question", "subject", "form", "row"}
        What a STOP stops: everything (exit code 2), the claims it touches, a person.
    sentence, remedy : str
        What was found and what was done; what the reader of it can do. Either may hold
        named places in braces. Never a cell's value.
    reason : str
        A few words for the participant flow; only of rules that set something aside.
    """

    id: str
    severity: str
    scope: str
    sentence: str
    remedy: str
    reason: str = ""

    @property
    def fields(self) -> set[str]:
        """Names of the places in the sentence and the remedy."""
        texts = (self.sentence, self.remedy)
        return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def _rule(name: str, entry: dict[str, str]) -> Rule:
    rule = Rule(id=name, **entry)
    if rule.severity not in SEVERITIES or rule.scope not in SCOPES:
        raise ValueError(f"Rule {name}: unknown severity or scope.")
    return rule


@cache
def catalogue() -> dict[str, Rule]:
    """All rules by id, from the TOML files beside this module.

    Raises
    ------
    ValueError
        Where two files define one rule, or a severity or scope is unknown.
    """
    found: dict[str, Rule] = {}
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    for file in names:
        for name, entry in tomllib.loads(folder.joinpath(file).read_text("utf-8")).items():
            if name in found:
                raise ValueError(f"Rule {name} is defined twice.")
            found[name] = _rule(name, entry)
    return found


def _said(rule: Rule, fields: dict[str, object]) -> str:
    if rule.fields != set(fields):
        raise TypeError(f"Rule {rule.id} wants {sorted(rule.fields)}.")
    return " ".join(text.format(**fields) for text in (rule.sentence, rule.remedy) if text)


def issue(
    rule: str,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    count: int = 1,
    **fields: object,
) -> Issue:
    """A finding under a rule of the catalogue.

    Parameters
    ----------
    rule : str
        Id of the rule; severity, scope and words come from the catalogue.
    file, row, column, count
        Where it was found first (row 1-based with the header counted), and how often.
    fields
        One value for every named place of the rule's words; never a cell's value.
    """
    known = catalogue()[rule]
    said = _said(known, fields)
    file = shown_path(file) if file else None
    text = f"{file}: {said}" if file else said
    remedy = known.remedy.format(**fields)
    return Issue(known.id, known.severity, known.scope, text, file, row, column, count, remedy)


def refusal(
    rule: str,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    **fields: object,
) -> ReliefError:
    """The error for a STOP of scope ``study``: where it was found, what, and what to do."""
    known = catalogue()[rule]
    if (known.severity, known.scope) != ("STOP", "study"):
        raise TypeError(f"Rule {rule} is no STOP of scope study.")
    places = [file and shown_path(file), row and f"row {row}", column and f"column {column!r}"]
    where = ", ".join(str(place) for place in places if place)
    said = _said(known, fields)
    return ReliefError(known.id, f"{where}: {said}" if where else said)
