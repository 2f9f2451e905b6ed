"""What the project says of what is wrong: an error in a sentence, or a finding that is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any
from unicodedata import category

# Controls of C0 and C1, format characters (directions, zero width), separators of lines and of
# paragraphs, halves of characters: a terminal obeys them, or a reader does not see them.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_BREAKS = re.compile(r"([\n\t])")


def is_printable(text: str) -> bool:
    """Whether a text holds no character that is obeyed, or goes unseen, where it is printed."""
    return text.isprintable() or all(category(character) not in _UNSEEN for character in text)


def printable(text: str) -> str:
    r"""A text on one line, with escapes such as ``\x1b`` for what :func:`is_printable` refuses.

    The one door for names and cells that come from files. What has passed it is not changed by
    passing it again.
    """
    if is_printable(text):
        return text
    return "".join(c if is_printable(c) else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """A text of several lines, each passed through :func:`printable`; tabs stay."""
    return "".join(part if part in "\n\t" else printable(part) for part in _BREAKS.split(text))


class ReliefError(Exception):
    """An error with a rule id and one sentence: what was expected, where, what to do.

    Never holds a patient's value. Raised for a STOP of scope ``study``; the CLI
    prints it and exits with 2.
    """

    def __init__(self, rule: str, message: str) -> None:
        message = printable(message)
        super().__init__(message)
        self.rule = rule
        self.message = message

    def __reduce__(self) -> tuple[type[ReliefError], tuple[str, str]]:
        """As it was raised, where another process raised it."""
        return type(self), (self.rule, self.message)


class DataUnavailable(ReliefError):
    """Open data that is neither in the declared folder, nor cached, nor downloadable."""


class EvidenceError(ReliefError):
    """A quantity that the published table cannot give."""


SEVERITIES = ("STOP", "DROP", "FLAG", "NOTE")
SCOPES = ("study", "question", "subject", "form", "row")


@dataclass(frozen=True)
class Issue:
    """One finding: which rule, how bad, where, how often. Never a patient's value.

    ``message`` is the file, the sentence and the ``remedy``; the remedy stands alone too.
    ``people`` and ``forms`` are the numbers of those it is about, where that is known; they
    are never printed, and let a verdict be tried without them. ``others`` is what those read
    who do not hold the data: the sentence without what stands in the files.
    """

    rule: str
    severity: str
    scope: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    count: int = 1
    remedy: str = ""
    others: str = ""
    people: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    forms: frozenset[int] = field(default=frozenset(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("message", "file", "column", "remedy"):
            if text := getattr(self, name):
                object.__setattr__(self, name, printable(text))

    def about(self, *, people: Iterable[int] = (), forms: Iterable[int] = ()) -> Issue:
        """The same finding, with the numbers of those it is about."""
        who, which = frozenset(map(int, people)), frozenset(map(int, forms))
        return replace(self, people=who, forms=which)

    def as_dict(self) -> dict[str, Any]:
        """The issue with the keys of ``relief check --json``."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "scope": self.scope,
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "count": self.count,
            "message": self.message,
            "remedy": self.remedy,
        }


def require(extra: str, *modules: str, what: str) -> None:
    """Refuse in one sentence what needs an extra that is not installed.

    Parameters
    ----------
    extra : str
        Its name in pyproject.toml.
    *modules : str
        Those of its modules that are about to be imported.
    what : str
        Subject of the sentence, such as "The report".

    Raises
    ------
    ReliefError
        ``extra.missing`` where a module is not there.
    """
    if any(find_spec(module) is None for module in modules):
        raise ReliefError(
            "extra.missing",
            f"{what} needs the extra `{extra}`: pip install 'relief-analysis[{extra}]'.",
        )
