"""Whatever form it was shown in, what tells of a person is found; aggregates pass."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
from nbformat import v4
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from analysis.claims.ledger import FOR_THE_TEAM
from analysis.disclosure.notebooks import (
    Identities,
    holds_team_view,
    identities,
    team_view,
    tells_of_people,
)
from analysis.paths import ROOT
from analysis.studies import check_source
from tests.factory import write_study

STUDY = identities("example")
# Ids that are short numbers, so that only a list of them tells.
NUMBERED = Identities(tuple(str(n) for n in range(1, 61)), (30, 30))
PEOPLE = pd.DataFrame(
    {
        "arm": ["ketamine", "midazolam"] * 30,
        "baseline": np.arange(60) % 23 + 20,
        "change": -(np.arange(60) % 17),
    }
)
GROUPS = pd.DataFrame(
    {"n": [30, 30], "estimate": [-12.2, -2.33], "ci_low": [-15.3, -4.89]},
    index=pd.Index(["ketamine", "midazolam"], name="arm"),
)


def notebook(*outputs, source="show()"):
    cell = v4.new_code_cell(source, execution_count=1)
    cell.outputs = list(outputs)
    return v4.new_notebook(cells=[cell])


def display(data, **metadata):
    return v4.new_output("display_data", data, metadata=metadata)


def shown(value):
    """What a kernel stores of a value at the end of a cell."""
    data = {"text/plain": repr(value)}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_()
    return notebook(display(data))


def printed(text, name="stdout"):
    return notebook(v4.new_output("stream", name=name, text=str(text)))


def png(**texts):
    info, out = PngInfo(), io.BytesIO()
    for key, text in texts.items():
        info.add_itxt(key, text, zip=True)
    Image.new("RGB", (2, 2)).save(out, format="PNG", pnginfo=info)
    return base64.b64encode(out.getvalue()).decode()


def with_metadata(cell=None, whole=None, attachments=None):
    made = notebook()
    made.cells[0].metadata.update(cell or {})
    made.metadata.update(whole or {})
    if attachments:
        made.cells.append(v4.new_markdown_cell("See.", attachments=attachments))
    return made


WIDGET = {"application/vnd.jupyter.widget-state+json": {"state": {"a1": {"value": "<b>EX-12</b>"}}}}

# Each form in which an identifier of the study may stand.
IDENTIFIER = {
    "text": shown("EX012"),
    "html in several tags": notebook(display({"text/html": "<i>EX</i>-<b>12</b> <p>EX012</p>"})),
    "attribute of html": notebook(display({"text/html": "<p title='ex 012'>A</p>"})),
    "html entity": notebook(display({"text/html": "<p>EX&#48;12</p>"})),
    "svg": notebook(display({"image/svg+xml": "<svg><text>EX012</text></svg>"})),
    "markdown output": notebook(display({"text/markdown": "The lowest was **EX012**."})),
    "latex": notebook(display({"text/latex": "EX012 & 3 \\\\"})),
    "json": notebook(display({"application/json": {"best": ["EX012"]}})),
    "key of json": notebook(display({"application/json": {"EX012": 3}})),
    "script": notebook(display({"application/javascript": "alert('EX012')"})),
    "lines of a file": notebook(display({"text/plain": ["EX0", "12"]})),
    "print": printed("worst: ex_12"),
    "print in colour": printed("\x1b[1mEX\x1b[0m012"),
    "stderr": printed("UserWarning: EX012 has no baseline", name="stderr"),
    "error": notebook(v4.new_output("error", ename="KeyError", evalue="'EX012'", traceback=[])),
    "traceback": notebook(v4.new_output("error", ename="E", evalue="", traceback=["a", "EX012"])),
    "series": shown(pd.Series([3, 4], index=["EX012", "EX013"])),
    "transposed frame": shown(pd.DataFrame({"EX012": [3], "EX013": [4]})),
    "dict": shown({"EX012": 3}),
    "alternative text": notebook(
        display({"image/png": png()}, **{"image/png": {"alt": "EX012 falls most."}})
    ),
    "text in a picture": notebook(display({"image/png": png(Comment="EX012")})),
    "source": notebook(source="scores.loc['EX012']"),
    "metadata of a cell": with_metadata(cell={"name": "EX012"}),
    "tag": with_metadata(cell={"tags": ["EX012"]}),
    "widget": with_metadata(whole={"widgets": WIDGET}),
    "metadata of the notebook": with_metadata(whole={"title": "Chart of EX012"}),
    "name of an attachment": with_metadata(attachments={"EX012.png": {"image/png": png()}}),
    "attachment": with_metadata(attachments={"a.txt": {"text/plain": "EX012"}}),
}


@pytest.mark.parametrize("made", IDENTIFIER.values(), ids=IDENTIFIER)
def test_identifier_of_the_study(made):
    found = list(tells_of_people(made, [STUDY]))
    assert any("identifier" in what or "number" in what for what in found)
    assert not any("12" in what for what in found)


@pytest.mark.parametrize("made", IDENTIFIER.values(), ids=IDENTIFIER)
def test_same_text_without_the_identifier_passes(made):
    text = json.dumps(made).replace("EX\\u001b[0m012", "A").replace("EX&#48;12", "A")
    for identifier in ("EX012", "EX013", "EX-12", "ex 012", "ex_12", '"EX0", "12"', "-<b>12</b>"):
        text = text.replace(identifier, '"A"' if identifier[0] == '"' else "A")
    without = json.loads(text)
    for cell in without["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = png(Software="A")
    assert list(tells_of_people(without, [STUDY])) == []


NAMED = PEOPLE.assign(**{"Patient ID": range(60)})
# Tables that name a person's column, of any study.
COLUMN = {
    "frame": shown(NAMED.head(3)),
    "index": shown(NAMED.set_index("Patient ID").head(3)),
    "print": printed(NAMED.head(3)),
    "series": shown(NAMED.set_index("Patient ID")["change"].head(3)),
    "name of a series": shown(NAMED["Patient ID"].head(3)),
    "csv": printed(NAMED.head(3).to_csv(index=False)),
    "markdown": notebook(display({"text/markdown": "|Patient ID|n|\n|-|-|\n|a|3|"})),
    "records": shown(NAMED.head(3).to_dict("records")),
    "json": notebook(display({"application/json": [{"Patient ID": "a", "n": 3}]})),
}


@pytest.mark.parametrize("made", COLUMN.values(), ids=COLUMN)
def test_table_with_a_column_of_people(made):
    assert any("one row a person" in what for what in tells_of_people(made))


@pytest.mark.parametrize("made", COLUMN.values(), ids=COLUMN)
def test_same_table_of_something_else_passes(made):
    other = json.loads(json.dumps(made).replace("Patient ID", "Visit name"))
    assert list(tells_of_people(other)) == []


INDEXED = PEOPLE.set_axis(range(1, 61))
# Tables of everyone, or of an arm, that name nobody.
EVERYONE = {
    "frame": shown(PEOPLE),
    "cut by pandas": shown(pd.concat([PEOPLE] * 7, ignore_index=True)),
    "one arm": shown(PEOPLE.iloc[::2]),
    "index hidden": notebook(display({"text/html": PEOPLE.to_html(index=False)})),
    "codes": shown(PEOPLE.set_axis([f"K-{n:02d}" for n in range(60)])),
    "series": shown(PEOPLE["change"]),
    "print": printed(PEOPLE.to_string()),
    "csv": printed(PEOPLE.to_csv(index=False)),
    "list": shown(PEOPLE["change"].tolist()),
    "array": shown(PEOPLE["change"].to_numpy()),
    "array printed": printed(PEOPLE["change"].to_numpy(float)),
    "dict": shown(PEOPLE["change"].to_dict()),
    "json": notebook(display({"application/json": PEOPLE.to_dict("split")})),
    "identifiers as labels": shown(INDEXED.head(31).assign(n=1)),
    "identifiers as columns": printed(INDEXED[["change"]].T.to_csv()),
}


@pytest.mark.parametrize("made", EVERYONE.values(), ids=EVERYONE)
def test_row_for_everyone(made):
    assert list(tells_of_people(made, [NUMBERED]))


@pytest.mark.parametrize("made", EVERYONE.values(), ids=EVERYONE)
def test_as_many_rows_mean_nobody_in_a_study_of_another_size(made):
    other = Identities(tuple(f"Q{n}x" for n in range(999)), (500, 499))
    assert list(tells_of_people(made, [other])) == []


AGGREGATES = {
    "groups": shown(GROUPS),
    "counts": shown(PEOPLE["arm"].value_counts()),
    "results in as many rows": shown(pd.concat([GROUPS] * 30, ignore_index=True)),
    "items": shown(pd.DataFrame({"mean": range(30)}, index=[f"item {n}" for n in range(30)])),
    "claims": shown(pd.Series("not decided", index=[f"a claim, the {n}" for n in range(30)])),
    "few rows": shown(PEOPLE.groupby("arm")[["baseline", "change"]].mean()),
    "sentence": printed("60 people, 30 on ketamine; subjects: 60; day 12 of 30."),
    "study": shown(pd.DataFrame({"study_id": ["Feder2014"], "n": [41]})),
}


@pytest.mark.parametrize("made", AGGREGATES.values(), ids=AGGREGATES)
def test_aggregates_pass(made):
    assert list(tells_of_people(made, [STUDY, NUMBERED])) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("subject 12 fell by 20 points", True),
        ("each person 20 points", False),
        ("infused 2025-03-04 10:20", True),
        ("NCT00088699, registered 2025-03-04", False),
    ],
)
def test_sentence_about_one_person(text, told):
    assert bool(list(tells_of_people(printed(text)))) is told


@pytest.mark.parametrize("media", ["image/jpeg", "application/pdf"])
def test_what_cannot_be_looked_into_is_said(media):
    (problem,) = tells_of_people(notebook(display({media: "aGk="})))
    assert media in problem


HEADING = FOR_THE_TEAM
TEAM = {
    "markdown": notebook(display({"text/markdown": f"**{HEADING}**"})),
    "html": notebook(display({"text/html": f"<b>{HEADING.replace(' team', '<br> team')}</b>"})),
    "print": printed(HEADING.replace("team,", "team,\n  ").upper()),
    "cell": v4.new_notebook(cells=[v4.new_markdown_cell(f"> {HEADING}")]),
    "json": notebook(display({"application/json": {"view": "team"}})),
    "json beside a synthetic study's": printed(
        json.dumps([{"view": "team", "synthetic": True}, {"view": "team", "synthetic": False}])
    ),
    "json printed": printed(json.dumps({"claims": [], "view": "team"}, indent=1)),
}
SHARED = {
    "no heading": printed("For the study, the team passed on relief report."),
    "json": notebook(display({"application/json": {"view": "shared"}})),
    "json of neither": printed(json.dumps({"view": None, "team": "view"})),
    "json of a synthetic study": printed(json.dumps({"view": "team", "synthetic": True})),
    "json of what was published": printed(json.dumps([{"view": "team", "study": "published"}])),
}


@pytest.mark.parametrize("made", TEAM.values(), ids=TEAM)
def test_team_view(made):
    assert list(team_view(made))


@pytest.mark.parametrize("made", SHARED.values(), ids=SHARED)
def test_view_for_others(made):
    assert list(team_view(made)) == []


@pytest.mark.parametrize("page", ["check", "source"])
def test_heading_of_a_page_is_known(page):
    template = ROOT / "src" / "analysis" / "report" / "templates" / f"{page}.html.j2"
    assert holds_team_view(template.read_text(encoding="utf-8"))


def test_view_is_told_from_what_a_study_prints(tmp_path):
    path = write_study(tmp_path)
    declared = path.read_text("utf-8").replace("synthetic = true", "synthetic = false")
    path.write_text(declared, "utf-8")
    for view in ("team", "shared"):
        assert holds_team_view(json.dumps(check_source(str(path), view))) is (view == "team")
