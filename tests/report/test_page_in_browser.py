"""The report as a reader sees it: in headless Chromium, on a phone, on a desk, on paper."""

import base64
import io
import math

import nbformat
import pytest
from nbformat import v4
from PIL import Image

from analysis.claims.ledger import GATES, WORDS, ClaimResult, Ledger, Reason
from analysis.estimates.table import row
from analysis.paths import NOTEBOOKS
from analysis.report import build_report
from analysis.report.publish import publish
from analysis.studies import BUILT_IN, available
from tests.browser import launched

WIDTHS = (360, 1280)
LONG = "averyveryveryverylongcolumnname_without_a_break"


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


def ledger(study: str, synthetic: bool) -> Ledger:
    estimate = row(
        contrast="ketamine - midazolam",
        estimand="difference in LS means " * 4,
        instrument="PCL-5-now",
        window="hours",
        n=58,
        estimate=-9.83,
        se=2.04,
        df=54.3,
        ci_low=-13.9,
        ci_high=-5.77,
        p_value=0.01,
        method="baseline-adjusted model " * 4,
    ) | {"unit": "points"}
    claims = tuple(
        ClaimResult(
            claim=f"claim_number_{number}_with_a_long_name",
            title=f"Claim {number} is a sentence of ordinary length about an infusion",
            verdict=word,
            estimate=estimate if number % 2 else row(),
            reasons=tuple(Reason(gate, None, f"Reason of {gate}. " * 8) for gate in GATES),
            wording="What may be said. " * 5,
            parts={"within hours": word},
            beside=(estimate, estimate | {"estimate": math.nan}),
        )
        for number, word in enumerate(WORDS)
    )
    return Ledger(study, f"Source {study}", synthetic, "c" * 64, "d" * 64, claims)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    buffer = io.BytesIO()
    Image.new("RGB", (2400, 300), "navy").save(buffer, format="png")
    figure = v4.new_output(
        "display_data",
        data={"image/png": base64.b64encode(buffer.getvalue()).decode()},
        metadata={"image/png": {"alt": "Scores by arm and hour."}},
    )
    head = "".join(f"<th>{LONG}{number}</th>" for number in range(12))
    line = "".join("<td>-1.5</td>" for _ in range(12))
    html = f"<table><thead><tr>{head}</tr></thead><tbody><tr>{line}</tr></tbody></table>"
    table = v4.new_output("display_data", data={"text/html": html})
    text = v4.new_output("stream", name="stdout", text="word " * 200)
    cells = [
        v4.new_markdown_cell(
            f"# The data\n\nProse and `{LONG * 3}`.\n\n| a | b |\n|---|---|\n|1|2|"
        ),
        v4.new_code_cell(
            f"show({LONG!r} * 3, {LONG!r}, {LONG!r})",
            execution_count=1,
            outputs=[table, figure, text],
        ),
    ]
    path = folder / "01_the_data.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    record = {"file": "data/raw/" + "x" * 80, "sha256": "e" * 64, "producer": "P", "licence": "L"}
    sources = (ledger("published", False), ledger("example", True), ledger("nimh", False))
    index = build_report(
        sources,
        out=folder / "out",
        notebooks=[path],
        provenance=[record],
        skipped=[{"name": "nimh", "reason": "not here"}],
    )
    return index.as_uri()


def opened(browser, address, width=1280, **options):
    """The page, with every message and every request it makes noted."""
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    page.noted, page.asked = [], []
    page.on("console", lambda message: page.noted.append(message.text))
    page.on("pageerror", lambda error: page.noted.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_a_message_or_a_request(browser, address, scheme):
    page = opened(browser, address, color_scheme=scheme)
    assert page.noted == []
    assert [url for url in page.asked if not url.startswith("data:")] == [address]
    page.close()


def test_every_figure_is_drawn_and_described(browser, address):
    page = opened(browser, address)
    images = page.eval_on_selector_all(
        "img", "all => all.map(e => [e.alt.trim(), e.complete && e.naturalWidth])"
    )
    assert images == [["Scores by arm and hour.", 2400]]
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("expanded", [False, True])
def test_the_page_never_scrolls_sideways(browser, address, width, expanded):
    page = opened(browser, address, width)
    if expanded:
        page.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_wide_table_scrolls_in_its_own_frame(browser, address):
    page = opened(browser, address, 360)
    frame = page.locator(".notebook .scroll").last
    assert frame.evaluate("e => e.scrollWidth > e.clientWidth")
    assert frame.get_attribute("tabindex") == "0"
    page.close()


def test_reasons_open_on_a_click_and_the_keyboard(browser, address):
    page = opened(browser, address, 360)
    claim = page.locator("#example-claim_number_1_with_a_long_name")
    reason = claim.locator(".reason").first
    assert not reason.is_visible()
    claim.locator("summary").first.click()
    assert reason.is_visible()
    claim.locator("summary").first.press("Enter")
    assert not reason.is_visible()
    page.close()


def test_cards_keep_the_meaning_of_a_table(browser, address):
    page = opened(browser, address, 360)
    table = page.get_by_role("table", name="Verdicts on published")
    assert table.get_by_role("rowheader").first.is_visible()
    assert table.get_by_role("columnheader").count() >= 5
    page.close()


def test_on_paper_every_detail_is_open_and_nothing_is_cut(browser, address):
    page = opened(browser, address, 688)
    page.emulate_media(media="print")
    hidden = page.eval_on_selector_all(
        "details > *:not(summary)",
        "all => all.filter(e => !e.checkVisibility({contentVisibilityAuto: true}) ||"
        " e.getBoundingClientRect().height === 0).length",
    )
    assert hidden == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert len(printed) > 20_000
    page.close()


@pytest.fixture(scope="module")
def published_address(tmp_path_factory):
    """The built-in studies with the committed notebooks, as `make report` makes it."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.publish.DATA_PROCESSED", folder / "processed")
        # What is not here already is named as skipped, never downloaded by a test.
        patch.setattr("analysis.report.publish.BUILT_IN", here())
        return publish(None, folder / "out").as_uri()


def here() -> dict:
    return {name: study for name, study in BUILT_IN.items() if available(name)[0]}


def test_the_real_report_opens_without_a_message_or_a_request(browser, published_address):
    page = opened(browser, published_address)
    assert page.noted == []
    assert [url for url in page.asked if not url.startswith("data:")] == [published_address]
    page.close()


def test_the_real_report_shows_every_figure_of_the_notebooks_with_its_words(
    browser, published_address
):
    stored = [
        output.metadata["image/png"]["alt"]
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    page = opened(browser, published_address)
    images = page.eval_on_selector_all(
        "img", "all => all.map(e => [e.alt, e.complete && e.naturalWidth > 0])"
    )
    assert images == [[alt, True] for alt in stored]
    assert len(stored) >= 8
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_real_report_fits_the_screen_with_everything_open(browser, published_address, width):
    page = opened(browser, published_address, width)
    page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_real_report_leads_from_every_verdict_to_its_reasons(browser, published_address):
    page = opened(browser, published_address)
    broken = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')]
            .map(e => e.getAttribute('href').slice(1))
            .filter(id => !document.getElementById(id))"""
    )
    assert broken == []
    for study in here():
        assert page.locator(f"#{study}-onset").count() == 1
    page.close()
