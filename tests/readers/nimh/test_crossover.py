"""The NIMH reader on made-up tables, on broken ones, and on the aggregates of the real trial."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataUnavailable, ReliefError
from analysis.readers.nimh.crossover import read_nimh
from analysis.study import ASSESSMENT_COLUMNS, INFUSION_COLUMNS, SUBJECT_COLUMNS, Study

PEOPLE = """\
participant_id\tage\tsex\tBMI\tgroup\tinfusion_1\tinfusion_2
sub-X1\t30\tF\t22.5\tMDD\td\tp
sub-X2\t31\tM\t23.5\tMDD\tp\td
sub-X3\t32\tF\t24.5\tMDD\tp\tn/a
sub-X4\tn/a\tn/a\tn/a\tMDD\tn/a\tn/a
sub-X5\t34\tF\t26.5\tBP\td\tp
sub-X6\t35\tM\t27.5\tHC\tp\td
"""
SCORES = """\
participant_id\tsession_id\tMADRS_Total\tHAMD_Bech\tHAM17_Total
sub-X1\tses-b0\t37\t13\t23
sub-X1\tses-d2\t17\t6\t11
sub-X1\tses-d10\tn/a\tn/a\tn/a
sub-X1\tses-p2\t31\tn/a\t19
sub-X2\tses-b0\t33\t12\t21
sub-X2\tses-p2\t29\t11\t18
sub-X2\tses-d2\t18\t7\t12
sub-X3\tses-b0\t39\t14\t27
sub-X3\tses-p10\t38\t13\t26
sub-X4\tses-b0\t41\t16\t28
sub-X5\tses-b0\t26\t9\t15
sub-X6\tn/a\tn/a\tn/a\tn/a
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "participants.tsv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "phenotype.tsv").write_text(SCORES, encoding="utf-8")
    return tmp_path


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def issues(study: Study, rule: str) -> list[tuple]:
    found = [issue for issue in study.issues if issue.rule == rule]
    return [(i.severity, i.scope, i.row, i.column, i.count) for i in found]


def test_declares_the_design(folder):
    study = read_nimh(folder)
    design = study.design
    assert (design.name, design.population, design.design) == ("nimh", "depression", "crossover")
    assert (design.comparator, design.primary, design.times) == ("passive", "MADRS", "nominal")
    assert (design.active_arm, design.comparator_arm) == ("ketamine", "placebo")
    assert design.synthetic is False
    assert "real trial" in design.title
    assert study.items == {}
    assert study.sources["phenotype.tsv"] == hashlib.sha256(SCORES.encode()).hexdigest()
    assert set(study.sources) == {"participants.tsv", "phenotype.tsv"}


def test_tables_have_the_declared_columns(folder):
    study = read_nimh(folder)
    assert tuple(study.subjects) == (*SUBJECT_COLUMNS, "group")
    assert tuple(study.infusions) == INFUSION_COLUMNS
    assert tuple(study.assessments) == (*ASSESSMENT_COLUMNS, "infusion", "since_low", "since_high")
    assert study.assessments["form"].is_unique
    assert sorted(study.subjects["subject"]) == [0, 1, 2, 3]
    assert study.subjects["arm"].isna().all()
    for table in (study.subjects, study.infusions, study.assessments):
        assert not table.astype(str).stack().str.contains("sub-").any()


def test_keeps_one_group_and_counts_the_others(folder):
    study = read_nimh(folder)
    assert set(study.subjects["group"]) == {"MDD"}
    assert issues(study, "group.set-aside") == [
        ("DROP", "subject", None, "group", 1),
        ("DROP", "subject", None, "group", 1),
    ]
    assert issues(study, "subject.one-infusion") == [("NOTE", "subject", None, "infusion_2", 1)]
    other = read_nimh(folder, group="BP")
    assert other.design.population == "bipolar depression"
    assert (len(other.subjects), len(other.assessments)) == (1, 3)


def test_sequence_and_infusions_are_those_given(folder):
    study = read_nimh(folder)
    counts = study.subjects["sequence"].value_counts(dropna=False)
    assert counts["placebo-ketamine"] == 2
    assert counts["ketamine-placebo"] == 1
    assert study.subjects["sequence"].isna().sum() == 1
    infusions = study.infusions
    assert infusions.groupby("infusion").size().tolist() == [3, 2]
    first, second = infusions[infusions["infusion"] == 1], infusions[infusions["infusion"] == 2]
    assert (first[["start_hours", "start_low", "start_high"]] == 0).all(axis=None)
    assert second[["start_hours", "start_low", "start_high"]].isna().all(axis=None)
    assert infusions[["end_hours", "end_low", "end_high", "dose_mg_per_kg"]].isna().all(axis=None)
    assert set(infusions["status"]) == {"given"}


def test_a_day_is_a_span_of_two_days_and_the_second_infusion_is_off_the_clock(folder):
    study = read_nimh(folder)
    forms = study.assessments[study.assessments["instrument"] == "MADRS"]
    spans = {
        total: tuple(forms.loc[forms["stated_total"] == total, "infusion":"since_high"].iloc[0])
        for total in (17, 31, 38)
    }
    assert spans == {17: (1, 24, 72), 31: (2, 24, 72), 38: (1, 216, 264)}
    clock = forms.set_index("stated_total")[["hours_low", "hours_high"]]
    assert clock.loc[17].tolist() == [24, 72]
    assert clock.loc[31].isna().all()
    assert clock.loc[37].tolist() == [-math.inf, 0]
    assert clock.loc[41].isna().all()
    assert forms.loc[forms["stated_total"] == 37, "infusion":"since_high"].isna().all(axis=None)
    assert set(study.assessments["recall_hours"]) == {168}
    assert set(study.assessments["status"]) == {"complete"}


def test_nothing_is_lost_in_silence(folder):
    study = read_nimh(folder)
    assert issues(study, "session.missing") == [("DROP", "form", 13, "session_id", 1)]
    assert issues(study, "session.blank") == [("DROP", "form", 4, None, 2)]
    assert issues(study, "form.missing") == [("NOTE", "form", 5, "HAMD_Bech", 1)]
    assert issues(study, "time.sessions")[0][:2] == ("STOP", "question")
    assert issues(study, "infusion.order-only") == [("FLAG", "row", None, None, 5)]
    # Nine sessions of the group with a score, three scales, one not rated.
    assert len(study.assessments) == 9 * 3 - 1
    assert study.assessments["stated_total"].notna().all()


def test_names_and_order_of_rows_do_not_decide_a_number(folder, tmp_path):
    study = read_nimh(folder)
    other = tmp_path / "other"
    other.mkdir()
    for file, text in (("participants.tsv", PEOPLE), ("phenotype.tsv", SCORES)):
        header, *rows = text.replace("X1", "Z9").splitlines()
        (other / file).write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    moved = read_nimh(other)
    pd.testing.assert_frame_equal(study.subjects, moved.subjects)
    pd.testing.assert_frame_equal(study.infusions, moved.infusions)
    drop = ["row", "form"]
    pd.testing.assert_frame_equal(
        study.assessments.drop(columns=drop), moved.assessments.drop(columns=drop)
    )


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_byte_order_mark_and_crlf_change_nothing_but_are_told(folder, mark):
    plain = read_nimh(folder)
    for file in ("participants.tsv", "phenotype.tsv"):
        path = folder / file
        path.write_bytes(mark + path.read_bytes().replace(b"\n", b"\r\n"))
    study = read_nimh(folder)
    pd.testing.assert_frame_equal(plain.assessments, study.assessments)
    pd.testing.assert_frame_equal(plain.subjects, study.subjects)
    assert len(issues(study, "published.bom")) == (2 if mark else 0)


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "where"),
    [
        ("phenotype.tsv", "\tMADRS_Total", "", "published.header", "row 1"),
        ("phenotype.tsv", "HAMD_Bech", "SECRET", "published.header", "place 4"),
        ("phenotype.tsv", "HAM17_Total", "HAM17_Total\tSECRET", "published.header", "no further"),
        (
            "participants.tsv",
            PEOPLE.split("\n")[0] + "\n",
            "",
            "published.header",
            "'participant_id'",
        ),
        ("phenotype.tsv", "17\t6\t11", "17\t6", "published.ragged", "row 3: 4 cells"),
        ("phenotype.tsv", "17\t6\t11", "17\t6\t11\t7", "published.ragged", "row 3: 6 cells"),
        ("phenotype.tsv", "ses-p10", "SECRET", "session.unknown", "row 10, column 'session_id'"),
        ("phenotype.tsv", "X3\tses-p10", "X3\tses-b0", "session.duplicate", "row 10"),
        ("phenotype.tsv", "X3\tses-p10", "X3\tses-d10", "session.no-infusion", "row 10"),
        ("phenotype.tsv", "sub-X4", "SECRET", "published.stranger", "row 11"),
        ("phenotype.tsv", "\t17\t", "\t61\t", "score.out-of-range", "row 3, column 'MADRS_Total'"),
        ("phenotype.tsv", "17\t6\t", "17\t23\t", "score.out-of-range", "column 'HAMD_Bech'"),
        ("phenotype.tsv", "6\t11", "6\t53", "score.out-of-range", "column 'HAM17_Total'"),
        ("phenotype.tsv", "\t17\t", "\tSECRET\t", "score.not-a-number", "column 'MADRS_Total'"),
        ("phenotype.tsv", "\t17\t", "\t1e1\t", "score.not-a-number", "row 3"),
        ("phenotype.tsv", "\t17\t", "\t-9\t", "score.not-a-number", "row 3"),
        ("phenotype.tsv", "\t17\t", "\t17,5\t", "score.not-a-number", "row 3"),
        ("phenotype.tsv", "\t17\t", "\t١٧\t", "score.not-a-number", "row 3"),
        ("phenotype.tsv", "\t17\t", "\t\t", "score.not-a-number", "row 3"),
        ("participants.tsv", "\tBP\t", "\tSECRET\t", "published.group", "row 6, column 'group'"),
        ("participants.tsv", "\tp\tn/a", "\tSECRET\tn/a", "infusion.unknown", "row 4"),
        ("participants.tsv", "\tp\tn/a", "\tp\tp", "infusion.order", "row 4"),
        ("participants.tsv", "\tp\tn/a", "\tn/a\tp", "infusion.order", "'infusion_2'"),
        ("participants.tsv", "sub-X2", "sub-X1", "subject.duplicate", "row 3"),
        ("participants.tsv", "sub-X4", "n/a", "published.blank-id", "row 5"),
        ("phenotype.tsv", SCORES[SCORES.index("\n") :], "\n", "published.no-rows", "no rows"),
    ],
)
def test_a_broken_file_is_one_sentence_without_the_value(folder, file, old, new, rule, where):
    with pytest.raises(ReliefError) as caught:
        read_nimh(changed(folder, file, old, new))
    assert caught.value.rule == rule
    message = caught.value.message
    assert file in message
    assert where in message
    assert "\n" not in message
    assert str(folder) not in message
    for value in ("SECRET", "sub-X", "17,5", "1e1", "-9", "61", "53"):
        assert value not in message


def test_bytes_that_are_not_text_and_an_absent_file_are_one_sentence(folder):
    (folder / "phenotype.tsv").write_bytes(SCORES.encode("utf-16"))
    with pytest.raises(ReliefError, match="not UTF-8 text"):
        read_nimh(folder)
    (folder / "phenotype.tsv").unlink()
    with pytest.raises(ReliefError, match=r"phenotype\.tsv: The file is not in its folder"):
        read_nimh(folder)


def test_a_group_that_is_unknown_or_empty_is_one_sentence(folder):
    with pytest.raises(ReliefError, match="one of MDD, BP, HC"):
        read_nimh(folder, group="PTSD")
    changed(folder, "participants.tsv", "\tBP\t", "\tHC\t")
    with pytest.raises(ReliefError, match="nobody of the group BP"):
        read_nimh(folder, group="BP")


def test_without_data_the_reason_is_said(monkeypatch, tmp_path):
    def offline(name: str) -> Path:
        raise DataUnavailable("data.unavailable", f"{name} was not found")

    monkeypatch.setattr("analysis.readers.nimh.crossover.fetch", offline)
    with pytest.raises(DataUnavailable, match="nimh-ketamine-ds005917 was not found"):
        read_nimh()


# --- the real trial: aggregates only ---------------------------------------------------------


@pytest.fixture(scope="module")
def real(open_data) -> Study:
    open_data("nimh-ketamine-ds005917")
    return read_nimh()


def test_flow_of_the_depression_group(real):
    assert len(real.subjects) == 33
    assert real.infusions.groupby(["infusion", "agent"]).size().to_dict() == {
        (1, "ketamine"): 17,
        (1, "placebo"): 14,
        (2, "ketamine"): 12,
        (2, "placebo"): 13,
    }
    assert [i[-1] for i in issues(real, "group.set-aside")] == [3, 22]
    # Two were never infused: in the study, with no order of treatments and no infusion.
    assert real.subjects["sequence"].isna().sum() == 2
    assert real.infusions["subject"].nunique() == 31
    assert issues(real, "subject.one-infusion")[0][-1] == 6
    assert [i[-1] for i in issues(real, "session.missing")] == [1]
    assert [i[-1] for i in issues(real, "session.blank")] == [10]


def test_scores_of_the_depression_group(real):
    madrs = real.assessments[real.assessments["instrument"] == "MADRS"]
    named = madrs.merge(real.infusions[["subject", "infusion", "agent"]], how="left")
    counts = named.groupby(["agent", "since_low"], dropna=False).size()
    assert counts.xs("ketamine").tolist() == [27, 26]
    assert counts.xs("placebo").tolist() == [26, 26]
    assert named["agent"].isna().sum() == 32
    day = named[named["since_low"] == 24]
    both = day.groupby("subject").filter(lambda forms: len(forms) == 2)["subject"].unique()
    order = real.subjects.set_index("subject").loc[both, "sequence"].value_counts()
    assert order.to_dict() == {"ketamine-placebo": 12, "placebo-ketamine": 12}
    assert np.isin(real.assessments["recall_hours"], 168).all()
