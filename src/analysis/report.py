"""The report: the ledger first, then the notebooks, in one page that makes no request."""

from __future__ import annotations

import base64
import math
import platform
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis.claims.ledger import WORDS, ClaimResult, Ledger
from analysis.errors import ReliefError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MINUS, DASH = "\u2212", "\u2013"
PACKAGES = ("analysis", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn")
PROVENANCE = ("file", "sha256", "producer", "licence")
NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( ?%)?", re.IGNORECASE)
MISSING = {"nan", "nat", "<na>", "none"}
KEPT = re.compile(
    "a|b|blockquote|br|caption|code|dd|del|dl|dt|em|h[1-6]|hr|i|li|ol|p|pre|strong|sub|sup|"
    "table|tbody|td|tfoot|th|thead|tr|ul"
)
DROPPED = re.compile("iframe|math|noscript|object|script|style|svg|template")
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
    text = _template().render(
        sources=_sources(ledgers),
        words=WORDS,
        claims=_claims_in_order(ledgers),
        notebooks=pages,
        provenance=provenance,
        provenance_columns=list(dict.fromkeys([*PROVENANCE, *(k for p in provenance for k in p)])),
        skipped=skipped,
        versions=versions(),
    )
    target = out / "index.html"
    out.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    report(steps, steps, "index.html")
    return target


@cache
def _template() -> Any:
    """The page's template, with every value escaped unless it was cleaned here."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    return environment.get_template("report.html.j2")


def slug(text: str) -> str:
    """A name as part of an anchor: letters, digits, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-") or "unnamed"


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


# --- notebooks -----------------------------------------------------------------------------


def notebook_page(path: Path, anchors: Mapping[str, str]) -> dict[str, Any]:
    """One executed notebook as a section: anchor, file, title, cells.

    ``anchors`` maps the file name of each notebook in the report to its anchor.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise ReliefError(
            "report-notebook", f"{path.name} could not be read as a Jupyter notebook."
        ) from error
    title, titled, cells = path.stem, False, []
    page = _Page(anchors[path.name], anchors)
    for number, cell in enumerate(notebook.cells, start=1):
        page.where = f"{path.name}, cell {number}"
        if cell.cell_type == "markdown":
            source = cell.source
            heading = None if titled else re.search(r"^# +(.+?)\s*$", source, re.MULTILINE)
            if heading:
                title, titled = heading[1].replace("`", ""), True
                source = source[: heading.start()] + source[heading.end() :]
            cells.append({"number": number, "kind": "markdown", "html": page.markdown(source)})
        elif cell.cell_type == "code" and cell.source.strip():
            outputs = [_output(output, page) for output in cell.outputs]
            cells.append(
                {"number": number, "kind": "code", "source": cell.source, "outputs": outputs}
            )
    return {"anchor": anchors[path.name], "file": path.name, "title": title, "cells": cells}


def _output(output: Mapping[str, Any], page: _Page) -> Markup:
    """One output of a code cell: figure, table, prose or plain text, whichever comes first."""
    from nbconvert.filters import strip_ansi

    where = page.where
    if output["output_type"] == "error":
        raise ReliefError("report-error", f"{where} holds an error; mend it and run it again.")
    if output["output_type"] == "stream":
        return _preformatted(strip_ansi(output["text"]), where)
    data = output["data"]
    if "image/png" in data:
        alt = _alternative_text(output.get("metadata", {}), where)
        image = base64.b64encode(base64.b64decode("".join(data["image/png"].split()))).decode()
        source = f"data:image/png;base64,{image}"
        return Markup('<figure><img src="{}" alt="{}"></figure>').format(source, alt)
    if "text/html" in data:
        return page.clean(data["text/html"])
    if "text/markdown" in data:
        return page.markdown(data["text/markdown"])
    return _preformatted(data.get("text/plain", ""), where)


def _preformatted(text: str, where: str) -> Markup:
    return Markup('<pre tabindex="0" role="region" aria-label="Text from {}">{}</pre>').format(
        where, text
    )


def _alternative_text(metadata: Mapping[str, Any], where: str) -> str:
    """What a figure shows, in words; a figure without them does not ship."""
    of_image = metadata.get("image/png")
    own = of_image.get("alt") if isinstance(of_image, Mapping) else None
    text = str(own or metadata.get("alt") or "").strip()
    if not text:
        raise ReliefError(
            "report-alt",
            f"{where} shows a figure without alternative text; display it with "
            "analysis.figures.show(ax, alt=...) and save the notebook again.",
        )
    return text


class _Page:
    """Turns a notebook's HTML into its allowed part, so that no markup passes unread.

    Headings go below the page's own; tables get a caption, scopes and a scrolling frame;
    links stay only when they lead within the page or to a DOI.
    """

    def __init__(self, anchor: str, links: Mapping[str, str]) -> None:
        self.anchor, self.links, self.where = anchor, links, ""
        self._named: set[str] = set()

    def markdown(self, source: str) -> Markup:
        """Markdown as the allowed part of the HTML that nbconvert makes of it."""
        from nbconvert.filters import markdown2html

        return self.clean(markdown2html(source))

    def clean(self, source: str) -> Markup:
        """The allowed part of some HTML."""
        from bs4 import BeautifulSoup
        from bs4.element import PreformattedString

        soup = BeautifulSoup(f"<div>{source}</div>", "html.parser")
        for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
            text.extract()  # comments and declarations
        for tag in soup.find_all(True):
            if tag.decomposed:
                continue
            if DROPPED.fullmatch(tag.name) or "anchor-link" in (tag.get("class") or ""):
                tag.decompose()
            elif tag.name == "img":
                raise ReliefError(
                    "report-picture",
                    f"{self.where} refers to a picture; figures in the report come from code.",
                )
            elif not KEPT.fullmatch(tag.name):
                tag.unwrap()
            else:
                self._rewrite(tag)
        for table in soup.find_all("table"):
            self._frame(table, soup)
        return Markup(soup.decode(formatter="minimal"))

    def _rewrite(self, tag: Tag) -> None:
        """Keep the attributes that carry meaning, and lower the headings."""
        given, tag.attrs = dict(tag.attrs), {}
        if re.fullmatch("h[1-6]", tag.name):
            tag.name = f"h{min(6, max(2, int(tag.name[1])) + 2)}"
            name = f"{self.anchor}-{slug(str(given.get('id', '')))}"
            if given.get("id") and name not in self._named:
                self._named.add(name)
                tag["id"] = name
        elif tag.name == "a" and (target := self._target(str(given.get("href", "")))):
            tag["href"] = target
        elif tag.name in ("td", "th"):
            for span in ("rowspan", "colspan"):
                if str(given.get(span, "")).isdecimal():
                    tag[span] = given[span]

    def _target(self, href: str) -> str:
        """Where a link may lead: a DOI, another notebook of the report, the same notebook."""
        name, _, part = href.partition("#")
        if href.startswith("https://doi.org/"):
            return href
        if anchor := self.links.get(Path(name).name, "" if name else self.anchor):
            return f"#{anchor}-{slug(part)}" if part else f"#{anchor}"
        return ""

    def _frame(self, table: Tag, soup: BeautifulSoup) -> None:
        """Scopes for heading cells, a mark on numbers, a caption, a frame that scrolls."""
        for cell in table.find_all(["td", "th"]):
            text = cell.get_text().strip()
            if cell.name == "th" and text:
                cell["scope"] = "col" if cell.find_parent("thead") else "row"
            elif cell.name == "th":
                cell.name = "td"
            elif text.lower() in MISSING or NUMBER.fullmatch(text):
                cell["class"] = "num"
                cell.string = DASH if text.lower() in MISSING else text.replace("-", MINUS)
        if table.caption is None:
            caption = soup.new_tag("caption", attrs={"class": "hidden"})
            caption.string = f"Table from {self.where}"
            table.insert(0, caption)
        frame = {"class": "scroll", "tabindex": "0", "role": "region"}
        label = f"Table from {self.where}"
        table.wrap(soup.new_tag("div", attrs=frame | {"aria-label": label}))
