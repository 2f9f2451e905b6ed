"""What a terminal shows of a ledger: an answer, a table that fits, flags in a line each."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.claims.definitions import CLAIM_IDS, load_definitions
from analysis.claims.ledger import FOR_THE_TEAM, SHARED, TEAM, Withheld
from analysis.claims.published import judge_published
from analysis.describe.answer.judged_text import WIDTH, judged_text, why_text
from analysis.describe.answer.sentence import answer
from analysis.errors import Issue
from analysis.estimates.table import row


@pytest.fixture(scope="module")
def published():
    return judge_published(load_definitions())


def with_estimate(ledger, claim, **values):
    unit = {"unit": values.pop("unit")} if "unit" in values else {}
    claims = (replace(one, estimate=row(**values) | unit) if one.claim == claim else one
              for one in ledger.claims)  # fmt: skip
    return replace(ledger, claims=tuple(claims))


def line_of(text, claim):
    return next(line for line in text.splitlines() if line.startswith(f"  {claim} "))


def flag(rule, count, message="Something was found. Mend it.", remedy="Mend it."):
    return Issue(rule, "FLAG", "form", message, count=count, remedy=remedy)


def test_a_line_a_claim_with_verdict_estimate_unit_and_n(published):
    shown = with_estimate(published, "onset", estimand="difference", estimate=-7.76, ci_low=-11.6,
                          ci_high=-3.93, n=60, unit="points")  # fmt: skip
    text = judged_text(shown)
    assert re.split(" {2,}", line_of(text, "onset").strip()) == [
        "onset", "not testable", "−7.76 (−11.60 to −3.93)", "points", "60",
    ]  # fmt: skip
    assert [line.split()[0] for line in text.splitlines() if line[:3].strip() and line[:2] == "  "
            ] == list(CLAIM_IDS)  # fmt: skip


@pytest.mark.parametrize(
    ("estimand", "unit"),
    [
        ("share with any fall", "share"),
        ("difference in shares", "share"),
        ("infusion length (minutes)", "minutes"),
        ("discrimination", ""),
    ],
)
def test_the_unit_is_what_the_estimand_says_where_the_row_has_none(published, estimand, unit):
    text = judged_text(with_estimate(published, "onset", estimand=estimand, estimate=0.5, n=30))
    assert re.split(" {2,}", line_of(text, "onset").strip())[3:] == [*filter(None, [unit]), "30"]


def test_what_is_longer_than_its_column_goes_on_in_the_next_line(published):
    wide = with_estimate(published, "onset", estimand="x", estimate=-123456.5, ci_low=-1234567.5,
                         ci_high=-12345.25, n=1234567, unit="points a day")  # fmt: skip
    text = judged_text(replace(wide, title="A study of " + 10 * "many words " + "in its title"))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" not in text
    for part in ("−1234568", "−12345", "points a day", "1234567"):
        assert part in text


def test_a_rule_that_flags_stands_in_one_line_with_how_often(published):
    long = "Words " + 20 * "and more words " + "."
    flagged = replace(published, flags=(
        flag("form.one", 8), flag("form.two", 1, long), flag("form.one", 6)
    ))  # fmt: skip
    lines = judged_text(flagged).splitlines()
    at = lines.index("Flags to read the verdicts with; details: relief check STUDY")
    assert lines[at + 1 : at + 4] == [
        "  form.one × 14: Something was found", "  form.two × 1", ""
    ]  # fmt: skip


def test_small_counts_of_the_shared_view_are_set_side_by_side_and_not_added(published):
    flags = (flag("form.one", "<10"), flag("form.one", 15))
    shared = replace(published, private=True, view=SHARED, flags=flags)
    assert "  form.one × <10 + 15" in judged_text(shared)
    assert "relief check STUDY --share" in judged_text(shared)


def test_what_is_withheld_is_counted_by_place(published):
    hidden = tuple(Withheld("minimum-cell", "few", where, 1) for where in ("onset", "onset", "x"))
    shared = replace(published, private=True, view=SHARED, withheld=hidden)
    assert "withheld in 2 places" in judged_text(shared)
    assert "relief judge STUDY --share --all" in judged_text(shared).replace("\n", " ")
    assert "Nothing is withheld" in judged_text(replace(shared, withheld=()))
    assert "ithheld" not in judged_text(published)


def test_the_teams_view_is_headed_so_before_anything_is_said(published):
    team = replace(published, private=True, view=TEAM)
    for text in (judged_text(team), why_text(team, ["onset"])):
        assert text.startswith(FOR_THE_TEAM)
    assert judged_text(published).replace("\n", " ").startswith(answer(published))


def test_no_verdict_is_shouted(published):
    for text in (judged_text(published), why_text(published, CLAIM_IDS)):
        assert "NOT TESTABLE" not in text
        assert "CONTRADICTED" not in text
