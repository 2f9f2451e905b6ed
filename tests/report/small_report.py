"""What the tests of this room share."""

import base64
import io
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbformat import v4
from PIL import Image

from analysis.claims.ledger import GATES, WORDS, ClaimResult, Ledger, Reason
from analysis.estimates.table import row
from analysis.report.front_page import write_notebook_pages
from analysis.report.source_page import Source, write_source_page

CLAIMS = ("headline", "onset", "certainty_within_hours", "infusion_length")


def result(claim: str, verdict: str, **changes) -> ClaimResult:
    reasons = tuple(
        Reason(gate, passed, f"reason of {gate}")
        for gate, passed in zip(GATES, (True, False, None) * 3, strict=False)
    )
    given = {
        "claim": claim,
        "title": f"Title of {claim}",
        "verdict": verdict,
        "estimate": row(claim=claim),
        "reasons": reasons,
        "wording": f"Wording of {claim}",
    }
    return ClaimResult(**given | changes)


def ledger(study: str, *, synthetic: bool = False, claims=None) -> Ledger:
    claims = claims or tuple(result(c, word) for c, word in zip(CLAIMS, WORDS, strict=True))
    return Ledger(study, f"Source {study}", synthetic, "c" * 64, "d" * 64, claims)


def picture() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "navy").save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def figure(**metadata) -> nbformat.NotebookNode:
    return v4.new_output("display_data", data={"image/png": picture()}, metadata=metadata)


def code(*outputs, source: str = "show(ax)") -> nbformat.NotebookNode:
    return v4.new_code_cell(source, execution_count=1, outputs=list(outputs))


def notebook(folder: Path, *cells, name: str = "01_the_data.ipynb") -> Path:
    path = folder / name
    nbformat.write(v4.new_notebook(cells=list(cells)), path)
    return path


def page(folder: Path, own: Ledger | None = None, provenance=(), **options) -> str:
    """The text of the page of one source."""
    source = Source(own or ledger("published"), None, provenance)
    path = write_source_page(source, folder / "out" / "index.html", **options)
    return path.read_text(encoding="utf-8")


def soup(folder: Path, own: Ledger | None = None, **options) -> BeautifulSoup:
    return BeautifulSoup(page(folder, own, **options), "html.parser")


def notebook_soups(folder: Path, *paths: Path, **options) -> list[BeautifulSoup]:
    """The page of each notebook."""
    links = write_notebook_pages(paths, folder / "out", up="../index.html", **options)
    texts = [(folder / "out" / link.address).read_text(encoding="utf-8") for link in links]
    return [BeautifulSoup(text, "html.parser") for text in texts]


def words(node) -> str:
    return " ".join(node.get_text(" ").split())
