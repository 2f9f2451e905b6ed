"""Consent withdrawn, rescue medication, unblinding, guesses: counted, and never an effect."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from analysis.checks import Checked, check
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change, person_change
from analysis.readers.assemble import read_study
from tests.factory import TOKEN, stamp, tables, toml, write_rows

RESCUE = '\n[rescue]\npath = "rescue.csv"\nsubject = "id"\ntime = "when"\nagent = "drug"\n'


def checked(folder, content: dict, text: str, roles: str = "") -> Checked:
    for name, rows in content.items():
        write_rows(folder / f"{name}.csv", rows)
    text = text.replace('arm = "arm"', f'arm = "arm"\n{roles}', 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return check(read_study(folder))


def end_of(content: dict, person: int = 0) -> datetime:
    return datetime.fromisoformat(content["infusions"][person]["end"])


def told(content: dict, column: str, moment: str, person: int = 0) -> dict:
    rows = [row | {column: ""} for row in content["subjects"]]
    rows[person][column] = moment
    return content | {"subjects": rows}


def counts(found: Checked) -> dict[str, int]:
    return {issue.rule: issue.count for issue in found.issues}


def rescued(content: dict, hours: float) -> dict:
    moment = stamp(end_of(content) + timedelta(hours=hours))
    return content | {"rescue": [{"id": "S000", "when": moment, "drug": "lorazepam"}]}


def hours_change(found: Checked) -> list[float]:
    """Sorted, since what happened to people is part of what numbers them."""
    forms = found.forms
    baselines = baseline(forms, within_days=90, another_day_hours=12)
    people = person_change(change(forms, baselines), low=2, high=6)
    return sorted(people["change"])


@pytest.mark.bad_input("C14")
def test_relief_after_a_rescue_sedative_is_no_relief(tmp_path):
    content = tables()
    plain = checked(tmp_path, content, toml())
    after = checked(tmp_path, rescued(content, 1), toml() + RESCUE)
    gone, new = Counter(hours_change(plain)), Counter(hours_change(after))
    ((fall, _),) = (gone - new).items()
    assert fall < 0
    assert new - gone == {0.0: 1}
    assert counts(after)["event.rescue-before-score"] >= 1


@pytest.mark.parametrize("hours", [-30, 5.9])
def test_rescue_before_the_infusion_or_after_the_score_changes_nothing(tmp_path, hours):
    content = tables(hours_after_end=(3,))
    plain = checked(tmp_path, content, toml())
    after = checked(tmp_path, rescued(content, hours), toml() + RESCUE)
    assert hours_change(plain) == hours_change(after)
    assert "event.rescue-before-score" not in counts(after)


def test_rescue_without_a_time_is_said(tmp_path):
    content = rescued(tables(), 1)
    content["rescue"].append({"id": "S001", "when": "", "drug": "lorazepam"})
    content["rescue"].append({"id": "S002", "when": "", "drug": ""})
    found = counts(checked(tmp_path, content, toml() + RESCUE))
    assert found["event.no-time"] == 1


WITHDRAWN = 'consent_withdrawn = "withdrawn"'


@pytest.mark.bad_input("C9")
def test_forms_after_consent_was_withdrawn_are_set_aside_and_counted(tmp_path):
    content = tables()
    content = told(content, "withdrawn", stamp(end_of(content) + timedelta(hours=10)))
    found = checked(tmp_path, content, toml(), WITHDRAWN)
    assert counts(found)["subject.consent-withdrawn"] == 1
    assert counts(found)["form.after-withdrawal"] == 1
    assert len(found.forms) == len(content["scores"]) - 1
    rows = found.flow[found.flow["rule"] == "form.after-withdrawal"]
    assert rows["n"].sum() == 1


def test_another_policy_may_be_declared(tmp_path):
    content = tables()
    content = told(content, "withdrawn", stamp(end_of(content) + timedelta(hours=10)))
    text = toml(section='after_withdrawal = "keep"')
    found = checked(tmp_path, content, text, WITHDRAWN)
    assert "form.after-withdrawal" not in counts(found)
    assert counts(found)["subject.withdrawn-kept"] == 1


def test_a_withdrawal_known_by_date_flags_the_forms_of_that_day(tmp_path):
    content = tables()
    day = stamp(end_of(content))[:10]
    found = checked(tmp_path, told(content, "withdrawn", day), toml(), WITHDRAWN)
    assert counts(found)["form.withdrawal-day"] >= 1
    assert counts(found)["form.after-withdrawal"] == 1


BLINDING = 'blinding_guess = "guess"\nunblinded = "told"\nblinding_guess_time = "asked"'


@pytest.mark.parametrize(("asked", "kept"), [(1, 1), (9, 0)])
@pytest.mark.bad_input("C15")
def test_a_guess_made_after_unblinding_is_no_guess(tmp_path, asked, kept):
    content = tables()
    content = told(content, "told", stamp(end_of(content) + timedelta(hours=5)))
    content = told(content, "asked", stamp(end_of(content) + timedelta(hours=asked)))
    content = told(content, "guess", "ket")
    found = checked(tmp_path, content, toml(), BLINDING)
    assert found.study.subjects["blinding_guess"].notna().sum() == kept
    assert ("guess.after-unblinding" in counts(found)) == (not kept)


def test_a_guess_without_a_time_is_flagged_once_the_person_was_told(tmp_path):
    content = tables()
    content = told(content, "told", stamp(end_of(content) + timedelta(hours=5)))
    content = told(told(content, "asked", ""), "guess", "ket")
    found = counts(checked(tmp_path, content, toml(), BLINDING))
    assert found["guess.no-time"] == 1
    assert found["event.unblinded-before-score"] == 1


def test_a_withdrawal_without_a_readable_time_sets_the_person_aside(tmp_path):
    found = checked(tmp_path, told(tables(), "withdrawn", "yes"), toml(), WITHDRAWN)
    assert counts(found)["subject.withdrawn-no-time"] == 1
    assert len(found.study.subjects) == 11


def test_a_sequence_that_is_no_order_of_treatments_is_nobodys_arm(tmp_path):
    content = tables()
    content["subjects"] = [row | {"order": TOKEN} for row in content["subjects"]]
    content["subjects"][0]["arm"] = ""
    found = checked(tmp_path, content, toml(), 'sequence = "order"')
    assert set(found.flow["arm"]) == {"ketamine", "midazolam", "unknown"}


def test_what_reading_sets_aside_is_counted_by_arm_where_its_person_is_known(tmp_path):
    content = tables()
    by_id = {row["id"]: row["arm"] for row in content["subjects"]}
    ket = [row for row in content["scores"] if by_id[row["id"]] == "ket"]
    mdz = [row for row in content["scores"] if by_id[row["id"]] == "mdz"]
    for row in (*ket[:2], mdz[0]):
        row["when"] = "yesterday"
    content["scores"].append(ket[5] | {"id": "nobody"})
    flow = checked(tmp_path, content, toml()).flow
    rows = flow[flow["rule"] == "form.no-time"].set_index("arm")["n"]
    assert rows.to_dict() == {"ketamine": 2, "midazolam": 1}
    rows = flow[flow["rule"] == "subject.unknown"].set_index("arm")["n"]
    assert rows.to_dict() == {"all": 1}


def test_rescue_at_a_time_that_cannot_be_read_is_said(tmp_path):
    content = rescued(tables(), 1)
    content["rescue"][0]["when"] = "after lunch"
    assert counts(checked(tmp_path, content, toml() + RESCUE))["event.no-time"] == 1
