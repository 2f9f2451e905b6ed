"""The rules as data: one TOML file a subject, beside this module."""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.errors import SCOPES, SEVERITIES

__all__ = ["Rule", "catalogue"]


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
    group : str
        What is flagged or set aside in a few words, of rules that the gate robustness tries out.
    """

    id: str
    severity: str
    scope: str
    sentence: str
    remedy: str
    reason: str = ""
    group: str = ""

    @property
    def in_words(self) -> str:
        """What the rule flags or sets aside in a few words, with its name."""
        return f"{self.group} ({self.id})"

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
