"""A notebook becomes a section, or is refused by cell."""

import pandas as pd
import pytest
from nbformat import v4

from analysis.errors import ReliefError
from tests.report.small_report import code, figure, notebook, notebook_soups, words

# --- notebooks -----------------------------------------------------------------------------


def test_a_notebook_becomes_a_section(tmp_path):
    markdown = v4.new_markdown_cell(
        "# The `data`\n\n## A part\n\n[two](02.ipynb), [here](#A-part), "
        "[away](https://example.org/x)\n\n| a | b |\n|---|---|\n| x | -1.5 |\n"
    )
    stream = v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m < 3")
    paths = [
        notebook(tmp_path, markdown, code(stream, source="print('x')"), v4.new_code_cell("")),
        notebook(tmp_path, v4.new_markdown_cell("no heading"), name="02.ipynb"),
    ]
    tree, other = notebook_soups(tmp_path, *paths)
    article = tree.find(id="notebook-01_the_data")
    assert words(tree.h1) == "The data"
    assert words(article.h2) == "A part"
    # What leads out of the report is words, no link.
    assert [tag.get("href") for tag in article.find_all("a")] == [
        "02.html#notebook-02",
        "#notebook-01_the_data-A-part",
    ]
    assert "away" in words(article)
    assert article.h2["id"] == "notebook-01_the_data-A-part"
    assert article.find("td", class_="num").string == "−1.5"
    assert article.find("div", class_="scroll").table is not None
    details = article.find_all("details")
    assert [words(tag.pre) for tag in details] == ["print('x')"]
    assert not details[0].has_attr("open")
    assert "red < 3" in words(article)
    assert words(other.h1) == "02"


def test_each_cell_of_a_wide_table_knows_its_column_and_a_narrow_table_is_left(tmp_path):
    index = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["arm", "window"])
    wide = pd.DataFrame([[1, 2, 3], [4, 5, 6]], index=index, columns=["n", "estimate", "unit"])
    outputs = [v4.new_output("display_data", {"text/html": table.to_html(), "text/plain": ""})
               for table in (wide, wide[["n"]])]  # fmt: skip
    (tree,) = notebook_soups(tmp_path, notebook(tmp_path, code(*outputs)))
    folded, narrow = tree.article.find_all("table")
    assert folded["class"] == ["fold"]
    rows = [[cell.get("data-label") for cell in row.find_all("td")]
            for row in folded.tbody.find_all("tr")]  # fmt: skip
    assert rows == [["n", "estimate", "unit"]] * 2
    assert not narrow.has_attr("class")
    assert narrow.find(attrs={"data-label": True}) is None


def test_a_pandas_table_keeps_its_structure(tmp_path):
    frame = pd.DataFrame(
        {("ketamine", "n"): [29], ("ketamine", "mean"): [-1.25]}, index=pd.Index(["hours"])
    )
    html = f"<style scoped>td {{color: red}}</style>{frame.to_html()}"
    output = v4.new_output("display_data", data={"text/html": html, "text/plain": "not this"})
    table = notebook_soups(tmp_path, notebook(tmp_path, code(output)))[0].article.table
    assert table.find("th", colspan="2")["scope"] == "col"
    assert table.tbody.th["scope"] == "row"
    assert [cell.string for cell in table.tbody.find_all("td")] == ["29", "−1.25"]
    assert "01_the_data.ipynb, cell 1" in words(table.caption)
    assert "color: red" not in str(table.parent)


def test_markdown_output_is_rendered(tmp_path):
    output = v4.new_output("display_data", data={"text/markdown": "**bold**"})
    article = notebook_soups(tmp_path, notebook(tmp_path, code(output)))[0].article
    assert words(article.strong) == "bold"


@pytest.mark.parametrize(
    "metadata", [{"image/png": {"alt": "Scores by arm."}}, {"alt": "Scores by arm."}]
)
def test_a_figure_carries_its_alternative_text(tmp_path, metadata):
    paths = [notebook(tmp_path, code(figure(**metadata)))]
    assert notebook_soups(tmp_path, *paths)[0].img["alt"] == "Scores by arm."


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (code(figure()), "report-alt"),
        (code(figure(**{"image/png": {"alt": "  "}})), "report-alt"),
        (code(figure(**{"image/png": {"width": 4}})), "report-alt"),
        (code(v4.new_output("error", ename="E", evalue="", traceback=[])), "report-error"),
        (v4.new_markdown_cell("![scores](scores.png)"), "report-picture"),
        (v4.new_markdown_cell('<img src="https://example.org/x.png">'), "report-picture"),
    ],
)
def test_what_must_not_ship_is_refused_by_notebook_and_cell(tmp_path, cell, rule):
    path = notebook(tmp_path, v4.new_markdown_cell("# Title"), cell)
    with pytest.raises(ReliefError, match=r"01_the_data\.ipynb, cell 2") as caught:
        notebook_soups(tmp_path, path)
    assert caught.value.rule == rule
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "broken.ipynb"
    path.write_text("not json", encoding="utf-8")
    for wrong in (path, tmp_path / "absent.ipynb"):
        with pytest.raises(ReliefError, match=wrong.name):
            notebook_soups(tmp_path, wrong)
