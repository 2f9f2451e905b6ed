"""What was declared stands beside what was found, and what nobody can check is named."""

from __future__ import annotations

from dataclasses import replace

from analysis.claims.case import Case
from analysis.describe.plan import NOT_DECLARED, people_by_arm, plan_table, unchecked


def declared(case: Case, **changes) -> Case:
    """The case with another declaration."""
    study = case.checked.study
    design = replace(study.design, **changes)
    return replace(case, checked=replace(case.checked, study=replace(study, design=design)))


def test_planned_numbers_stand_beside_those_analysed(case):
    own = declared(case, planned_per_arm={"ketamine": 40, "midazolam": 20})
    row = plan_table(own).loc["participants planned, analysed"]
    assert row["declared"] == "40 ketamine and 20 midazolam"
    assert row["in the data"] == "30 ketamine and 30 midazolam"


def test_what_is_not_declared_says_so(case):
    silent = declared(case, randomised=None, looks=None, planned_per_arm=None, registration=None)
    table = plan_table(silent)["declared"]
    for about in ("randomised", "looks at the data", "registration"):
        assert table[about] == NOT_DECLARED
    assert table["participants planned, analysed"] == NOT_DECLARED


def test_a_late_register_is_told(case):
    late = declared(case, registration="NCT00000000 2025-03-01", registered_late=True)
    row = plan_table(late).loc["registration"]
    assert row["declared"] == "NCT00000000 2025-03-01"
    assert row["in the data"] == "the register came after the first infusion"


def test_the_primary_scale_declared_stands_beside_the_form_that_was_used(case):
    row = plan_table(case).loc["primary scale"]
    assert row["declared"] == "PCL-5-now"
    assert row["in the data"] == "ad-hoc, asks about right now, not validated as it was given"


def test_the_studys_own_words_are_for_the_team_alone(case, real, team):
    words = "Dr Example fell ill"
    for own, told in ((team, words), (real, "a reason is declared")):
        table = plan_table(declared(own, enrolment_reason=words))
        assert table.loc["why not as planned", "declared"] == told


def test_others_read_counts_as_they_may_leave(real, case):
    assert people_by_arm(case) == {"ketamine": 30, "midazolam": 30}
    assert all(n == "<10" or int(n) % 5 == 0 for n in people_by_arm(real).values())


def test_what_nobody_can_check_is_every_declared_key(case):
    own = declared(case, randomised=True, looks=1, blinded=None, registration="none")
    found = unchecked(own)
    assert (found["randomised"], found["looks"]) == ("yes", "1")
    assert not {"blinded", "registration"} & set(found)
