"""The page of one source: what it says first, what it holds, and that two builds are the same."""

import itertools
import math
import re
from datetime import date

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from analysis.claims.ledger import GATES, WORDS, Ledger, Reason
from analysis.errors import is_printable
from analysis.estimates.table import row
from analysis.report.source_page import Source, write_source_page
from tests.report.small_report import CLAIMS, ledger, page, result, soup, words

ESTIMATE = row(
    claim="onset",
    contrast="ketamine - midazolam",
    estimand="difference",
    instrument="PCL-5-now",
    window="2 to 6 h",
    n=58,
    estimate=-9.8312,
    ci_low=-13.92,
    ci_high=-5.771,
    p_value=0.00001,
    method="ANCOVA",
)


def of_onset(word: str, **changes) -> tuple:
    """Claims of which only the one that the title asks has this word."""
    other = next(one for one in WORDS if one != word)
    own = [result(claim, other) for claim in CLAIMS if claim != "onset"]
    return (*own, result("onset", word, **changes))


# --- the answer and the ledger -------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_the_answer_to_the_title_comes_first_with_data_and_date(tmp_path, word):
    own = ledger("clinic", claims=of_onset(word, estimate=ESTIMATE))
    tree = soup(tmp_path, own, day=date(2026, 11, 30))
    assert words(tree.h1) == "Do PTSD symptoms fall within hours of a ketamine infusion?"
    answer = tree.header.find(class_="answer")
    assert word.replace(" ", "-") in answer["class"]
    assert answer.svg is not None  # never colour alone
    assert words(tree.header.find(class_="data")) == "Source clinic . Report of 30 November 2026."
    numbers = tree.header.find(class_="beside")
    if word == "not testable":
        assert numbers is None
    else:
        assert "symptoms were 9.83 points lower on ketamine than on midazolam" in words(numbers)
        assert "95 % interval 5.77 to 13.9" in words(numbers)


def test_every_claim_has_an_anchor_its_word_and_every_reason(tmp_path):
    tree = soup(tmp_path, ledger("clinic"))
    assert tree.main.section["id"] == "verdicts"
    for claim, word in zip(CLAIMS, WORDS, strict=True):
        rows = tree.find(id=claim)
        assert claim in words(rows.th)
        assert words(rows.find(class_="badge")) == word
        assert rows.find(class_="badge").svg is not None  # never colour alone
        assert f"Wording of {claim}" in words(rows)
        for gate in GATES:
            assert f"reason of {gate}" in words(rows.details)


def test_gates_are_passed_not_passed_or_not_evaluated(tmp_path):
    claim = soup(tmp_path).find(id="onset")
    table = claim.find("table", class_="gates")
    found = [words(line.find("td")).split(maxsplit=1)[1] for line in table.tbody.find_all("tr")]
    assert found == ["yes", "no", "not evaluated", "yes", "no", "not evaluated", "yes"]
    assert "not passed: time, estimate" in words(claim.tr)


def test_parts_and_rows_beside_are_shown(tmp_path):
    claim = result(
        "onset",
        "not decided",
        estimate=ESTIMATE | {"unit": "points"},
        parts={"diminish": "supported", "infusion": "not decided"},
        beside=(ESTIMATE | {"contrast": "within ketamine", "estimate": math.nan},),
    )
    rows = soup(tmp_path, ledger("clinic", claims=(claim,))).find(id="onset")
    assert "−9.83 [−13.92, −5.77] points" in words(rows.tr)
    assert words(rows.find("td", attrs={"data-label": "n"})) == "58"
    assert words(rows.find(class_="parts").tbody) == "diminish supported infusion not decided"
    assert [words(tag) for tag in rows.find_all(class_="role")] == ["decides", "beside"]
    assert "within ketamine" in words(rows)
    assert rows.find("data")["value"] == "-9.8312"


def test_a_synthetic_source_says_so_at_the_top_and_at_every_claim(tmp_path):
    tree = soup(tmp_path, ledger("example", synthetic=True))
    assert "No person is behind any number" in words(tree.header)
    assert tree.header.find(class_="data").find(class_="synthetic") is not None
    assert all(one.th.find(class_="synthetic") for one in tree.find_all(class_="claim"))
    assert soup(tmp_path, ledger("clinic")).find(class_="synthetic") is None


def test_a_ledger_without_the_claim_of_the_title_has_no_answer(tmp_path):
    tree = soup(tmp_path, ledger("clinic", claims=(result("infusion_length", "supported"),)))
    assert tree.find(class_="answer") is None


def test_nan_never_appears(tmp_path):
    beside = (row(contrast="no number"), row(contrast="no number", estimate=None))
    claim = result("onset", "not testable", beside=beside)
    tree = soup(tmp_path, ledger("clinic", claims=(claim,)))
    assert not re.search(r"\bnan\b", words(tree.body), re.IGNORECASE)


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
    records = [{"file": HOSTILE, "sha256": HOSTILE, "producer": HOSTILE, "doi": HOSTILE}]
    tree = soup(tmp_path, Ledger("<b>x", HOSTILE, True, HOSTILE, HOSTILE, (claim,)),
                provenance=records)  # fmt: skip
    assert tree.find("script") is None
    assert not [tag for tag in tree.find_all(True) if any(key[:2] == "on" for key in tag.attrs)]


def test_nothing_unseen_is_on_a_page(tmp_path):
    odd = "a\x1b[2J\u202eb\u200bc"
    claim = result("onset", "supported", title=odd, wording=odd,
                   reasons=(Reason("time", None, odd),))  # fmt: skip
    html = page(tmp_path, Ledger(odd, odd, True, odd, odd, (claim,)),
                provenance=[{"file": odd, "sha256": odd, "producer": odd}])  # fmt: skip
    assert all(map(is_printable, html.replace("\t", " ").split("\n")))
    assert r"a\x1b[2J\u202eb\u200bc" in html


RECORD = {"file": "a.csv", "sha256": "e" * 64, "producer": "P", "licence": "L"}


@pytest.mark.bad_input("G17")
def test_two_builds_give_the_same_bytes(tmp_path):
    source = Source(ledger("clinic"), None, [RECORD])
    paths = [write_source_page(source, tmp_path / name / "index.html") for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["index.html"]


def test_the_page_is_self_contained(tmp_path):
    text = page(tmp_path, ledger("clinic"), [RECORD])
    tree = BeautifulSoup(text, "html.parser")
    assert tree.find(["script", "link", "iframe", "object", "embed", "base"]) is None
    assert all(tag["src"].startswith("data:image/") for tag in tree.find_all(src=True))
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
    tree = soup(tmp_path, ledger("clinic"), provenance=[RECORD])
    assert tree.html["lang"] == "en-GB"
    assert tree.find("a", class_="skip")["href"] == "#main"
    assert all(tree.find(name) for name in ("header", "nav", "main", "footer"))
    assert len(tree.find_all("h1")) == 1
    for table in tree.find_all("table"):
        assert words(table.caption)
        assert all(cell.get("scope") for cell in table.find_all("th"))
    levels = [int(tag.name[1]) for tag in tree.find_all(re.compile("^h[1-6]$"))]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_hashes_provenance_and_versions_are_shown(tmp_path):
    found = words(soup(tmp_path, ledger("clinic"), provenance=[RECORD]).find(id="provenance"))
    assert "e" * 64 in found
    assert "c" * 64 in found
    assert "d" * 64 in found
    assert f"pandas {pd.__version__}" in found
    assert "No record of a data file" in words(soup(tmp_path).find(id="provenance"))


def test_a_doi_is_linked(tmp_path):
    record = {"file": "a.csv", "doi": "https://doi.org/10.1/x"}
    link = soup(tmp_path, provenance=[record]).find(id="provenance").a
    assert (link["href"], words(link)) == ("https://doi.org/10.1/x", "doi:10.1/x")


def test_every_step_is_told(tmp_path):
    seen = []
    page(tmp_path, ledger("clinic"), told=seen.append)
    assert seen == ["the answer", "index.html"]
