"""What every page shares: its template, its place, the versions that made it."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.claims.ledger import ClaimResult
from analysis.describe.answer.verdicts import part_in_words
from analysis.describe.display import DASH, estimate_numbers, typeset
from analysis.describe.in_words import percent
from analysis.errors import printable_lines
from analysis.report.glossary import glossary
from analysis.writing import make_folder, write_atomic

PACKAGES = ("relief-analysis", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn")
# Of an estimand: what is a share of participants, and the unit that others end with.
SHARE = re.compile(r"(difference in )?shares?\b")
UNIT = re.compile(r"\(([^()]+)\)$")
Progress = Callable[[int, int, str], None]


def write_page(text: str, path: Path) -> Path:
    """Write a page and return its path.

    Raises
    ------
    ReliefError
        ``file.not-written`` where the place cannot be written to.
    """
    make_folder(path.parent)
    write_atomic(path, text)
    return path


@cache
def _seen(value: Any) -> Any:
    """A value of a template without what would be obeyed, or go unseen, in a reader's browser."""
    return type(value)(printable_lines(value)) if isinstance(value, str) else value


def template(name: str) -> Any:
    """A page's template, with every value escaped unless it was cleaned here."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    environment.filters["shown"] = with_unit
    environment.filters["part"] = part_in_words
    environment.filters["typeset"] = typeset
    environment.globals["glossary"] = glossary
    return environment.get_template(name)


def with_unit(row: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of a row as people read them, with their unit; shares as per cent."""
    estimand, told = str(row.get("estimand") or ""), estimate_numbers(row)
    if not SHARE.match(estimand):
        named = UNIT.search(estimand)
        return told | {"unit": told["unit"] or (named[1] if named else "")}
    whole = {name: DASH if told[name] == DASH else percent(float(row[name])).removesuffix(" %")
             for name in ("estimate", "ci_low", "ci_high")}  # fmt: skip
    interval = f"[{whole['ci_low']}, {whole['ci_high']}]" if told["interval"] else ""
    return told | whole | {"interval": interval, "unit": "%"}


def versions() -> list[tuple[str, str]]:
    """Python and the main packages, with their versions."""
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed"))
    return found


def today() -> date:
    """The day a page is made: that of ``SOURCE_DATE_EPOCH`` where it is set, else this one."""
    declared = os.environ.get("SOURCE_DATE_EPOCH", "")
    if declared.isdecimal():
        return datetime.fromtimestamp(int(declared), UTC).date()
    return date.today()


def day_told(day: date) -> str:
    """``30 November 2026``."""
    return f"{day.day} {day:%B} {day.year}"


def gate_counts(result: ClaimResult) -> str:
    """How the gates went, in words: ``gates: 2 passed, 1 not passed, 4 not evaluated``."""
    found = Counter(reason.passed for reason in result.reasons)
    words = {True: "passed", False: "not passed", None: "not evaluated"}
    parts = [f"{found[key]} {word}" for key, word in words.items() if found[key]]
    return f"gates: {', '.join(parts)}" if parts else "no gate applies"
