"""The published table: its rules, what follows from it, and what is refused."""

from __future__ import annotations

import hashlib
import math
import os
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import evidence
from analysis.errors import EvidenceError
from analysis.evidence import build as builder
from analysis.evidence import schema
from analysis.evidence.__main__ import main
from analysis.evidence.schema import COLUMNS, NAMES
from analysis.paths import PUBLISHED

REFERENCE = Path(__file__).parents[1] / "reference" / "evidence" / "expected.toml"
EXPECTED = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(name: str, value: float) -> None:
    expected = EXPECTED[name]
    assert value == pytest.approx(expected["value"], abs=expected["tolerance"]), expected["by"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return evidence.load()


@pytest.fixture
def text() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / builder.TABLE, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def source() -> Path:
    declared = os.environ.get("RELIEF_DATA")
    path = Path(declared or ".") / ".." / "evidence" / "published_results.csv"
    if not declared or not path.is_file():
        pytest.skip("the source evidence file is not beside RELIEF_DATA")
    return path


def put(text: pd.DataFrame, row_id: str, /, **cells: str) -> pd.DataFrame:
    out = text.copy()
    for column, cell in cells.items():
        out.loc[text["row"] == row_id, column] = cell
    return out


# --- the folder -----------------------------------------------------------------------------


def test_provenance_hashes_are_those_of_the_files():
    record = tomllib.loads((PUBLISHED / builder.PROVENANCE).read_text(encoding="utf-8"))
    assert {f["name"] for f in record["file"]} == {builder.TABLE, builder.DICTIONARY}
    for file in record["file"]:
        assert sha256(PUBLISHED / file["name"]) == file["sha256"]
        assert len(pd.read_csv(PUBLISHED / file["name"], dtype=str)) == file["rows"]
        assert file["command"] == "make published EVIDENCE=path"
    for entry in [record["source"], *record["file"]]:
        assert all(entry[key] for key in ("producer", "citation", "licence", "date", "sha256"))


def test_dictionary_and_table_name_the_same_columns(text):
    words = pd.read_csv(PUBLISHED / builder.DICTIONARY, dtype=str, keep_default_na=False)
    assert list(words["column"]) == list(text.columns) == list(NAMES)
    assert (words["meaning"].str.len() > 0).all()
    assert set(words["type"]) <= {"text", "number", "integer", "boolean"}
    for word in words.itertuples():
        allowed = word.allowed_values.split("; ") if word.allowed_values else []
        cells = set(text[word.column]) - {""}
        assert not allowed or cells <= set(allowed)


def test_built_folder_is_the_source_file_built_again(source, tmp_path):
    record = tomllib.loads((PUBLISHED / builder.PROVENANCE).read_text(encoding="utf-8"))
    assert sha256(source) == record["source"]["sha256"]
    assert main(["--build", str(source), "--out", str(tmp_path)]) == 0
    for name in (builder.TABLE, builder.DICTIONARY, builder.PROVENANCE):
        assert (tmp_path / name).read_bytes() == (PUBLISHED / name).read_bytes()


def test_no_figure_of_the_source_is_lost(source, text):
    raw = pd.read_csv(source, dtype=str, keep_default_na=False)
    assert len(raw) == len(text) == 217
    same = {
        "study_id": "study_id", "registry_id": "registry_id", "design": "design", "arm": "arm",
        "dose_mg_per_kg": "dose", "period": "period", "n": "n", "instrument": "instrument_printed",
        "recall_window": "recall_window", "phase": "phase", "analysis": "analysis", "unit": "unit",
        "hours_since_first_infusion": "hours_since_first_infusion",
        "hours_since_last_infusion": "hours_since_last_infusion", "read_from": "read_from",
        "statistic": "statistic_printed", "value": "printed_value", "note": "note",
        "improvement_sign": "printed_sign", "documents_seen": "documents_seen",
    }  # fmt: skip
    for theirs, ours in same.items():
        assert list(raw[theirs]) == list(text[ours]), theirs
    for key in ("doi", "citation"):
        assert all(a == b for a, b in zip(raw[key], text[key], strict=True) if a)
    added = raw[["registry_id", "doi", "citation"]].eq("").all(axis=1)
    assert list(added) == list(text["identifier_added"] == "true")


def test_builder_refuses_another_header_and_an_unknown_word(source):
    raw = source.read_text(encoding="utf-8")
    with pytest.raises(EvidenceError, match="header"):
        builder.tidy(raw.replace("improvement_sign", "sign", 1))
    with pytest.raises(EvidenceError, match=r"Feder2014-001.*vocabulary") as error:
        builder.tidy(raw.replace(",IES-R,", ",IES-X,", 1))
    assert error.value.rule == "unknown_word"
    with pytest.raises(EvidenceError, match="which sign is better"):
        builder.tidy(raw.replace("12.7,points,positive", "12.7,points,", 1))


# --- signs ----------------------------------------------------------------------------------


def test_which_rows_change_sign(table):
    changed = table[table["sign_changed"]]
    assert changed.groupby("study_id").size().to_dict() == {
        "Feder2014": 3,
        "Feder2021": 1,
        "Feder2025WET": 3,
        "KA-EMDR": 2,
        "meta_Borgogna2024": 21,
    }
    assert (changed["direction"] == "negative_is_fewer_symptoms").all()
    never = {*schema.SHARES, *schema.ODDS, "median_days", "mean", "sd", "se", "p"}
    assert not set(changed["statistic"]) & never
    assert not table.loc[table["printed_sign"] == "harm", "sign_changed"].any()


def test_negating_twice_gives_the_printed_value(table):
    numbers = table[table["value"].notna()]
    back = numbers["value"].where(~numbers["sign_changed"], -numbers["value"])
    assert (back == numbers["printed_value"].astype(float)).all()
    assert not ((table["value"] == 0) & np.signbit(table["value"])).any()
    swapped = table[table["sign_changed"] & table["statistic"].str.contains("ci_")]
    assert (swapped["statistic"] != swapped["statistic_printed"]).all()
    assert all(builder._swapped(builder._swapped(s)) == s for s in ("ci_low", "g_ci_high", "diff"))
    assert builder._negated(builder._negated("12.70", "x"), "x") == "12.70"
    assert builder._negated("0.0", "x") == "0.0"


def test_limits_are_swapped_with_the_sign():
    figure = evidence.rows_at(24).iloc[0]
    assert (figure["estimate"], figure["ci_low"], figure["ci_high"]) == (-12.7, -22.8, -2.5)


def test_every_estimate_lies_between_its_limits(table):
    found = evidence.estimates(table).dropna(subset=["ci_low"])
    assert len(found) == table["statistic"].str.endswith("ci_low").sum() == 29
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["ci_high"]).all()


def test_recall_windows_and_doses(table):
    by_row = table.set_index("row")
    assert by_row.loc["Feder2014-001", "recall_hours"] == 168
    caps = by_row.loc["Feder2021-001", ["recall_hours", "recall_hours_low", "recall_hours_high"]]
    assert np.isnan(caps.iloc[0])
    assert list(caps.iloc[1:]) == [168, 720]
    assert by_row.loc["Feder2021-008", "instrument"] == "CAPS-5|IES-R|MADRS"
    assert np.isnan(by_row.loc["Feder2021-008", "recall_hours"])
    assert list(by_row.loc["Abdallah2022-013", ["dose_low", "dose_high"]]) == [0.2, 0.5]
    assert list(by_row.loc["Quigley2024-001", ["dose_low", "dose_high"]]) == [0.5, 3.0]
    assert not table.loc[table["ptsd"], "recall_known"].any()
    assert evidence.recall_share(168, 24) == pytest.approx(144 / 168)
    assert evidence.recall_share(0, 4) == 0
    assert evidence.recall_share(24, 24) == 0
    assert math.isnan(evidence.recall_share(math.nan, 24))


# --- rules, each able to fail ------------------------------------------------------------------

FAULTS = [
    ("row_id", "Feder2014-002", {"row": "Feder2014-001"}),
    ("row_id", "Feder2014-002", {"row": "Feder2014-2"}),
    ("required", "Feder2014-002", {"read_from": ""}),
    ("unknown_statistic", "Feder2014-001", {"statistic": "difference"}),
    ("allowed_value", "Feder2014-001", {"period": "third"}),
    ("type", "Feder2014-001", {"randomised": "yes"}),
    ("type", "Feder2014-001", {"value": "1E5"}),
    ("n_not_whole", "Feder2021-003", {"n": "14.5"}),
    ("no_identifier", "Feder2014-001", {"doi": "", "registry_id": "", "citation": ""}),
    ("value", "Feder2014-001", {"text_value": "better"}),
    ("value", "Feder2014-001", {"value": ""}),
    ("value", "Feder2014-004", {"text_value": ""}),
    ("count_not_whole", "Feder2021-009", {"value": "14.5", "printed_value": "14.5"}),
    ("events_over_n", "Feder2021-004", {"value": "16", "printed_value": "16"}),
    ("unit", "Feder2014-001", {"unit": "SD"}),
    ("range", "Duek2023-024", {"value": "1.2", "printed_value": "1.2"}),
    ("range", "Feder2021-002", {"value": "0", "printed_value": "0"}),
    ("sign", "Feder2014-001", {"sign_changed": "false", "value": "12.7"}),
    ("sign", "Feder2014-001", {"value": "12.7"}),
    ("sign", "Feder2014-001", {"direction": "none"}),
    ("sign", "meta_haemodynamics-001", {"direction": "negative_is_fewer_symptoms"}),
    ("comparator", "Feder2014-001", {"comparator_type": "none"}),
    ("hours", "Feder2014-001", {"hours_since_first_infusion": "-1"}),
    ("hours", "Feder2014-001", {"hours_since_last_infusion": "25"}),
    ("recall", "Feder2014-001", {"recall_hours": "24"}),
    ("limits", "Feder2014-002", {"statistic": "ci_low"}),
    ("limits", "Duek2023-022", {"value": "0", "printed_value": "0"}),
    ("share", "Feder2021-004", {"value": "11", "printed_value": "11"}),
]


@pytest.mark.parametrize(("rule", "row", "cells"), FAULTS)
def test_rule_names_the_row_and_the_column(text, rule, row, cells):
    with pytest.raises(EvidenceError) as error:
        evidence.validate(put(text, row, **cells))
    assert error.value.rule == rule
    assert error.value.message.startswith("Row ")
    assert ", column " in error.value.message
    assert row[:-3] in error.value.message
    assert error.value.message.endswith(".")


def test_a_count_beside_a_percentage_needs_its_denominator(text):
    without = put(put(text, "Feder2021-003", n=""), "Feder2021-004", n="")
    with pytest.raises(EvidenceError, match="Feder2021-004") as error:
        evidence.validate(without)
    assert error.value.rule == "share"


def test_columns_rule_and_missing_table(text, tmp_path):
    with pytest.raises(EvidenceError, match="note"):
        evidence.validate(text.drop(columns="note"))
    with pytest.raises(EvidenceError, match="order"):
        evidence.validate(text[list(reversed(NAMES))])
    with pytest.raises(EvidenceError, match="make published"):
        evidence.load(tmp_path)


def test_types_are_the_declared_ones(table):
    for column in COLUMNS:
        dtype = table[column.name].dtype
        kind = {"number": "f", "integer": "i", "boolean": "b"}.get(column.type)
        assert dtype.kind == kind if kind else pd.api.types.is_string_dtype(dtype)


# --- derived quantities ---------------------------------------------------------------------


def test_flagship_quantities():
    first = evidence.derive("Feder2014", "p_value")
    check("feder2014_p_normal", first["value"])
    assert "normal approximation" in first["method"]
    assert set(first["rows"]) == {"Feder2014-001", "Feder2014-002", "Feder2014-003"}
    check("feder2014_p_28_df", evidence.derive("Feder2014", "p_from_interval_t", df=28)["value"])
    assert evidence.derive("Feder2014", "p_from_interval")["value"] == first["value"]
    d = evidence.derive("Feder2021", "standardised_difference")
    check("feder2021_standardised_difference", d["value"])
    assert "15/15" in d["method"]
    assert "below zero" in d["method"]
    check("feder2021_hedges_g", evidence.derive("Feder2021", "hedges_g")["value"])


def test_shares_and_their_difference():
    share = evidence.derive("Feder2021", "response_share")
    assert share["value"] == pytest.approx(10 / 15)
    assert "denominator 15" in share["method"]
    check("feder2021_share_low", share["ci_low"])
    check("feder2021_share_high", share["ci_high"])
    difference = evidence.derive("Feder2021", "response_difference")
    assert difference["value"] == pytest.approx(7 / 15)
    check("feder2021_difference_low", difference["ci_low"])
    check("feder2021_difference_high", difference["ci_high"])
    fall = evidence.derive("Duek2023", "share_any_fall")
    assert (fall["events"], fall["n"]) == (10, 13)
    check("duek_any_fall_low", fall["ci_low"])
    check("duek_any_fall_high", fall["ci_high"])
    assert evidence.derive("Quigley2024", "response_share", analysis="post_treatment")[
        "events"
    ] == 16  # fmt: skip


def test_odds_ratio_is_taken_on_the_log_scale():
    p = evidence.derive("meta_Whittaker2021", "p")
    check("whittaker_p", p["value"])
    assert "log odds" in p["method"]


def test_synonyms_and_other_quantities():
    for short, long in evidence.SYNONYMS.items():
        assert long in evidence.QUANTITIES, short
    assert evidence.derive("Feder2021", "d") == evidence.derive("Feder2021", "smd")
    low, high = evidence.derive("Feder2021", "interval", df=28)["value"]
    half = stats.t.ppf(0.975, 28) * 3.96
    assert (low, high) == pytest.approx((-11.88 - half, -11.88 + half))
    assert evidence.derive("Feder2021", "se")["value"] == 3.96
    assert evidence.derive("meta_Borgogna2024", "g", hours=168)["value"] == -0.24
    assert evidence.derive("Feder2025WET", "change_from_means")["value"] == -20.8
    assert evidence.derive("Feder2025WET", "standardised_change")["value"] == -1.9
    se = evidence.derive("Feder2025WET", "se_of_change", correlation=1.0)["value"]
    assert se == pytest.approx((14.8 - 6.2) / math.sqrt(14))


REFUSED = [
    ("no_se", "Ross2019", "se", {}),
    ("no_sd", "Ross2019", "se_of_change", {"instrument": "PCL-5", "correlation": 0.5}),
    ("df_needed", "Feder2014", "p_from_interval_t", {}),
    ("df", "Feder2014", "p_value", {"df": 0}),
    ("crossover", "Feder2014", "standardised_difference", {}),
    ("correlation_needed", "Feder2025WET", "se_of_change", {}),
    ("correlation_needed", "Feder2025WET", "se_of_change", {"correlation": 1.5}),
    ("inconsistent", "Albott2018", "standardised_change", {"instrument": "PCL-5"}),
    ("inconsistent", "Albott2018", "standardised_change", {"instrument": "MADRS"}),
    ("no_comparator", "Albott2018", "response_difference", {}),
    ("different_people", "Duek2023", "change_from_means", {"arm": "midazolam", "hours": 720}),
    ("pooled", "meta_Sicignano2024", "d", {"instrument": "CAPS"}),
    ("no_interval", "Feder2021", "p_from_interval", {}),
    ("nothing", "Beaglehole2025", "p_value", {}),
    ("nothing", "Abdallah2022", "standardised_difference", {}),
    ("nothing", "Feder2014", "response_share", {}),
    ("nothing", "Duek2023", "p_value", {"hours": 24}),
    ("ambiguous", "Duek2023", "p_value", {}),
    ("ambiguous", "meta_Borgogna2024", "g", {"hours": 24}),
    ("unknown_study", "Feder1999", "p_value", {}),
    ("unknown_quantity", "Feder2014", "power", {}),
    ("unknown_selector", "Feder2014", "p_value", {"visit": 1}),
]


@pytest.mark.parametrize(("rule", "study", "quantity", "options"), REFUSED)
def test_refusals(rule, study, quantity, options):
    with pytest.raises(EvidenceError) as error:
        evidence.derive(study, quantity, **options)
    assert error.value.rule == rule
    assert error.value.message.endswith(".")


def test_ambiguity_lists_the_choices():
    with pytest.raises(EvidenceError, match=r"144 h; .*720 h"):
        evidence.derive("Duek2023", "p_value")


def test_an_asymmetric_interval_gives_no_standard_error(text):
    row = "Feder2014-003"
    bent = evidence.validate(put(text, row, value="-30.0", printed_value="30.0"))
    with pytest.raises(EvidenceError, match="not symmetric") as error:
        evidence.derive("Feder2014", "p_value", table=bent)
    assert error.value.rule == "asymmetric_interval"
    assert row in error.value.message


# --- the open data file's summaries agree with each other ---------------------------------------


def duek(table: pd.DataFrame, arm: str, statistic: str, hours: float) -> pd.Series:
    mine = table[(table["study_id"] == "Duek2023") & (table["instrument_printed"] == "PCL-5")]
    when = mine["phase"] == "before"
    if not math.isnan(hours):
        when = mine["hours_since_first_infusion"] == hours
    found = mine[(mine["arm"] == arm) & (mine["statistic"] == statistic) & when]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("arm", "hours"), [("ketamine", 144), ("midazolam", 144), ("ketamine", 720)]
)
def test_mean_change_is_the_difference_of_means(table, arm, hours):
    before, after = duek(table, arm, "mean", math.nan), duek(table, arm, "mean", hours)
    change = duek(table, arm, "mean_change", hours)["value"]
    assert after["value"] - before["value"] == pytest.approx(change, abs=0.0015)


@pytest.mark.parametrize("hours", [144, 720])
def test_welch_interval_follows_from_the_arms(table, hours):
    arms = ("ketamine", "midazolam")
    change = [duek(table, arm, "mean_change", hours)["value"] for arm in arms]
    spread = [duek(table, arm, "sd_change", hours) for arm in arms]
    part = [s["value"] ** 2 / int(s["n"]) for s in spread]
    df = sum(part) ** 2 / sum(p**2 / (int(s["n"]) - 1) for p, s in zip(part, spread, strict=True))
    difference, se = change[0] - change[1], math.sqrt(sum(part))
    half = stats.t.ppf(0.975, df) * se
    p = 2 * stats.t.sf(abs(difference) / se, df)
    expected = {"diff": difference, "ci_low": difference - half, "ci_high": difference + half}
    for statistic, value in expected.items():
        printed = duek(table, "ketamine_vs_midazolam", statistic, hours)["value"]
        assert printed == pytest.approx(value, abs=0.003), statistic
    assert duek(table, "ketamine_vs_midazolam", "p", hours)["value"] == pytest.approx(p, abs=6e-4)


def test_albott_standardised_change_does_not_follow_from_its_interval():
    found = evidence.interval_conflicts().set_index("instrument")
    check("albott_implied_change", found.loc["PCL-5", "implied"])
    assert (found["ratio"] > 1.1).all()


# --- tables for readers and for the claims ------------------------------------------------------


def test_tables_carry_row_ids(table):
    known = set(table["row"])
    for make in (
        evidence.controlled_contrasts, evidence.response_shares, evidence.within_arm_changes,
        evidence.missing_numbers, evidence.timeline_of_evidence, evidence.responders,
    ):  # fmt: skip
        found = make(table)
        assert len(found)
        for rows in found["rows"]:
            assert rows
            assert set(rows) <= known


def test_reader_tables_keep_apart_what_must_not_be_mixed(table):
    contrasts = evidence.controlled_contrasts(table)
    within = evidence.within_arm_changes(table)
    one = {row for rows in contrasts["rows"] for row in rows}
    other = {row for rows in within["rows"] for row in rows}
    assert not one & other
    assert within["treatment_effect"].str.startswith("not a treatment effect").all()
    assert not table[table["row"].isin(other)]["contrast"].any()
    assert table[table["row"].isin(one)]["contrast"].all()
    feder = contrasts[contrasts["study_id"] == "Feder2021"].iloc[0]
    assert "assumed" in feder["interval_from"]
    assert len(evidence.timeline_of_evidence(table)) == sum(
        map(len, (contrasts, within, evidence.response_shares(table),
                  evidence.missing_numbers(table)))
    )  # fmt: skip


def test_hours_rows_for_the_claims(table):
    assert evidence.controlled_before(24, table).empty
    assert "Feder2014-001" in set(evidence.controlled_before(24.5, table)["row"])
    at = evidence.rows_at(24, table)
    assert list(at["level"]) == ["trial", "pooled", "pooled", "pooled"]
    assert at["study_id"].iloc[0] == "Feder2014"
    assert set(at["analysis"].iloc[1:]) == {"all_controls", "passive_controls", "active_controls"}
    assert at["share_before_low"].iloc[0] == pytest.approx(0.857, abs=0.001)
    assert evidence.rows_at(6, table).empty


def test_a_planted_early_score_is_found(text):
    cells = {"hours_since_first_infusion": "4", "hours_since_last_infusion": "4"}
    planted = evidence.validate(
        put(put(put(text, "Feder2014-001", **cells), "Feder2014-002", **cells),
            "Feder2014-003", **cells)
    )  # fmt: skip
    assert len(evidence.controlled_before(6, planted)) == 3


def test_other_rows_for_the_claims(table):
    early = evidence.possibly_earlier(table)
    assert set(early["study_id"]) == {"Beaglehole2025"}
    assert early["value"].isna().all()
    assert set(early["route"]) == {"intramuscular"}
    people = evidence.responders(table)
    first = people.iloc[0]
    assert (first["study_id"], first["events"], first["n"]) == ("Feder2021", 10, 15)
    assert first["use"] == "may decide"
    assert not first["comparator_arm"]
    duek_rows = people[people["study_id"] == "Duek2023"]
    assert set(duek_rows["use"]) == {"descriptive"}
    assert duek_rows["psychotherapy"].all()
    fall = duek_rows[duek_rows["definition"].str.contains("any fall")]
    assert list(fall["events"]) == [10, 10]
    assert set(evidence.infusion_minutes(table)["value"]) == {40, 60}
    assert list(evidence.monitoring(table)["value"]) == [4]
    assert evidence.dissociation(table)["value"].isna().all()


def test_loading_leaves_the_table_as_it_was(table):
    before = table.copy(deep=True)
    evidence.timeline_of_evidence(table)
    evidence.derive("Feder2021", "d", table=table)
    pd.testing.assert_frame_equal(table, before)
