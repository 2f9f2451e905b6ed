"""A study that a rule stops or flags, and what its remedy makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from analysis.checks import check
from analysis.errors import Issue, ReliefError
from analysis.readers.assemble import read_study
from tests.damage.made import Made, made_up
from tests.damage.written import WRITERS

Forms = list[tuple[str, float, float]]
# Twenty people at three sites, rated just before and after, some with an answer left blank.
SEED = 284


@dataclass(frozen=True)
class Read:
    """What became of a study: its scored forms, or the rule that refused it."""

    forms: Forms | None
    said: dict[str, str]
    issues: tuple[Issue, ...] = ()


def read(path: Path) -> Read:
    """Read and check a study; arm, hours since the start, and total of each form that is left."""
    try:
        checked = check(read_study(path))
    except ReliefError as error:
        return Read(None, {error.rule: error.message})
    arm = checked.study.subjects.set_index("subject")["arm"].astype("str")
    left = checked.forms[checked.forms["total"].notna()]
    rows = zip(left["subject"].map(arm), left["hours_low"], left["total"], strict=True)
    forms = sorted((str(a), round(float(h), 2), float(t)) for a, h, t in rows)
    return Read(forms, {one.rule: one.message for one in checked.issues}, checked.issues)


def sound() -> Made:
    return made_up(Random(SEED))


def written(folder: Path, made: Made, form: str = "csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return WRITERS[form](folder, made)


@cache
def as_it_was(form: str = "csv") -> Read:
    """What the sound study reads as, which every remedy must bring back."""
    with TemporaryDirectory() as folder:
        return read(written(Path(folder), sound(), form))


def declare(path: Path, table: str, line: str) -> None:
    """Add a line to a table of study.toml, in place of one with the same key."""
    head, mark, rest = path.read_text("utf-8").partition(f"{table}\n")
    assert mark, table
    key = line.partition(" =")[0]
    own, bracket, others = re.sub(r"\n\[", "\n\0[", rest).partition("\0")
    own = re.sub(rf"(?m)^{re.escape(key)} = .*\n", "", own)
    path.write_text(f"{head}{mark}{line}\n{own}{bracket}{others}".replace("\0", ""), "utf-8")


def undeclare(path: Path, key: str, count: int = 0) -> None:
    """Take the lines of a key out of study.toml."""
    text = path.read_text("utf-8")
    path.write_text(re.sub(rf"(?m)^{re.escape(key)} = .*\n", "", text, count=count), "utf-8")


def advised(message: str, pattern: str) -> str:
    """The line that a message advises to declare: what the pattern's group, or all of it, finds."""
    found = re.search(pattern, message)
    assert found, message
    return found[found.re.groups]


@dataclass(frozen=True)
class Case:
    """A study that raises a rule, and its remedy.

    Attributes
    ----------
    spoil : callable
        Writes the study into a folder; the path of study.toml.
    mend : callable
        Does what the message says.
    form : str
        The format, whose sound study is what the remedy must bring back.
    then : str
        Another STOP to which the remedy leads; blank where it leads to the forms.
    """

    spoil: Callable[[Path], Path]
    mend: Callable[[Path, str], None]
    form: str = "csv"
    then: str = ""


CASES: dict[str, Case] = {}
