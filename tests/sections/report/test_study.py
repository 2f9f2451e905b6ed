"""The chapters of the page that answers: each shows something, or says why it cannot."""

from __future__ import annotations

import pytest

from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import SHARED, ClaimResult, Ledger
from analysis.describe.explanations.harms import UNREAD
from analysis.describe.scores import responders
from analysis.describe.scores.by_window import described
from analysis.estimates.table import row
from analysis.sections.report.study import CHAPTERS, the_answer
from analysis.sections.robustness import missing
from analysis.sections.section import UNFORESEEN, Picture, Section, Table
from analysis.studies import load_study
from tests.factory import tables, write_study

# Takes longest, and is tested where its section is.
LONGEST = "other-analyses"
NUMBERS = {"estimate": -7.76, "ci_low": -11.6, "ci_high": -3.93}


def ledger(**numbers) -> Ledger:
    line = row(estimand="difference", method="MMRM", **numbers)
    return Ledger("s", "S", True, "", "", (ClaimResult("onset", "T", "supported", line, (), "W"),))


def opened(case: Case) -> tuple:
    return case, ledger(**NUMBERS), described(case)


@pytest.fixture(scope="module")
def example() -> tuple:
    return opened(Case(check(load_study("example")), load_definitions()))


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> tuple:
    """Real people of one arm, as others read them."""
    content = tables(n_per_arm=6, arms=("ket",))
    path = write_study(tmp_path_factory.mktemp("few"), content, design="single-arm",
                       arms='{ ket = "ketamine" }', comparator="none")  # fmt: skip
    path.write_text(path.read_text("utf-8").replace("synthetic = true", "synthetic = false"))
    case = Case(check(load_study(str(path))), load_definitions(), SHARED)
    return case, ledger(), described(case)


def tables_of(made) -> list[Table]:
    return [block for block in made.blocks if isinstance(block, Table)]


def of(name: str, study: tuple):
    return next(chapter for chapter in CHAPTERS if chapter.anchor == name).make(*study)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.anchor)
def test_a_chapter_shows_something_and_no_fault_of_the_project(chapter, example, few):
    for study in (few, example) if chapter.anchor != LONGEST else (few,):
        made = chapter.make(*study)
        assert made.blocks
        assert not any(UNFORESEEN in text for text in made.prose)
        assert all(len(alt) > 20 for alt in made.alternatives)
        for table in tables_of(made):
            assert table.caption
            assert not table.frame.empty
            assert all(isinstance(value, str) for value in table.frame.to_numpy().ravel())


def test_scores_are_those_of_every_window_by_arm(example):
    table = tables_of(of("scores", example))[0].frame
    found = example[2]
    assert len(table) == 2 * len(found.windows)
    means = found.arms[found.arms["estimand"] == "mean score"]
    assert [float(mean) for mean in table["mean"]] == pytest.approx(means["estimate"], rel=0.01)
    assert [int(n) for n in table["n"]] == means["n"].tolist()


def test_harms_that_nobody_records_are_named_beside_the_others(example):
    table = tables_of(of("harms", example))[0].frame
    for harm in UNREAD:
        assert set(table.loc[harm, ["ketamine", "midazolam"]]) == {"not recorded"}
    assert "%" in table.loc["infusion stopped early", "ketamine"]


def test_the_picture_that_answers_is_drawn_of_every_window(example):
    made = the_answer(*example)
    (picture,) = [block for block in made.blocks if isinstance(block, Picture)]
    for window in example[2].windows:
        assert window.label.lower() in picture.alt.lower()


def test_shares_that_are_all_withheld_are_a_sentence_and_no_empty_picture(example, monkeypatch):
    case = example[0]
    rows = responders.shares_at_thresholds(case, window="day_7", instrument="PCL-5",
                                           version="past-week")  # fmt: skip
    numbers = ["estimate", "ci_low", "ci_high"]
    withheld = rows.assign(**dict.fromkeys(numbers, float("nan")))
    monkeypatch.setattr(responders, "shares_at_thresholds", lambda *_, **__: withheld)
    made = of("who", example)
    assert not any(isinstance(block, Picture) for block in made.blocks)
    assert "every share is withheld" in made.missing[0]


def test_missing_scores_that_are_withheld_are_said_and_no_empty_chapter(example, monkeypatch):
    monkeypatch.setattr(missing, "by_window", lambda _: Section(()))
    monkeypatch.setattr(missing, "strategies", lambda _: Section(()))
    assert "withheld" in of("missing", example).missing[0]


def test_what_the_verdict_rests_on_names_the_bound_at_which_it_changes(example):
    made = of("rests-on", example)
    assert "the smallest larger bound at which that changes" in made.prose[0]
    assert any(text.startswith("Power: ") for text in made.prose)
