"""From the file to the score: codings, two ratings, codes for "not assessed", ranges by version."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.instruments.scoring import score
from analysis.readers.assemble import read_study
from tests.factory import Outcome, tables, write_study

PRIMARY = 'items = "item_{:02d}"'


def extra(instrument: str, version: str, values: str, recall_hours: float = 168) -> str:
    """A second table of forms, ``more.csv``."""
    return (
        f'{PRIMARY}\n\n[[assessments]]\npath = "more.csv"\nsubject = "id"\ntime = "when"\n'
        f'instrument = "{instrument}"\nversion = "{version}"\nrecall_hours = {recall_hours}\n'
        f"{values}\n"
    )


def write(folder, instrument, version, values, cells: list[dict[str, object]], **more):
    """A study whose first people have one form each of another scale, a day before the infusion."""
    content = tables()
    rows = [{"id": row["id"], "when": row["when"]} for row in content["scores"][::4]]
    content["more"] = [row | cell for row, cell in zip(rows, cells, strict=False)]
    return write_study(folder, content, values=extra(instrument, version, values, **more))


def scored(path, instrument: str) -> pd.DataFrame:
    """The scores of one scale, in the order of the file's rows."""
    made = read_study(path)
    forms = score(made)
    own = forms[forms["instrument"] == instrument]
    return own.sort_values("row").reset_index(drop=True)


def items_of(prefix: str, answers: list[object], numbers=None) -> dict[str, object]:
    numbers = numbers or range(1, len(answers) + 1)
    return {f"{prefix}_{n:02d}": answer for n, answer in zip(numbers, answers, strict=True)}


def found(path, rule: str) -> int:
    """How many cells or forms a rule counts, 0 where it found nothing."""
    outcome = Outcome(path)
    assert outcome.error is None, outcome.error
    return sum(issue["count"] for issue in outcome.issues if issue["rule"] == rule)


def test_letters_of_the_bdi(tmp_path):
    answers: list[object] = ["1"] * 21
    answers[15], answers[17] = "2b", "3a"
    unknown = [*answers]
    unknown[15] = "4a"
    cells = [items_of("bdi", answers), items_of("bdi", unknown)]
    values = 'items = "bdi_{:02d}"\ncoding = "letters"'
    path = write(tmp_path, "BDI-II", "standard", values, cells, recall_hours=336)
    made = scored(path, "BDI-II")
    assert made["total"][0] == 24
    assert made["n_missing"].tolist() == [0, 1]
    assert found(path, "item.unknown-code") == 1


def test_codes_of_the_bdi_without_a_declaration_are_never_added(tmp_path):
    """Bad input B4: counted from 1, and from 1 to 7 on two items."""
    cells = [items_of("bdi", [4] * 15 + [7] + [4] + [7] + [4] * 3) for _ in range(12)]
    path = write(tmp_path, "BDI-II", "standard", 'items = "bdi_{:02d}"', cells, recall_hours=336)
    assert Outcome(path).error["rule"] == "item.options"


def test_a_total_beyond_the_scale_stops_with_the_usual_reason(tmp_path):
    """Bad inputs B4, B9 and B25."""
    for folder, name, total, reason in [
        ("bdi", "BDI-II", 69, "seven options"),
        ("qids", "QIDS-SR16", 33, "nine domains"),
        ("des", "DES-II", 840, "mean of 28 items"),
    ]:
        cells = [{"total": value} for value in (5, total, 7)]
        path = write(tmp_path / folder, name, "standard", 'total = "total"', cells)
        error = Outcome(path).error
        assert error["rule"] == "score.out-of-range"
        assert reason in error["message"]
        assert str(total) not in error["message"]


def test_caps5_from_frequency_and_intensity(tmp_path):
    often = [1, 2, 3, 4, 0] * 4
    strong = [4, 4, 4, 4, 0] * 4
    cell = {f"c{n:02d}_f": value for n, value in enumerate(often, 1)}
    cell |= {f"c{n:02d}_i": value for n, value in enumerate(strong, 1)}
    values = 'frequency = "c{:02d}_f"\nintensity = "c{:02d}_i"'
    odd = cell | {"c05_i": 2}
    path = write(tmp_path, "CAPS-5", "past-week", values, [cell, odd, cell | {"c01_f": ""}])
    # By the table of the training course: 2, 3, 3 and 4.
    np.testing.assert_equal(scored(path, "CAPS-5")["total"].to_numpy(), [48, 49, np.nan])
    assert found(path, "item.frequency-intensity") == 1


def test_not_assessed_on_the_hamd_is_blank(tmp_path):
    answers = [1] * 17
    weight = [*answers[:15], 3, 1]
    cells = [items_of("hamd", answers), items_of("hamd", weight), items_of("hamd", [0] * 17)]
    path = write(tmp_path, "HAM-D17", "standard", 'items = "hamd_{:02d}"', cells)
    np.testing.assert_equal(scored(path, "HAM-D17")["total"].to_numpy(), [17, np.nan, 0])
    assert found(path, "item.not-assessed") == 1
    assert found(path, "item.out-of-range") == 0


def test_an_item_of_two_points_holds_no_three(tmp_path):
    answers = [1] * 17
    answers[3] = 3
    cells = [items_of("hamd", answers), items_of("hamd", [0] * 17)]
    path = write(tmp_path, "HAM-D17", "standard", 'items = "hamd_{:02d}"', cells)
    np.testing.assert_equal(scored(path, "HAM-D17")["total"].to_numpy(), [np.nan, 0])
    assert found(path, "item.out-of-range") == 1


@pytest.mark.parametrize(("version", "totals"), [("0-6", [2, 8]), ("1-7", [np.nan, np.nan])])
def test_the_same_bprs_answers_by_version(tmp_path, version, totals):
    """Counted from 1, a 0 says that nobody looked."""
    numbers = (4, 11, 12, 15)
    cells = [items_of("b", answers, numbers) for answers in ([1, 0, 0, 1], [2, 0, 6, 0])]
    path = write(tmp_path, "BPRS+", version, 'items = "b_{:02d}"', cells, recall_hours=0)
    np.testing.assert_equal(scored(path, "BPRS+")["total"].to_numpy(), totals)


def test_a_cgi_of_zero_is_no_rating(tmp_path):
    cells = [{"cgi": value} for value in (4, 0, 7)]
    path = write(tmp_path, "CGI-S", "standard", 'total = "cgi"', cells)
    np.testing.assert_equal(scored(path, "CGI-S")["total"].to_numpy(), [4, np.nan, 7])
    assert found(path, "item.not-assessed") == 1


def test_a_mark_on_a_line_may_have_fractions_and_a_rating_of_units_may_not(tmp_path):
    cells = [{"line": value} for value in (45.5, 0, 100)]
    path = write(tmp_path / "vas", "VAS", "0-100", 'total = "line"', cells, recall_hours=0)
    assert scored(path, "VAS")["total"].tolist() == [45.5, 0, 100]
    assert found(path, "form.fractional-total") == 0
    path = write(tmp_path / "suds", "SUDS", "0-100", 'total = "line"', cells, recall_hours=0)
    assert found(path, "form.fractional-total") == 1


def test_a_rating_to_a_hundred_is_no_rating_to_ten(tmp_path):
    cells = [{"suds": value} for value in (40, 60)]
    path = write(tmp_path, "SUDS", "0-10", 'total = "suds"', cells, recall_hours=0)
    error = Outcome(path).error
    assert error["rule"] == "score.out-of-range"
    assert "0 to 10 or 0 to 100" in error["message"]


def test_qids_alternatives_may_be_blank_in_a_file(tmp_path):
    answers: list[object] = [1] * 16
    answers[6] = answers[8] = ""
    neither = [*answers]
    neither[5] = ""
    cells = [items_of("q", answers), items_of("q", neither), items_of("q", [0] * 16)]
    path = write(tmp_path, "QIDS-SR16", "standard", 'items = "q_{:02d}"', cells)
    made = scored(path, "QIDS-SR16")
    np.testing.assert_equal(made["total"].to_numpy(), [9, np.nan, 0])
    assert made["n_missing"].tolist() == [0, 2, 0]


def test_des_answers_come_in_tens(tmp_path):
    answers = [30] * 28
    between = [35, *answers[1:]]
    cells = [items_of("des", answers), items_of("des", between)]
    path = write(tmp_path, "DES-II", "standard", 'items = "des_{:02d}"', cells)
    assert scored(path, "DES-II")["n_missing"].tolist() == [0, 1]
    assert found(path, "item.out-of-range") == 1


def means_of_the_iesr(tmp_path) -> dict[str, str]:
    cells = [{"mean": value} for value in (3.25, 7.5, 11.86)]
    path = write(tmp_path, "IES-R", "standard", 'total = "mean"', cells)
    return Outcome(path).error


def test_means_of_the_iesr_are_no_totals(tmp_path):
    assert means_of_the_iesr(tmp_path)["rule"] == "score.mean-for-sum"


def test_means_are_refused_without_a_value(tmp_path):
    assert "11.86" not in means_of_the_iesr(tmp_path)["message"]


@pytest.mark.parametrize("name", ["PSS-I-5", "PDS-5", "HAM-A", "GAD-7", "PHQ-9", "IES-R"])
def test_items_stored_from_one_are_the_same_when_declared(tmp_path, name):
    """Property 8 of the list of bad inputs."""
    scale = instruments.get(name)
    version = next(iter(scale.versions))
    rng = np.random.default_rng(3)
    top = int(scale.item_maxima[0])
    answers = rng.integers(0, top + 1, (12, len(scale.numbers)))
    answers[0], answers[1] = 0, top
    both = []
    for base in (0, 1):
        cells = [items_of("x", (row + base).tolist()) for row in answers]
        values = f'items = "x_{{:02d}}"\nitem_base = {base}'
        path = write(tmp_path / str(base), name, version, values, cells, recall_hours=720)
        both.append(scored(path, name)["total"].to_numpy())
    np.testing.assert_array_equal(both[0], answers.sum(axis=1))
    np.testing.assert_array_equal(both[1], both[0])


def test_screeners_with_a_branch_not_taken_are_scored(tmp_path):
    """Bad input B22: blanks of the branch are no missing answers."""
    cells = [
        items_of("cs", [0, 0, "", "", "", 0]),
        items_of("cs", [1, 1, 1, 1, 0, 0]),
        items_of("cs", [1, 1, "", "", "", 0]),
    ]
    path = write(tmp_path, "C-SSRS", "screener", 'items = "cs_{:02d}"', cells, recall_hours=720)
    made = scored(path, "C-SSRS")
    np.testing.assert_equal(made["total"].to_numpy(), [0, 4, np.nan])
    assert found(path, "form.incomplete") == 1


def test_answers_to_items_that_a_short_version_leaves_out_are_told(tmp_path):
    """They are of the whole scale; no score counts them, and nobody must find that out alone."""
    whole = tables(numbers=tuple(range(1, 21)))
    found = {
        name: {issue.rule: str(issue) for issue in read_study(path).issues}
        for name, path in (("whole", write_study(tmp_path / "whole", whole)),
                           ("short", write_study(tmp_path / "short", tables())))
    }  # fmt: skip
    assert "has no item 2, 7, 8, 12, 16, 20 in this" in found["whole"]["item.not-of-version"]
    assert "item.not-of-version" not in found["short"]
