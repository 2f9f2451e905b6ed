"""The report: what it says, what it refuses, and that two builds give the same page."""

import itertools
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4

from analysis.claims.ledger import GATES, WORDS, Ledger, Reason
from analysis.describe.display import estimate_numbers
from analysis.errors import ReliefError, is_printable
from analysis.estimates.table import row
from analysis.report import build_report
from analysis.report.page import gate_counts
from tests.report.small_report import (
    CLAIMS,
    code,
    figure,
    ledger,
    notebook,
    page,
    result,
    soup,
    words,
)

ESTIMATE = row(
    claim="onset",
    contrast="ketamine - midazolam",
    estimand="difference",
    instrument="PCL-5-now",
    window="hours",
    n=58,
    estimate=-9.8312,
    ci_low=-13.92,
    ci_high=-5.771,
    p_value=0.00001,
    method="ANCOVA",
)


# --- the answer and the ledger -------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_the_answer_says_the_headline_of_each_source(tmp_path, word):
    other = next(w for w in WORDS if w != word)
    answer = words(
        soup(
            tmp_path,
            ledger("published", claims=(result("headline", word), result("onset", other))),
        ).find(class_="answer")
    )
    assert "2 claims" in answer
    assert f"the headline is {word} ." in answer
    assert f"1 is {word}" in answer
    assert f"1 is {other}" in answer


def test_the_answer_counts_each_verdict_of_each_source(tmp_path):
    some = tuple(result(c, "not testable") for c in CLAIMS)
    answer = soup(tmp_path, ledger("published", claims=some), ledger("example")).find(
        class_="answer"
    )
    first, second = (words(part) for part in answer.find_all(class_="of-source"))
    assert "0 are supported, 0 are contradicted, 0 are not decided and 4 are not testable" in first
    assert "1 is supported, 1 is contradicted, 1 is not decided and 1 is not testable" in second


def test_the_ledger_comes_first_and_every_claim_has_an_anchor(tmp_path):
    tree = soup(tmp_path, ledger("published"), ledger("example", synthetic=True))
    assert tree.main.section["id"] == "ledger"
    for study in ("published", "example"):
        for claim, word in zip(CLAIMS, WORDS, strict=True):
            rows = tree.find(id=f"{study}-{claim}")
            assert claim in words(rows.th)
            assert words(rows.find(class_="badge")) == word
            assert rows.find(class_="badge").svg is not None  # never colour alone
            assert f"Wording of {claim}" in words(rows)
            for gate in GATES:
                assert f"reason of {gate}" in words(rows.details)


def test_gates_are_passed_not_passed_or_not_evaluated(tmp_path):
    table = soup(tmp_path).find(id="published-onset").find("table", class_="gates")
    found = [words(line.find("td")).split(maxsplit=1)[1] for line in table.tbody.find_all("tr")]
    assert found == ["yes", "no", "not evaluated", "yes", "no", "not evaluated", "yes"]
    assert gate_counts(result("onset", "supported")) == (
        "gates: 3 passed, 2 not passed, 2 not evaluated"
    )
    assert gate_counts(result("onset", "supported", reasons=())) == "no gate applies"


def test_parts_and_rows_beside_are_shown(tmp_path):
    claim = result(
        "onset",
        "not decided",
        estimate=ESTIMATE | {"unit": "points"},
        parts={"diminish": "supported", "infusion": "not decided"},
        beside=(ESTIMATE | {"contrast": "within ketamine", "estimate": math.nan},),
    )
    rows = soup(tmp_path, ledger("published", claims=(claim,))).find(id="published-onset")
    assert "−9.83 [−13.92, −5.77] points" in words(rows.tr)
    assert words(rows.find("td", attrs={"data-label": "n"})) == "58"
    assert words(rows.find(class_="parts").tbody) == "diminish supported infusion not decided"
    assert [words(tag) for tag in rows.find_all(class_="role")] == ["decides", "beside"]
    assert "within ketamine" in words(rows)
    assert rows.find("data")["value"] == "-9.8312"


def test_every_line_of_a_synthetic_source_says_so(tmp_path):
    claim = result(
        "onset", "supported", estimate=ESTIMATE, parts={"a": "supported"}, beside=(ESTIMATE,)
    )
    tree = soup(
        tmp_path,
        ledger("example", synthetic=True, claims=(claim,)),
        ledger("published", claims=(claim,)),
    )
    section = tree.find(id="source-example")
    lines = [line for line in section.find_all("tr") if line.parent.name == "tbody"]
    assert len(lines) > 10
    assert all(line.find(class_="synthetic") for line in lines)
    assert "No person is behind any number" in words(section)
    assert tree.find(id="source-published").find(class_="synthetic") is None
    glance = tree.find("table", class_="glance").tbody.tr.find_all("td")
    assert [bool(cell.find(class_="synthetic")) for cell in glance] == [True, False]


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "low", "high", "expected"),
    [
        (-9.8312, -13.92, -5.771, "−9.83 [−13.92, −5.77]"),
        (2 / 3, 0.3838, 0.8818, "0.667 [0.384, 0.882]"),
        (0.0142, -20, 20, "0.01 [−20.00, 20.00]"),
        (1234.5, 1000, 1500, "1234 [1000, 1500]"),
        (0, -1.5, 1.5, "0.00 [−1.50, 1.50]"),
        (-0.0001, -12, 12, "0.00 [−12.00, 12.00]"),
        (24, 6, math.inf, "24.0 [6.0, ∞]"),
        (math.nan, 0.1, 0.2, "– [0.100, 0.200]"),
        (5.04, None, math.nan, "5.04 "),
        (math.nan, math.nan, math.nan, "– "),
    ],
)
def test_numbers_have_three_significant_digits_and_a_true_minus(estimate, low, high, expected):
    seen = estimate_numbers({"estimate": estimate, "ci_low": low, "ci_high": high})
    assert f"{seen['estimate']} {seen['interval']}" == expected


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [(0.0142, "0.014"), (0.0001, "< 0.001"), (0.9999, "> 0.999"), (math.nan, "–"), (None, "–")],
)
def test_p_values(p_value, expected):
    assert estimate_numbers({"p_value": p_value})["p_value"] == expected


def test_degrees_of_freedom_and_numbers_of_people():
    seen = estimate_numbers({"df": 28, "n": 30.0, "se": 2.0412})
    assert (seen["df"], seen["n"], seen["se"]) == ("28", "30", "2.04")
    assert estimate_numbers({"df": 54.33})["df"] == "54.3"
    assert estimate_numbers({"df": math.inf})["df"] == "∞"


def test_nan_never_appears(tmp_path):
    frame = pd.DataFrame({"arm": ["ketamine", None], "change": [-3.5, math.nan]})
    table = v4.new_output("execute_result", execution_count=1, data={"text/html": frame.to_html()})
    claim = result(
        "onset",
        "not testable",
        beside=(row(contrast="no number"), row(contrast="no number", estimate=None)),
    )
    tree = soup(
        tmp_path,
        ledger("published", claims=(claim,)),
        notebooks=[notebook(tmp_path, code(table))],
    )
    assert not re.search(r"\bnan\b|\bnone\b", words(tree.find("article")), re.IGNORECASE)
    assert not re.search(r"\bnan\b", words(tree.body), re.IGNORECASE)
    cells = [words(cell) for cell in tree.find("article").find_all("td")]
    assert cells[1:] == ["ketamine", "−3.5", "–", "–"]


# --- one page, safe and reproducible -------------------------------------------------------

HOSTILE = "<script>alert('x')</script> & \"quoted\""


def test_everything_is_escaped(tmp_path):
    claim = result(
        "onset",
        "supported",
        title=HOSTILE,
        wording=HOSTILE,
        reasons=(Reason("time", None, HOSTILE),),
        estimate=ESTIMATE | {"method": HOSTILE, "contrast": HOSTILE, "unit": HOSTILE},
        parts={HOSTILE: "supported"},
    )
    source = Ledger("<b>x", HOSTILE, True, HOSTILE, HOSTILE, (claim,))
    output = v4.new_output("display_data", data={"text/html": f"<p>kept {HOSTILE}</p>"})
    plain = v4.new_output("stream", name="stdout", text=HOSTILE)
    cells = (
        v4.new_markdown_cell(f"# A {HOSTILE}\n\nprose {HOSTILE} <img-x onerror=a> <!-- gone -->"),
        code(output, plain, figure(alt=f"alt {HOSTILE}"), source=HOSTILE),
    )
    tree = soup(
        tmp_path,
        source,
        notebooks=[notebook(tmp_path, *cells)],
        provenance=[{"file": HOSTILE, "sha256": HOSTILE, "producer": HOSTILE, "doi": HOSTILE}],
        skipped=[{"name": HOSTILE, "reason": HOSTILE}],
    )
    assert tree.find("script") is None
    assert not [tag for tag in tree.find_all(True) if any(key[:2] == "on" for key in tag.attrs)]
    assert "gone" not in str(tree)
    assert "kept" in words(tree.article)
    assert tree.find(id="b-x-onset") is not None
    assert tree.img["alt"] == f"alt {HOSTILE}"


def test_nothing_unseen_is_on_a_page(tmp_path):
    odd = "a\x1b[2J\u202eb\u200bc"
    reasons = (Reason("time", None, odd),)
    claim = result("onset", "supported", title=odd, wording=odd, reasons=reasons)
    output = v4.new_output("display_data", data={"text/html": f"<p>{odd}</p>"})
    plain = v4.new_output("stream", name="stdout", text=odd)
    html = page(
        tmp_path,
        Ledger(odd, odd, True, odd, odd, (claim,)),
        notebooks=[notebook(tmp_path, v4.new_markdown_cell(f"# {odd}"), code(output, plain))],
        provenance=[{"file": odd, "sha256": odd, "producer": odd}],
        skipped=[{"name": odd, "reason": odd}],
    )
    assert all(map(is_printable, html.replace("\t", " ").split("\n")))
    assert r"a\x1b[2J\u202eb\u200bc" in html


def full(folder: Path) -> dict:
    one = notebook(
        folder,
        v4.new_markdown_cell("# One\n\n## Part\n\n[two](02.ipynb) [doi](https://doi.org/10.1/x)"),
        code(figure(**{"image/png": {"alt": "Scores by arm."}})),
    )
    two = notebook(folder, v4.new_markdown_cell("# Two"), name="02.ipynb")
    return {
        "notebooks": [one, two],
        "provenance": [{"file": "a.csv", "sha256": "e" * 64, "producer": "P", "licence": "L"}],
        "skipped": [{"name": "nimh", "reason": "not on this machine"}],
    }


@pytest.mark.bad_input("G17")
def test_two_builds_give_the_same_bytes(tmp_path):
    options = full(tmp_path)
    sources = (ledger("published"), ledger("example", synthetic=True))
    pages = [build_report(sources, out=tmp_path / name, **options) for name in ("a", "b")]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["index.html"]


def test_the_page_is_self_contained(tmp_path):
    text = page(tmp_path, ledger("published"), ledger("example"), **full(tmp_path))
    tree = BeautifulSoup(text, "html.parser")
    assert tree.find(["script", "link", "iframe", "object", "embed", "base"]) is None
    assert all(tag["src"].startswith("data:image/png;base64,") for tag in tree.find_all(src=True))
    assert not tree.find_all(srcset=True)
    assert not re.search(r"@import|url\(", text)
    assert "default-src 'none'" in tree.find("meta", attrs={"http-equiv": True})["content"]
    ids = [tag["id"] for tag in tree.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in tree.find_all("a", href=True):
        inside = link["href"].startswith("#") and link["href"][1:] in ids
        assert inside or link["href"].startswith("https://doi.org/"), link
    assert str(tmp_path) not in text


def test_tables_and_landmarks_are_named(tmp_path):
    tree = soup(tmp_path, **full(tmp_path))
    assert tree.html["lang"] == "en-GB"
    assert tree.find("a", class_="skip")["href"] == "#ledger"
    assert all(tree.find(name) for name in ("header", "nav", "main", "footer"))
    assert [words(tag) for tag in tree.find_all("h1")] != []
    assert len(tree.find_all("h1")) == 1
    for table in tree.find_all("table"):
        assert words(table.caption)
        assert all(cell.get("scope") for cell in table.find_all("th"))
    levels = [int(tag.name[1]) for tag in tree.find_all(re.compile("^h[1-6]$"))]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_hashes_provenance_versions_and_absences_are_shown(tmp_path):
    tree = soup(tmp_path, **full(tmp_path))
    assert "e" * 64 in words(tree.find(id="provenance"))
    assert "c" * 64 in words(tree.find(id="versions"))
    assert "d" * 64 in words(tree.find(id="versions"))
    assert f"pandas {pd.__version__}" in words(tree.find(id="versions"))
    assert "nimh not on this machine" in words(tree.find(id="unavailable"))


def test_a_report_without_extras_says_so(tmp_path):
    tree = soup(tmp_path)
    assert tree.find(id="notebooks") is None
    assert "Nothing was left out" in words(tree.find(id="unavailable"))
    assert "No record of a data file" in words(tree.find(id="provenance"))


def test_a_doi_is_linked(tmp_path):
    record = {"file": "a.csv", "doi": "https://doi.org/10.1/x"}
    link = soup(tmp_path, provenance=[record]).find(id="provenance").a
    assert (link["href"], words(link)) == ("https://doi.org/10.1/x", "doi:10.1/x")


def test_no_ledger_or_two_of_one_name_is_refused(tmp_path):
    with pytest.raises(ReliefError, match="at least one ledger"):
        build_report((), out=tmp_path)
    with pytest.raises(ReliefError, match="names that differ"):
        build_report((ledger("a b"), ledger("a-b")), out=tmp_path)


def test_progress_is_reported_to_the_end(tmp_path):
    seen = []
    page(tmp_path, progress=lambda *step: seen.append(step), **full(tmp_path))
    assert seen == [
        (0, 3, "01_the_data.ipynb"),
        (1, 3, "02.ipynb"),
        (2, 3, "index.html"),
        (3, 3, "index.html"),
    ]
