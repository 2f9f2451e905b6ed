"""relief compare: exit codes, log, JSON, JUnit XML and the page."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as xml

import pytest

from analysis.claims.ledger import FOR_THE_TEAM
from analysis.cli import main
from tests.browser import launched
from tests.report.comparison import sides

OTHER = sides.ESTIMATES.replace("−6.73", "−7.73")
WORDS = sides.VERDICTS.replace("contradicted", "supported")


@pytest.fixture
def relief(monkeypatch, capsys, tmp_path):
    """The command on two folders; its exit code and what it prints."""

    def run(*options, **planted):
        monkeypatch.chdir(tmp_path)
        both = {key: planted.pop(key) for key in ("both",) if key in planted}
        sides.write(tmp_path / "old", **both.get("both", {}))
        sides.write(tmp_path / "new", **(both.get("both", {}) | planted))
        monkeypatch.setattr("sys.argv", ["relief", "compare", "old", "new", *options])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, capsys.readouterr().out

    return run


def test_the_same_is_0_and_one_line_and_what_moved_is_1(relief):
    assert relief() == (0, "Nothing moved.\n")
    code, out = relief(estimates=OTHER, verdicts=WORDS)
    assert code == 1
    summary, verdict, cell = out.splitlines()
    assert summary == "Moved: 1 verdict, 1 cell."
    assert verdict.endswith("column “published”: contradicted → supported")
    assert "04_control.ipynb · The difference (cell 4) · table 1 · row “24 h”" in cell
    assert cell.endswith("column “estimate”: −6.73 → −7.73 (−14.9 %)")


def test_what_cannot_be_read_is_2(relief, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["relief", "compare", "no-such", "no-such", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"]["rule"] == "compare.unknown"


def test_json_holds_each_change_with_its_place(relief):
    code, out = relief("--json", estimates=OTHER, verdicts=WORDS, heights=(1, 3, 1), prose="Other.")
    found = json.loads(out)
    assert code == 1
    assert not found["same"]
    assert [len(found[f"{kind}s"]) for kind in ("verdict", "cell", "figure", "text")] == [1] * 4
    (cell,) = found["cells"]
    assert cell["relative_change"] == pytest.approx(-1 / 6.73)
    assert (cell["notebook"], cell["row"], cell["column"]) == (
        "04_control.ipynb", "24 h", "estimate",
    )  # fmt: skip
    assert json.loads(relief("--json")[1])["same"]


def test_many_changes_are_a_short_log(relief):
    _, out = relief(printed="\n".join(f"{n} people" for n in range(60)))
    assert len(out.splitlines()) < 20
    assert re.search(r"text: \d+ more", out)


def test_values_of_real_people_stand_on_the_page_alone(relief, tmp_path):
    team = {"prose": f"**{FOR_THE_TEAM}**"}
    for option in ((), ("--json",)):
        code, out = relief(
            *option, "--html", "p.html", "--junit", "j.xml", both=team, estimates=OTHER,
            printed="7 people\n", alt="Bars of 7",
        )  # fmt: skip
        assert code == 1
        for written in (out, (tmp_path / "j.xml").read_text("utf-8")):
            assert "24 h" in written
            assert not any(value in written for value in ("6.73", "7.73", "14.9", "7 people"))
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "not to be passed on" in page
    assert "−7.73" in page


def test_junit_has_a_case_a_notebook(relief, tmp_path):
    relief("--junit", "out/j.xml", estimates=OTHER)
    suite = xml.parse(tmp_path / "out" / "j.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    (failure,) = suite.iter("failure")
    assert "−6.73 → −7.73" in failure.text
    relief("--junit", "out/j.xml")
    assert not list(xml.parse(tmp_path / "out" / "j.xml").getroot().iter("failure"))


def test_the_page_shows_everything_asks_for_nothing_and_fits_a_phone(relief, tmp_path):
    relief(
        "--html", "p.html", estimates=OTHER, verdicts=WORDS, heights=(1, 3, 1),
        prose="Scores <b>rose</b> in both arms.",
    )  # fmt: skip
    page = (tmp_path / "p.html").read_text("utf-8")
    order = [page.index(f'<h2 id="{name}"') for name in ("verdicts", "cells", "figures", "texts")]
    assert order == sorted(order)
    assert page.count("data:image/png;base64,") == 3
    assert "<ins>&lt;b&gt;rose&lt;/b&gt;</ins>" in page
    assert not re.search(r"https?://|<script", page)
    with launched() as browser:
        tab = browser.new_page(viewport={"width": 360, "height": 700}, color_scheme="dark")
        asked = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((tmp_path / "p.html").as_uri())
        wide = tab.evaluate("document.documentElement.scrollWidth")
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert wide <= 360
        assert ground == "rgb(21, 24, 26)"
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_a_page_of_nothing_says_so(relief, tmp_path):
    relief("--html", "p.html")
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "Nothing moved." in page
    assert "<h2" not in page
