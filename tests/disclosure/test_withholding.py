"""What leaves the clinic: no small count, none that can be worked out, nobody's own value."""

from __future__ import annotations

import csv
import itertools
import json
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from typer.testing import CliRunner

from analysis import figures
from analysis.cli import app
from analysis.disclosure.figure import shareable_figure
from analysis.disclosure.spreadsheets import write_csv, write_xlsx
from analysis.disclosure.suppression import bounds, withheld
from analysis.disclosure.withholding import WITHHELD, shareable_table
from analysis.errors import ReliefError
from analysis.estimates.proportions import exact_share, share_difference
from analysis.estimates.table import row, table
from analysis.report.publish import publish
from tests.factory import tables, write_study

# --- which counts can be told from the others -----------------------------------------------


def two_way(inner: np.ndarray) -> tuple[np.ndarray, list[tuple[int, list[int]]]]:
    """A table with its margins as one row of cells, and all its sums."""
    full = np.zeros((inner.shape[0] + 1, inner.shape[1] + 1), dtype=int)
    full[:-1, :-1] = inner
    full[-1, :-1], full[:, -1] = inner.sum(axis=0), full[:, :-1].sum(axis=1)
    full[-1, -1] = inner.sum()
    cell = np.arange(full.size).reshape(full.shape)
    rows = [(int(line[-1]), line[:-1].tolist()) for line in cell]
    columns = [(int(line[-1]), line[:-1].tolist()) for line in cell.T]
    return full.ravel(), rows + columns


def fitting(inner: np.ndarray, mask: np.ndarray, most: int) -> np.ndarray:
    """Every table of whole numbers that fits what is shown, by trying all of them."""
    shape = (inner.shape[0] + 1, inner.shape[1] + 1)
    hidden = np.flatnonzero(mask.reshape(shape)[:-1, :-1])
    tries = np.array(list(itertools.product(range(1, most + 1), repeat=len(hidden))), dtype=int)
    cells = np.tile(inner.ravel(), (len(tries), 1))
    cells[:, hidden] = tries.reshape(len(tries), len(hidden))
    full = np.zeros((len(cells), *shape), dtype=int)
    full[:, :-1, :-1] = cells.reshape(len(cells), *inner.shape)
    full[:, -1, :] = full[:, :-1].sum(axis=1)
    full[:, :, -1] = full[:, :, :-1].sum(axis=2)
    full = full.reshape(len(full), -1)
    true = two_way(inner)[0]
    return full[(full[:, ~mask] == true[~mask]).all(axis=1)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=4, max_size=6))
def test_no_small_count_can_be_worked_out_by_trying_every_table(cells: list[int]) -> None:
    inner = np.array(cells[: len(cells) // 2 * 2]).reshape(2, -1)
    counts, relations = two_way(inner)
    mask = withheld(counts, relations, minimum=3)
    assert mask[(counts > 0) & (counts < 3)].all()
    assert not mask[counts == 0].any()
    found = fitting(inner, mask, most=7)
    assert (found == counts).all(axis=1).any()
    for cell in np.flatnonzero(mask & (counts < 3)):
        assert len(np.unique(found[:, cell])) > 1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(2, 4), st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 10]))
def test_linear_algebra_alone_gives_no_small_count_away(
    height: int, width: int, seed: int, minimum: int
) -> None:
    inner = np.random.default_rng(seed).poisson(6, (height, width))
    counts, relations = two_way(inner)
    mask = withheld(counts, relations, minimum=minimum)
    matrix = np.zeros((len(relations), len(counts)))
    for line, (total, parts) in zip(matrix, relations, strict=True):
        line[total] = -1
        line[parts] = 1
    hidden = np.flatnonzero(mask)
    if not len(hidden):
        return
    # A cell is fixed by the sums if no direction that keeps all of them changes it.
    _, size, right = np.linalg.svd(matrix[:, hidden])
    free = right[int((size > 1e-9).sum()) :]
    for place, cell in enumerate(hidden):
        if counts[cell] < minimum:
            assert np.abs(free[:, place]).max(initial=0) > 1e-9
            low, high = bounds(counts, relations, mask, int(cell))
            assert low <= counts[cell] <= high
            assert high - low >= 1


def test_two_small_counts_whose_sum_is_two_are_both_one_unless_the_sum_goes_too() -> None:
    counts = np.array([22, 1, 1, 20])
    mask = withheld(counts, [(0, [1, 2, 3])], minimum=10)
    assert mask.tolist() == [False, True, True, True]


def test_totals_that_are_no_sums_are_refused() -> None:
    with pytest.raises(ValueError, match="sum"):
        withheld(np.array([5, 1, 1]), [(0, [1, 2])], minimum=3)


# --- tables ---------------------------------------------------------------------------------


def test_small_counts_and_what_would_give_them_away_are_withheld() -> None:
    counts = pd.DataFrame(
        {"ketamine": [14, 3, 17], "midazolam": [12, 11, 23], "all": [26, 14, 40]},
        index=["complete", "incomplete", "all"],
    )
    shown = shareable_table(counts)
    assert shown.loc["incomplete", "ketamine"] == WITHHELD
    # Row, column and corner of the same square: without them 14 - 11 or 17 - 14 gives it.
    assert (shown == WITHHELD).sum().sum() >= 4
    assert shown.loc["all", "all"] == 40
    assert shareable_table(counts, for_all=True).equals(counts)
    assert shareable_table(counts, minimum=2).equals(counts)


def flow(read: int, aside: list[int], analysed: int) -> pd.DataFrame:
    rows = [("people read", "ketamine", "", "", read)]
    rows += [
        ("people set aside", "ketamine", f"reason {n}", f"r.{n}", count)
        for n, count in enumerate(aside)
    ]
    rows.append(("people analysed", "ketamine", "", "", analysed))
    return pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])


def test_people_set_aside_do_not_come_out_of_the_people_read() -> None:
    shown = shareable_table(flow(30, [2], 28))
    assert shown["n"].tolist() == [WITHHELD, WITHHELD, 28]
    shown = shareable_table(flow(30, [0], 30))
    assert shown["n"].tolist() == [30, 0, 30]
    shown = shareable_table(flow(45, [3, 12], 30))
    assert shown["n"].tolist() == [45, WITHHELD, WITHHELD, 30]


@pytest.mark.parametrize("name", ["subject", "form", "id", "Patient"])
@pytest.mark.parametrize("for_all", [False, True])
def test_rows_of_people_are_refused(name: str, for_all: bool) -> None:
    people = pd.DataFrame({name: [1, 2], "score": [30, 40]})
    for given_table in (people, people.set_index(name)):
        with pytest.raises(ReliefError) as caught:
            shareable_table(given_table, for_all=for_all)
        assert caught.value.rule == "release.person-rows"


@pytest.mark.parametrize("name", ["min", "score_max", "minimum", "range"])
def test_extremes_are_refused(name: str) -> None:
    with pytest.raises(ReliefError) as caught:
        shareable_table(pd.DataFrame({"arm": ["a"], name: [3]}))
    assert caught.value.rule == "release.extremes"


def test_places_and_names_are_refused_ages_and_dates_made_coarse() -> None:
    with pytest.raises(ReliefError) as caught:
        shareable_table(pd.DataFrame({"zip_code": ["48104"], "people": [40]}))
    assert caught.value.rule == "identifier.column"
    days = pd.DataFrame({
        "age": [45, 93, 90], "first": ["2025-03-04", "2025-03", "week 2"],
        "last": pd.to_datetime(["2025-03-04T10:20"] * 3), "people": [40, 50, 60],
    })  # fmt: skip
    shown = shareable_table(days)
    assert shown["age"].tolist() == [45, "90 or older", "90 or older"]
    assert shown["first"].tolist() == ["2025", "2025", "week 2"]
    assert shown["last"].tolist() == [2025] * 3


def estimates() -> pd.DataFrame:
    return table(
        [
            row(estimand="change", contrast="ketamine", n=30, estimate=-7.123456, se=1.23456),
            row(estimand="change", contrast="midazolam", n=9, estimate=-2.5, se=1.0),
            row(estimand="difference", contrast="ketamine - midazolam", n=19, estimate=-4.0),
            row(estimand="difference", contrast="ketamine - midazolam", n=20, estimate=-4.0),
        ]
    )


def test_estimates_on_few_people_lose_every_number_and_others_some_digits() -> None:
    shown = shareable_table(estimates())
    assert shown["estimate"].isna().tolist() == [False, True, True, False]
    assert shown["n"].isna().tolist() == [False, True, True, False]
    assert shown.loc[0, ["estimate", "se"]].tolist() == [-7.12, 1.23]
    assert shown.loc[1, "method"].startswith("withheld: fewer than 10 people")


def test_a_share_with_few_on_either_side_goes_with_all_that_follows_from_it() -> None:
    words = {"contrast": "ketamine"}
    rows = [
        exact_share(27, 30, estimand="share with any fall", **words),
        exact_share(15, 30, estimand="share with any fall", contrast="midazolam"),
        share_difference((27, 15), (30, 30), estimand="difference in share", contrast="a - b"),
        row(estimand="share who benefit, bounds", n=60, ci_low=0.4, ci_high=0.5, method="max"),
        row(estimand="change", n=60, estimate=-3.0, method="paired t"),
    ]
    shown = shareable_table(table(rows))
    assert shown["n"].isna().tolist() == [True, False, True, True, False]
    assert not shown["method"].str.contains("27").any()
    everybody = [exact_share(30, 30, estimand="share with any fall", **words)]
    assert shareable_table(table(everybody))["estimate"].tolist() == [1.0]


# --- a study of real people, from end to end ------------------------------------------------


def real_study(folder: Path, n_per_arm: int, minimum: str = "") -> Path:
    path = write_study(folder, tables(n_per_arm=n_per_arm), section=minimum)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    return path


def small_counts(text: str) -> list[str]:
    """Phrases that tell a count of 1 to 9, as a reader would find them."""
    counts = re.findall(r"\b[1-9] (?:people|of \d+|on (?:ketamine|midazolam)|infusions)", text)
    shares = [f"{a} of {b}" for a, b in re.findall(r"\b(\d+) of (\d+)\b", text)
              if 0 < int(b) - int(a) < 10]  # fmt: skip
    return counts + shares + re.findall(r"n = [1-9]\b", text)


def test_judge_and_report_tell_no_small_count_of_real_people(tmp_path: Path) -> None:
    path = real_study(tmp_path, 6)
    told = CliRunner().invoke(app, ["judge", str(path)])
    assert told.exit_code == 0
    assert "withheld: fewer than 10 people" in told.stdout
    assert small_counts(told.stdout) == []
    document = CliRunner().invoke(app, ["judge", str(path), "--json"]).stdout
    assert small_counts(document) == []
    claims = json.loads(document)["claims"]
    assert all(claim["estimate"]["n"] is None or claim["estimate"]["n"] >= 10 for claim in claims)
    page = publish(str(path), tmp_path / "report").read_text(encoding="utf-8")
    ledger = BeautifulSoup(page, "html.parser").find(id="source-made-up")
    assert ledger is not None
    assert small_counts(ledger.get_text(" ")) == []
    counts = [cell.get_text(strip=True) for cell in ledger.find_all(attrs={"data-label": "n"})]
    assert all(count in ("", "–") or int(count) >= 10 for count in counts)


def test_verdicts_do_not_change_for_being_shared(tmp_path: Path) -> None:
    path = real_study(tmp_path / "real", 6)
    synthetic = write_study(tmp_path / "synthetic", tables(n_per_arm=6))
    both = [
        json.loads(CliRunner().invoke(app, ["judge", str(p), "--json"]).stdout)["claims"]
        for p in (path, synthetic)
    ]
    verdicts = [[(c["claim"], c["verdict"], c["parts"]) for c in claims] for claims in both]
    assert verdicts[0] == verdicts[1]
    assert small_counts(json.dumps(both[1])) != []


def test_the_study_may_set_another_minimum(tmp_path: Path) -> None:
    path = real_study(tmp_path, 12)
    assert "12 on ketamine" in CliRunner().invoke(app, ["judge", str(path)]).stdout
    strict = real_study(tmp_path / "strict", 12, "minimum_cell = 13")
    assert "12 on ketamine" not in CliRunner().invoke(app, ["judge", str(strict)]).stdout


# --- figures --------------------------------------------------------------------------------


def aggregate_axes() -> figures.Axes:
    shown = table(
        [row(contrast="ketamine", window="2 to 6 h", n=30, estimate=-7.0, ci_low=-9, ci_high=-5)]
    )
    return figures.mean_change(shown, synthetic=False)


def chunks(png: bytes) -> list[bytes]:
    kinds, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kinds.append(png[at + 4 : at + 8])
        at += 12 + length
    return kinds


def test_a_figure_of_aggregates_is_a_picture_of_pixels_without_a_word() -> None:
    ax = aggregate_axes()
    png = shareable_figure(ax.get_figure(root=True))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert set(chunks(png)) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    assert b"atplotlib" not in png


def test_a_figure_that_may_show_people_is_refused() -> None:
    drawn = Figure().subplots()
    drawn.plot([30, 40, 50], [20, 10, 30], "o")
    with_points = aggregate_axes()
    with_points.scatter([0, 0, 0], [-7, -3, 2])
    beside = aggregate_axes()
    beside.get_figure(root=True).add_axes((0.1, 0.1, 0.2, 0.2))
    for ax in (drawn, with_points, beside):
        with pytest.raises(ReliefError) as caught:
            shareable_figure(ax.get_figure(root=True))
        assert caught.value.rule == "release.figure"


# --- spreadsheets ---------------------------------------------------------------------------

ATTACKS = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=1+1"]


def test_texts_that_a_spreadsheet_would_run_are_made_inert(tmp_path: Path) -> None:
    shown = pd.DataFrame({"=label": [*ATTACKS, "plain", "a=b"], "x": np.arange(10) - 5.5})
    with write_csv(shown, tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["'=label", "x"]
    assert [line[0] for line in rows] == [*(f"'{text}" for text in ATTACKS), "plain", "a=b"]
    assert [float(line[1]) for line in rows] == shown["x"].tolist()
    sheet = openpyxl.load_workbook(write_xlsx(shown, tmp_path / "a.xlsx")).active
    cells = list(sheet.iter_rows(min_row=2))
    assert all(line[0].data_type == "s" for line in cells)
    assert [line[1].value for line in cells] == shown["x"].tolist()
    assert all(line[0].value.startswith("'") for line in cells[: len(ATTACKS)])


def test_a_workbook_names_no_author_and_leaves_missing_cells_blank(tmp_path: Path) -> None:
    shown = pd.DataFrame({"a": ["x", None], "b": [1.5, np.nan]}, index=["p", "q"])
    path = write_xlsx(shown.rename_axis("who"), tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as packed:
        assert b"creator" not in packed.read("docProps/core.xml")
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in line] for line in book.active.iter_rows()]
    assert rows == [["who", "a", "b"], ["p", "x", 1.5], ["q", None, None]]


def test_the_page_of_checks_says_that_its_exact_counts_are_not_for_sharing(tmp_path: Path) -> None:
    pages = {}
    for name, study in {
        "real": str(real_study(tmp_path / "real", 6)),
        "synthetic": str(write_study(tmp_path / "synthetic", tables(n_per_arm=6))),
        "published": "published",
    }.items():
        page = tmp_path / f"{name}.html"
        assert CliRunner().invoke(app, ["check", study, "--html", str(page)]).exit_code == 0
        pages[name] = "Not for sharing" in page.read_text(encoding="utf-8")
    assert pages == {"real": True, "synthetic": False, "published": False}
