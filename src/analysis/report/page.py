"""The report: the ledger first, then the notebooks, in one page that makes no request."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.claims.ledger import WORDS, ClaimResult, Ledger
from analysis.errors import ReliefError
from analysis.report.notebook_section import DASH, MINUS, notebook_page, slug
from analysis.writing import write_atomic

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
        ``report-write`` where the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
    except OSError as error:
        raise ReliefError(
            "report-write",
            f"{path.name} cannot be written there ({error.strerror}); name another place with "
            "--out or --html.",
        ) from None
    return path


@cache
def template(name: str) -> Any:
    """A page's template, with every value escaped unless it was cleaned here."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
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


def shown(row: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of one estimate as people read them.

    Three significant digits of the estimate, and the same decimals for its limits, fewer where
    the limits are far larger. An en dash stands for what does not exist; ``exact`` keeps ten
    digits.
    """
    names = ("estimate", "ci_low", "ci_high", "se", "df", "n", "p_value")
    values = {name: _number(row.get(name)) for name in names}
    together = [abs(v) for v in (values[name] for name in names[:3]) if math.isfinite(v)]
    coarse = _places(max(together, default=0.0))
    fine = _places(values["estimate"]) or coarse
    places = min(fine, coarse + 1)
    text = {name: _fixed(values[name], places) for name in names[:3]}
    text["se"] = _fixed(values["se"], max(places, _places(values["se"])))
    text["df"] = _fixed(values["df"], 0 if values["df"].is_integer() else 1)
    text["n"] = _fixed(values["n"], 0)
    text["p_value"] = _p_value(values["p_value"])
    text["exact"] = "" if math.isnan(values["estimate"]) else f"{values['estimate']:.10g}"
    text["unit"] = str(row.get("unit") or "")
    text["interval"] = f"[{text['ci_low']}, {text['ci_high']}]"
    if math.isnan(values["ci_low"]) and math.isnan(values["ci_high"]):
        text["interval"] = ""
    return text


def _number(value: Any) -> float:
    """A number, or NaN for what is missing in any of its spellings."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _places(value: float) -> int:
    """Decimals that leave three significant digits."""
    if not math.isfinite(value) or value == 0:
        return 0
    return max(0, 2 - math.floor(math.log10(abs(value))))


def _fixed(value: float, places: int) -> str:
    """A number with a true minus sign; an en dash for NaN."""
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", MINUS)


def _p_value(value: float) -> str:
    if math.isnan(value):
        return DASH
    if value < 0.001:
        return "< 0.001"
    return "> 0.999" if value > 0.999 else f"{value:.3f}"
