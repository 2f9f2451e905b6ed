"""The report as a reader sees it: in headless Chromium, on a phone, on a desk, on paper."""

import base64
import io
import math
import re

import nbformat
import pytest
from nbformat import v4
from PIL import Image

from analysis.claims.ledger import GATES, WORDS, ClaimResult, Ledger, Reason
from analysis.estimates.table import row
from analysis.paths import NOTEBOOKS
from analysis.report.front_page import write_notebook_pages
from analysis.report.publish import publish
from analysis.report.source_page import NotebookLink, Source, write_source_page
from analysis.studies import BUILT_IN, available
from tests.browser import launched
from tests.factory import tables, write_study
from tests.length import trials

WIDTHS = (360, 768, 1280)
# Pixels between the margins of A4.
PAPER = 688
SHEETS = 12
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
def folder(tmp_path_factory):
    """A page with long words in every place, and a notebook's beside it."""
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
    links = write_notebook_pages([path], folder / "out" / "notebooks", up="../index.html")
    links = [NotebookLink(f"notebooks/{link.address}", link.title) for link in links]
    source = Source(ledger("example", True), None, [record])
    write_source_page(source, folder / "out" / "index.html", notebooks=links)
    return folder / "out"


@pytest.fixture(scope="module")
def address(folder):
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def of_notebook(folder):
    return (folder / "notebooks" / "01.html").as_uri()


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


def test_every_figure_is_drawn_and_described(browser, of_notebook):
    page = opened(browser, of_notebook)
    images = page.eval_on_selector_all(
        "img", "all => all.map(e => [e.alt.trim(), e.complete && e.naturalWidth])"
    )
    assert images == [["Scores by arm and hour.", 2400]]
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_ever_scrolls_sideways(browser, address, of_notebook, width):
    for one in (address, of_notebook):
        page = opened(browser, one, width)
        assert fits(page, width)
        page.close()


def test_a_wide_table_folds_on_a_phone_and_every_cell_says_what_it_is(browser, of_notebook):
    page = opened(browser, of_notebook, 360)
    frame = page.locator(".notebook .scroll").last
    assert frame.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert frame.get_attribute("tabindex") == "0"
    cells = frame.locator("tbody td")
    assert cells.count() > 0
    assert all(cell.get_attribute("data-label") for cell in cells.all())
    assert cells.first.evaluate("e => getComputedStyle(e).display") == "block"
    page.close()


def test_reasons_open_on_a_click_and_the_keyboard(browser, address):
    page = opened(browser, address, 360)
    claim = page.locator("#claim_number_1_with_a_long_name")
    reason = claim.locator(".reason").first
    assert not reason.is_visible()
    claim.locator("summary").first.click()
    assert reason.is_visible()
    claim.locator("summary").first.press("Enter")
    assert not reason.is_visible()
    page.close()


def test_cards_keep_the_meaning_of_a_table(browser, address):
    page = opened(browser, address, 360)
    table = page.get_by_role("table", name="Verdicts on example")
    assert table.get_by_role("rowheader").first.is_visible()
    assert table.get_by_role("columnheader").count() >= 5
    page.close()


def test_the_way_to_every_part_stays_in_sight(browser, address):
    page = opened(browser, address, 360)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.locator("nav.bar").bounding_box()["y"] == 0
    page.close()


def test_on_paper_code_and_navigation_are_left_out_and_nothing_is_cut(browser, of_notebook):
    page = opened(browser, of_notebook, PAPER)
    page.emulate_media(media="print")
    for left_out in ("nav.bar", "details.code"):
        assert not page.locator(left_out).first.is_visible()
    assert page.locator("table").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    page.close()


# --- what is really written ----------------------------------------------------------------


def fits(page, width: int) -> bool:
    """Whether the page fits a width, closed and with everything open."""
    closed = page.evaluate("document.documentElement.scrollWidth")
    page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true })")
    return max(closed, page.evaluate("document.documentElement.scrollWidth")) <= width


def sheets(printed: bytes) -> int:
    """Pages of a PDF as Chromium writes it."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))


def here() -> dict:
    """The built-in studies that are here; the crossover, which takes long, in the long form."""
    names = [name for name in BUILT_IN if available(name)[0]][: trials(short=2, long=3)]
    return {name: BUILT_IN[name] for name in names}


def in_days(folder):
    """Real people, a form of the past week, scored after one and four weeks."""
    content = tables(n_per_arm=24, numbers=range(1, 21), hours_after_end=(168, 672), effect=0.6)
    path = write_study(folder, content, name="in-days", instrument="PCL-5", version="past-week",
                       recall_hours=168)  # fmt: skip
    return of_people(path)


def few(folder):
    """So few real people that every number is withheld."""
    return of_people(write_study(folder, tables(n_per_arm=6), name="few"))


def one_arm(folder):
    """Real people, all on ketamine."""
    content = tables(n_per_arm=20, arms=("ket",), hours_after_end=(3, 24))
    return of_people(write_study(folder, content, name="one-arm", design="single-arm",
                                 arms='{ ket = "ketamine" }', comparator="none"))  # fmt: skip


def of_people(path):
    path.write_text(path.read_text("utf-8").replace("synthetic = true", "synthetic = false"))
    return path


STUDIES = {"in-days": in_days, "few": few, "one-arm": one_arm}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The built-in report and three unlike studies: the page of each by name."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.publish.DATA_PROCESSED", folder / "processed")
        # What is not here already is named as skipped, never downloaded by a test.
        patch.setattr("analysis.report.publish.BUILT_IN", here())
        front = publish(None, folder / "reports")
    pages = {"front": front} | {name: folder / "reports" / name / "index.html" for name in here()}
    for name, write in STUDIES.items():
        pages[name] = publish(str(write(folder / name)), folder / "out" / name)
    return pages


PAGES = ("front", *here(), *STUDIES)


@pytest.mark.parametrize("name", PAGES)
def test_a_report_fits_every_screen_asks_for_nothing_and_every_link_leads_somewhere(
    browser, written, name
):
    page = opened(browser, written[name].as_uri(), 360)
    assert page.noted == []
    assert [url for url in page.asked if not url.startswith("data:")] == [written[name].as_uri()]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page, width), width
    links = page.eval_on_selector_all("a[href]", "all => all.map(e => e.getAttribute('href'))")
    for link in links:
        file, _, place = link.partition("#")
        if not link.startswith("https://doi.org/"):
            target = (written[name].parent / file) if file else written[name]
            assert target.is_file(), link
            assert not place or f'id="{place}"' in target.read_text("utf-8"), link
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_answer_stands_in_the_first_screen_of_a_phone(browser, written, name):
    page = opened(browser, written[name].as_uri(), 360)
    box = page.locator(".answer").first.bounding_box()
    assert box["y"] + box["height"] <= 740
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_of_a_report_is_drawn_and_described(browser, written, name):
    page = opened(browser, written[name].as_uri())
    images = page.eval_on_selector_all(
        "img", "all => all.map(e => [e.alt.trim().length, e.complete && e.naturalWidth > 0])"
    )
    assert all(length > 20 and drawn for length, drawn in images)
    kinds = set(re.findall(r'src="data:image/([a-z+]+);', written[name].read_text("utf-8")))
    # Of real people the pictures are pixels: the text of an SVG holds the numbers behind it.
    assert kinds <= ({"png"} if name in STUDIES else {"svg+xml"})
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_report_is_at_most_twelve_sheets_of_paper(browser, written, name):
    page = opened(browser, written[name].as_uri())
    assert 1 <= sheets(page.pdf(prefer_css_page_size=True)) <= SHEETS
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_shuts_anybody_out(browser, written, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(browser, written[name].as_uri(), color_scheme=scheme)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_the_notebooks_have_pages_with_every_figure_and_its_words(browser, written):
    folder = written["example"].parent / "notebooks"
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        stored = [
            output.metadata["image/png"]["alt"]
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        page = opened(browser, (folder / f"{path.name[:2]}.html").as_uri(), 360)
        images = page.eval_on_selector_all(
            "img", "all => all.map(e => [e.alt, e.complete && e.naturalWidth > 0])"
        )
        assert images == [[alt, True] for alt in stored]
        assert fits(page, 360)
        page.close()
