"""What can be compared: folders, notebooks, reports, commits; the rest is one sentence."""

from __future__ import annotations

import subprocess

import pytest

from analysis.errors import ReliefError
from analysis.report.comparison.changes import compared
from analysis.report.comparison.sides import read_side
from tests.report.comparison import sides


def git(folder, *arguments):
    own = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


def test_commits_are_read_from_git_and_compared_with_a_folder(tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet")
    for prose in ("Before.", "After."):
        sides.write(tmp_path / "notebooks", prose=prose)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "-m", prose)
    below = tmp_path / "notebooks"
    monkeypatch.chdir(below)
    old, new = read_side("HEAD~1"), read_side("HEAD")
    (one,) = compared(old, new)
    assert (one.old, one.new) == ("Before.", "After.")
    assert compared(new, read_side(str(tmp_path))) == []


def test_a_notebook_by_itself_is_compared_whatever_it_is_called(tmp_path):
    old = sides.write(tmp_path / "old") / "04_control.ipynb"
    new = sides.write(tmp_path / "new", prose="Other.", name="x.ipynb") / "x.ipynb"
    (one,) = compared(read_side(str(old)), read_side(str(new)))
    assert one.document == "x.ipynb"


PAGE = """<html><head><style>h1 {{}}</style></head><body><h1>Verdicts</h1>
<table><thead><tr><th>Claim</th><th>Verdict</th></tr></thead><tbody>
<tr><th>Relief</th><td><span class="badge"><svg><path/></svg>{word}</span></td></tr>
<tr><td colspan="2"><details><table><tr><th>Gate</th><td>passed</td></tr>
<tr><th>time</th><td>{gate}</td></tr></table></details></td></tr></tbody></table>
<h2>Method</h2><p>{prose}</p></body></html>"""


def page(folder, word="not decided", gate="yes", prose="As declared.") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(PAGE.format(word=word, gate=gate, prose=prose), "utf-8")
    return str(folder)


def test_reports_are_compared_by_heading_and_tables_in_tables_by_themselves(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    found = compared(
        read_side(page(old)), read_side(page(new, word="supported", gate="no", prose="Otherwise."))
    )
    assert [(one.kind, one.heading, one.old, one.new) for one in found] == [
        ("verdict", "Verdicts", "not decided", "supported"),
        ("cell", "Verdicts", "yes", "no"),
        ("text", "Method", "As declared.", "Otherwise."),
    ]
    assert compared(read_side(page(old)), read_side(page(new))) == []


def test_the_pages_that_a_report_leads_to_are_compared_too(tmp_path):
    sides = []
    for name, word in (("old", "not decided"), ("new", "supported")):
        page(tmp_path / name)
        page(tmp_path / name / "example", word=word)
        notebooks = tmp_path / name / "example" / "notebooks"
        notebooks.mkdir()
        drawn = f'<html><body><h1>N</h1><img src="data:image/svg+xml;x" alt="{word}"></body></html>'
        (notebooks / "01.html").write_text(drawn, "utf-8")
        sides.append(read_side(str(tmp_path / name)))
    assert list(sides[0].documents) == [
        "index.html", "example/index.html", "example/notebooks/01.html",
    ]  # fmt: skip
    found = compared(*sides)
    assert [(one.kind, one.document) for one in found] == [
        ("verdict", "example/index.html"), ("text", "example/notebooks/01.html"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule"),
    [("no-such-commit", "compare.unknown"), ("--all", "compare.unknown"),
     ("empty", "compare.empty"), ("binary.html", "compare.unreadable"),
     ("broken.ipynb", "report-notebook")],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_sentence(tmp_path, monkeypatch, name, rule):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.html").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.ipynb").write_text("{")
    with pytest.raises(ReliefError) as refused:
        read_side(name)
    assert refused.value.rule == rule
    assert "\n" not in refused.value.message
