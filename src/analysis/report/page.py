"""The report: the ledger first, then the notebooks, in one page that makes no request."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.claims.ledger import WORDS, ClaimResult, Ledger
from analysis.describe.display import estimate_numbers
from analysis.errors import ReliefError, printable_lines
from analysis.report.notebook_section import notebook_page, slug
from analysis.writing import make_folder, write_atomic

PACKAGES = ("relief-analysis", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn")
PROVENANCE = ("file", "sha256", "producer", "licence")
Progress = Callable[[int, int, str], None]


def build_report(
    ledgers: Sequence[Ledger],
    *,
    out: Path,
    notebooks: Sequence[Path] = (),
    provenance: Sequence[Mapping[str, Any]] = (),
    skipped: Sequence[Mapping[str, Any]] = (),
    progress: Progress | None = None,
) -> Path:
    """Write ``out/index.html`` and return its path.

    The page holds its own style and figures, no script, and a policy that forbids requests.
    It holds no time of day: the same ledgers and notebooks give the same bytes.

    Parameters
    ----------
    ledgers
        One a source, in the order shown.
    notebooks
        Executed notebooks, in the order shown.
    provenance
        One mapping a data file: ``file``, ``sha256``, ``producer``, ``licence``, and any
        other key as a further column. A value that starts with ``https://doi.org/`` is linked.
    skipped
        What was not available: mappings with ``name`` and ``reason``.
    progress
        Called with steps done, all steps, and the name of the next one.

    Raises
    ------
    ReliefError
        When there is no ledger, two sources share a name, a notebook cannot be read, holds an
        error, a figure without alternative text, or a picture that no cell made.
    """
    if not ledgers:
        raise ReliefError("report-empty", "A report needs at least one ledger; none was given.")
    report = progress or (lambda done, steps, what: None)
    steps = len(notebooks) + 1
    anchors = {path.name: f"notebook-{slug(path.stem)}" for path in notebooks}
    pages = []
    for done, path in enumerate(notebooks):
        report(done, steps, path.name)
        pages.append(notebook_page(path, anchors))
    report(steps - 1, steps, "index.html")
    text = template("report.html.j2").render(
        sources=_sources(ledgers),
        words=WORDS,
        claims=_claims_in_order(ledgers),
        notebooks=pages,
        provenance=provenance,
        provenance_columns=list(dict.fromkeys([*PROVENANCE, *(k for p in provenance for k in p)])),
        skipped=skipped,
        versions=versions(),
    )
    target = write_page(text, out / "index.html")
    report(steps, steps, "index.html")
    return target


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
    environment.filters["shown"] = estimate_numbers
    return environment.get_template(name)


def versions() -> list[tuple[str, str]]:
    """Python and the main packages, with their versions."""
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed"))
    return found


# --- ledgers -------------------------------------------------------------------------------


def _sources(ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """Each ledger with its anchor, its claims by id, and how often it says each word."""
    sources = []
    for ledger in ledgers:
        found = Counter(result.verdict for result in ledger.claims)
        sources.append(
            {
                "ledger": ledger,
                "anchor": slug(ledger.study),
                "by_claim": {result.claim: result for result in ledger.claims},
                "counts": [(word, found[word]) for word in WORDS],
                "gates": {result.claim: gate_counts(result) for result in ledger.claims},
            }
        )
    if len({source["anchor"] for source in sources}) < len(sources):
        names = ", ".join(sorted(ledger.study for ledger in ledgers))
        raise ReliefError("report-names", f"Sources need names that differ; found {names}.")
    return sources


def _claims_in_order(ledgers: Sequence[Ledger]) -> list[tuple[str, str]]:
    """Every claim id with its title, in the order of first appearance."""
    titles: dict[str, str] = {}
    for ledger in ledgers:
        for result in ledger.claims:
            titles.setdefault(result.claim, result.title)
    return list(titles.items())


def gate_counts(result: ClaimResult) -> str:
    """How the gates went, in words: ``gates: 2 passed, 1 not passed, 4 not evaluated``."""
    found = Counter(reason.passed for reason in result.reasons)
    words = {True: "passed", False: "not passed", None: "not evaluated"}
    parts = [f"{found[key]} {word}" for key, word in words.items() if found[key]]
    return f"gates: {', '.join(parts)}" if parts else "no gate applies"
