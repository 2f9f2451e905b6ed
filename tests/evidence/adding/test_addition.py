"""New published figures: read with their places, planted errors caught, stored when asked."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tomllib
from pathlib import Path

import pytest

from analysis import evidence
from analysis.errors import ReliefError
from analysis.evidence import adding
from analysis.evidence.build import ADDED, PROVENANCE
from analysis.paths import PUBLISHED
from tests.evidence.adding.record_maker import changed, measure, record, sample, write

M = "resultsSection__outcomeMeasuresModule__outcomeMeasures"
PCL, RESPONSE = f"{M}__0", f"{M}__1"
FIRST = f"{PCL}__classes__1__categories__0__measurements__0"
P = "protocolSection"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "published"
    shutil.copytree(PUBLISHED, place)
    return place


# --- a record ------------------------------------------------------------------------------------


def test_a_record_becomes_rows_each_with_the_path_of_its_number(tmp_path):
    made = sample()
    found = adding.read(write(tmp_path, made))
    assert len(found.rows) == 14
    for row in found.rows:
        place = made
        for step in row["found_at"].replace("[", ".").replace("]", "").split("."):
            place = place[int(step)] if step.isdigit() else place[step]
        assert place == row["printed_value"]
        assert row["source_kind"] == "posted in a registry"
    after = [r for r in found.rows if r["hours_since_first_infusion"] == "24"]
    assert {(r["arm"], r["statistic"], r["value"]) for r in after} >= {
        ("ketamine", "mean", "34.6"), ("midazolam", "sd", "14.1"), ("ketamine", "events", "13"),
    }  # fmt: skip
    first = found.rows[0]
    assert (first["phase"], first["blinding"], first["route"], first["comparator_type"]) == (
        "before", "double", "intravenous", "active",
    )  # fmt: skip


def test_what_is_no_ptsd_scale_is_left_out_and_told(tmp_path):
    assert adding.read(write(tmp_path, sample())).left_out == (
        "MADRS total score: no PTSD scale in its title",
    )


def test_a_change_is_turned_by_the_sign_that_the_record_tells(tmp_path):
    made = record(
        measure(
            "Improvement in CAPS-5 from baseline",
            {"2 weeks": [("20.0", "9.0"), ("8.0", "8.5")]},
            description="Positive values indicate improvement. CAPS-5 of the past month.",
            timeFrame="Baseline and 2 weeks",
        )
    )
    rows = adding.read(write(tmp_path, made)).rows
    change = [r for r in rows if r["statistic"] == "mean_change"]
    assert [r["value"] for r in change] == ["-20.0", "-8.0"]
    assert {r["recall_hours_high"] for r in rows} == {"720"}
    assert {r["hours_since_first_infusion"] for r in rows} == {"336"}


def test_a_confidence_interval_of_a_mean_becomes_its_standard_error(tmp_path):
    entry = {"groupId": "OG000", "value": "34.6", "lowerLimit": "28.2", "upperLimit": "41.0"}
    other = {"groupId": "OG001", "value": "40.3", "lowerLimit": "34.2", "upperLimit": "46.4"}
    made = record(
        measure(
            "PCL-5",
            {"24 hours": [("1", "1"), ("1", "1")]},
            dispersionType="95% Confidence Interval",
        )
    )
    place = made["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    place["classes"][0]["categories"][0]["measurements"] = [entry, other]
    rows = adding.read(write(tmp_path, made)).rows
    se = next(r for r in rows if r["statistic"] == "se")
    # 12.8 / (2 x 2.0687), t with 23 df from a printed table.
    assert float(se["value"]) == pytest.approx(12.8 / (2 * 2.0687), abs=0.001)
    assert "interval" in se["derived"]
    assert se["found_at"].endswith("measurements[0].lowerLimit")


def test_a_trial_that_the_table_has_keeps_its_name(tmp_path):
    made = changed(**{f"{P}__identificationModule__nctId": "NCT02655692"})
    found = adding.read(write(tmp_path, made))
    assert found.ids[0] == "Abdallah2022-019"
    assert found.rows[0]["doi"] == "10.1038/s41386-022-01266-9"


def sequences(frame: str) -> dict:
    made = record(
        measure("IES-R", {"": [("20.0", "9.0"), ("31.0", "8.5")]}, timeFrame=frame),
        interventionModel="CROSSOVER",
    )
    place = made["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]
    for group, title in zip(place["groups"], ("Ketamine first, then midazolam", "Midazolam First"),
                            strict=True):  # fmt: skip
        group["title"] = title
    return made


def test_the_first_period_of_a_crossover_is_two_arms(tmp_path):
    rows = adding.read(write(tmp_path, sequences("7 days after first infusion"))).rows
    assert {(r["arm"], r["period"]) for r in rows} == {
        ("ketamine", "first"),
        ("midazolam", "first"),
    }
    assert {r["hours_since_first_infusion"] for r in rows} == {"168"}
    with pytest.raises(ReliefError, match="a sequence of a crossover"):
        adding.read(write(tmp_path, sequences("7 days after each infusion")))


def test_measures_that_cannot_be_placed_are_left_out_where_that_is_asked(tmp_path):
    made = record(
        measure("PCL-5", {"24 hours": [("34.6", "15.2"), ("40.3", "14.1")]}),
        measure("CAPS-5", {"End of treatment": [("20.0", "9.0"), ("31.0", "8.5")]}),
    )
    path = write(tmp_path, made)
    with pytest.raises(ReliefError, match="a span or an end"):
        adding.read(path)
    found = adding.read(path, placeable=True)
    assert {r["instrument"] for r in found.rows} == {"PCL-5"}
    assert len(found.left_out) == 1
    assert "a span or an end" in found.left_out[0]


PLANTED_IN_RECORDS = {
    "no JSON": ("{", "evidence.not-json"),
    "a key twice": ('{"protocolSection": {}, "protocolSection": {}}', "evidence.not-json"),
    "no study": ([1, 2], "evidence.not-json"),
    "no results": (changed(resultsSection=None), "evidence.no-results"),
    "no registry number": (
        changed(**{f"{P}__identificationModule__nctId": "12345"}), "evidence.no-source"),
    "another condition": (
        changed(**{f"{P}__conditionsModule__conditions": ["Depression"]}), "evidence.condition"),
    "prevention": (
        changed(**{f"{P}__designModule__designInfo__primaryPurpose": "PREVENTION"}),
        "evidence.prevention"),
    "no ketamine": (
        changed(**{f"{P}__armsInterventionsModule": {"armGroups": []}}), "evidence.condition"),
    "two scales in a title": (changed(**{f"{PCL}__title": "PCL-5 and CAPS-5"}), "evidence.unit"),
    "a median": (changed(**{f"{PCL}__paramType": "MEDIAN"}), "evidence.unit"),
    "another unit": (changed(**{f"{PCL}__unitOfMeasure": "percent change"}), "evidence.unit"),
    "another dispersion": (
        changed(**{f"{PCL}__dispersionType": "Inter-Quartile Range"}), "evidence.unit"),
    "no dispersion": (changed(**{f"{PCL}__dispersionType": None}), "evidence.unit"),
    "a change without a sign": (
        changed(**{f"{PCL}__title": "Change in PCL-5", f"{PCL}__description": "Total score"}),
        "evidence.sign"),
    "higher is better": (
        changed(**{f"{PCL}__description": "Higher scores indicate better outcome"}),
        "evidence.sign"),
    "two recall windows": (
        changed(**{f"{PCL}__description": "Past week at visits, past month at baseline"}),
        "evidence.window"),
    "day 1 without day 0": (
        changed(**{f"{PCL}__classes__1__title": "Day 1"}), "evidence.window"),
    "a span": (changed(**{f"{PCL}__classes__1__title": "Up to 4 weeks"}), "evidence.window"),
    "no time": (changed(**{f"{PCL}__classes__1__title": "Endpoint"}), "evidence.window"),
    "two entries of one time": (
        changed(**{f"{PCL}__classes__1__title": "7 days"}), "evidence.window"),
    "a drug that is not known": (
        changed(**{f"{PCL}__groups__1__title": "Arm B", f"{PCL}__groups__1__description": "B"}),
        "evidence.arm"),
    "two drugs in a group": (
        changed(**{f"{PCL}__groups__1__title": "Ketamine or midazolam"}), "evidence.arm"),
    "the same arm twice": (
        changed(**{f"{PCL}__groups__1__title": "Ketamine"}), "evidence.arm"),
    "a figure of no group": (changed(**{f"{FIRST}__groupId": "OG009"}), "evidence.arm"),
    "no denominator": (changed(**{f"{PCL}__denoms": []}), "evidence.denominator"),
    "people in parts": (
        changed(**{f"{PCL}__denoms__0__counts__0__value": "23.5"}), "evidence.denominator"),
    "more events than people": (
        changed(**{f"{RESPONSE}__classes__0__categories__0__measurements__0__value": "31"}),
        "evidence.denominator"),
    "people counted of what": (
        changed(**{f"{RESPONSE}__title": "PCL-5, worse than before"}), "evidence.unit"),
    "no number": (changed(**{f"{FIRST}__value": "34,6"}), "evidence.number"),
    "a spread of zero": (changed(**{f"{FIRST}__spread": "0"}), "evidence.number"),
    "a mean above the scale": (changed(**{f"{FIRST}__value": "94.6"}), "evidence.out-of-scale"),
    "a spread wider than the scale": (
        changed(**{f"{FIRST}__spread": "52.0"}), "evidence.out-of-scale"),
    "a measure that is no object": (changed(**{f"{PCL}": "PCL-5"}), "evidence.shape"),
    "a denominator that is text": (changed(**{f"{PCL}__denoms__0": "24"}), "evidence.shape"),
    "groups that are no list": (changed(**{f"{PCL}__groups": True}), "evidence.shape"),
    "a value that is a list": (changed(**{f"{FIRST}__value": ["34.6"]}), "evidence.shape"),
    "a control character": (changed(**{f"{PCL}__title": "PCL-5\x00"}), "evidence.shape"),
    "half of a pair of characters": (
        changed(**{f"{PCL}__title": "PCL-5 \ud800"}), "evidence.shape"),
    "a text without end": (changed(**{f"{PCL}__description": "é" * 6000}), "evidence.shape"),
    "digits of another script": (changed(**{f"{FIRST}__spread": "١٥"}), "evidence.number"),
    "people without end": (
        changed(**{f"{PCL}__denoms__0__counts__0__value": "9" * 400}), "evidence.denominator"),
    "two denominators of a group": (
        changed(**{f"{PCL}__denoms__0__counts": lambda told: [
            *told, {"groupId": "OG000", "value": "12"}]}), "evidence.denominator"),
    "a count in per cent": (
        changed(**{f"{RESPONSE}__unitOfMeasure": "percent of participants"}), "evidence.unit"),
    "a time of 0": (changed(**{f"{PCL}__classes__1__title": "0 hours"}), "evidence.window"),
    "an estimate outside its interval": (
        changed(**{
            f"{PCL}__dispersionType": "95% Confidence Interval",
            f"{PCL}__classes": lambda told: told[1:2],
            f"{PCL}__classes__0__categories__0__measurements": [
                {"groupId": "OG000", "value": "34.6", "lowerLimit": "36.0", "upperLimit": "41.0"},
                {"groupId": "OG001", "value": "40.3", "lowerLimit": "34.2", "upperLimit": "46.4"},
            ]}), "evidence.contradicts-itself"),
    "nothing on a PTSD scale": (
        record(measure("MADRS", {"24 hours": [("15", "7"), ("17", "8")]})), "evidence.no-rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED_IN_RECORDS)
def test_an_error_planted_in_a_record_is_caught(what, tmp_path):
    made, rule = PLANTED_IN_RECORDS[what]
    with pytest.raises(ReliefError) as refused:
        adding.read(write(tmp_path, made))
    assert refused.value.rule == rule
    assert "record.json" in refused.value.message


# --- a table of rows -----------------------------------------------------------------------------

ROW = {
    "study_id": "Made2027", "doi": "10.9999/made", "design": "randomised parallel",
    "comparator": "active (midazolam)", "arm": "ketamine_vs_midazolam", "n": "40",
    "instrument": "PCL-5", "recall_window": "past month (scale standard)",
    "hours_since_first_infusion": "24", "hours_since_last_infusion": "24", "statistic": "diff",
    "value": "-6.0", "unit": "points", "improvement_sign": "negative",
    "read_from": "published abstract",
}  # fmt: skip
LIMITS = ({"statistic": "ci_low", "value": "-11.0"}, {"statistic": "ci_high", "value": "-1.0"})


def table_of(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def rows(*changes: dict[str, str]) -> str:
    return table_of(*(ROW | change for change in changes))


def without(column: str) -> str:
    return table_of({k: v for k, v in ROW.items() if k != column})


def test_a_row_is_read_and_turned(tmp_path):
    other = {"improvement_sign": "positive"}
    text = rows(
        other | {"value": "6.0"},
        other | {"statistic": "ci_low", "value": "1.0"},
        other | {"statistic": "ci_high", "value": "11.0"},
    )
    found = adding.read(write(tmp_path, text, "rows.csv"))
    told = {row["statistic"]: row["value"] for row in found.rows}
    assert told == {"diff": "-6.0", "ci_high": "-1.0", "ci_low": "-11.0"}
    table = adding.with_rows(found)
    assert evidence.derive("Made2027", "se", table=table)["value"] == pytest.approx(2.551, abs=1e-3)


PLANTED_IN_ROWS = {
    "a column too many": (rows({"mood": "x"}), "evidence.header"),
    "a column too few": (without("arm"), "evidence.header"),
    "no row": (rows({}).splitlines()[0] + "\n", "evidence.no-rows"),
    "a cell too many": (rows({}).rstrip("\n") + ",x\n", "evidence.number"),
    "no source": (rows({"doi": ""}), "evidence.no-source"),
    "nothing that was read": (rows({"read_from": ""}), "evidence.no-source"),
    "an unknown scale": (rows({"instrument": "PCL-6"}), "evidence.word"),
    "an unknown statistic": (rows({"statistic": "difference"}), "evidence.word"),
    "an unknown window": (rows({"recall_window": "lately"}), "evidence.word"),
    "an unknown sign": (rows({"improvement_sign": "up"}), "evidence.word"),
    "no sign": (rows({"improvement_sign": ""}), "evidence.sign"),
    "another unit": (rows({"unit": "SD"}), "evidence.unit"),
    "a comma": (rows({"value": "-6,0"}), "evidence.number"),
    "words for a number": (rows({"value": "about six"}), "evidence.number"),
    "a name with blanks": (rows({"study_id": "Made et al."}), "evidence.number"),
    "a difference wider than the scale": (rows({"value": "-95"}), "evidence.out-of-scale"),
    "an estimate outside its limits": (rows({"value": "-0.5"}, *LIMITS),
                                       "evidence.contradicts-itself"),
    "limits the wrong way round": (
        rows({}, LIMITS[0] | {"value": "-1.0"}, {"statistic": "ci_high", "value": "-9"}),
        "evidence.contradicts-itself"),
    "a p that the interval denies": (
        rows({}, *LIMITS, {"statistic": "p", "value": "0.6", "unit": "", "improvement_sign": ""}),
        "evidence.contradicts-itself"),
    "two values of one figure": (rows({}, {"value": "-7.0"}), "evidence.contradicts-itself"),
    "prevention": (rows({"note": "to prevent PTSD after surgery"}), "evidence.prevention"),
    "one limit alone": (rows({}, LIMITS[0]), "limits"),
    "a standard error of zero": (
        rows({"statistic": "se", "value": "0", "improvement_sign": ""}), "evidence.out-of-scale"),
    "hours before the infusion": (rows({"hours_since_first_infusion": "-2"}), "hours"),
    "the last infusion before the first": (rows({"hours_since_first_infusion": "12"}), "hours"),
    "a contrast with nothing": (rows({"comparator": "none"}), "comparator"),
    "a figure that is there": (
        rows({"study_id": "Feder2014", "doi": "10.1001/jamapsychiatry.2014.62",
              "instrument": "IES-R", "value": "-12.7",
              "recall_window": "past 7 days (scale standard)"}), "evidence.already-there"),
    "a figure that is there under another name": (
        rows({"study_id": "Feder14", "doi": "10.1001/jamapsychiatry.2014.62",
              "instrument": "IES-R", "value": "-12.9",
              "recall_window": "past 7 days (scale standard)"}), "evidence.already-there"),
    "digits of another script": (rows({"value": "-٦"}), "evidence.number"),
    "people without end": (rows({"n": "9" * 400}), "type"),
    "no text": ("\x00\x01", "evidence.file"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED_IN_ROWS)
def test_an_error_planted_in_a_row_is_caught(what, tmp_path):
    text, rule = PLANTED_IN_ROWS[what]
    path = write(tmp_path, text, "rows.csv")
    if what == "no text":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReliefError) as refused:
        adding.read(path)
    assert refused.value.rule == rule


def test_the_sources_that_are_known_and_refused_are_refused_by_those_rules(tmp_path):
    listed = tomllib.loads((PUBLISHED / "refused_sources.toml").read_text(encoding="utf-8"))
    made = {
        "WJP2026": rows({"study_id": "WJP2026", "design": "retrospective cohort, prevention",
                         "arm": "esketamine", "n": "112", "instrument": "flow",
                         "statistic": "events", "value": "22", "unit": "people",
                         "improvement_sign": "harm", "recall_window": ""}),
        "Almeida2024": rows(*(
            {"study_id": "Almeida2024", "design": "meta-analysis", "comparator": "",
             "arm": "ketamine_vs_control", "instrument": "PTSD scales pooled", "recall_window": "",
             "hours_since_first_infusion": "", "hours_since_last_infusion": "", "unit": "SD",
             "improvement_sign": "positive", "statistic": statistic, "value": value}
            for statistic, value in (("g", "0.25"), ("g_ci_low", "0.57"), ("g_ci_high", "17.02")))),
    }  # fmt: skip
    for source in listed["source"]:
        with pytest.raises(ReliefError) as refused:
            adding.read(write(tmp_path, made.pop(source["study_id"]), "rows.csv"))
        assert refused.value.rule == source["rule"]
        assert source["study_id"] not in set(evidence.load()["study_id"])
    assert not made


# --- storing -------------------------------------------------------------------------------------


def test_rows_are_stored_behind_those_there_with_their_record(folder, tmp_path):
    before = (folder / ADDED).read_bytes()
    found = adding.read(write(tmp_path, sample()), folder)
    assert (folder / ADDED).read_bytes() == before
    adding.store(found, folder)
    assert (folder / ADDED).read_bytes().startswith(before)
    assert len(evidence.load(folder)) == len(evidence.load()) + 14
    told = tomllib.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    assert [f["rows"] for f in told["file"] if f["name"] == ADDED] == [37 + 14]
    with pytest.raises(ReliefError, match="has this figure already"):
        adding.read(write(tmp_path, sample()), folder)


def test_the_first_rows_make_the_file(folder, tmp_path):
    (folder / ADDED).unlink()
    adding.store(adding.read(write(tmp_path, sample()), folder), folder)
    assert len(evidence.load(folder)) == 217 + 14


def test_the_made_up_record_is_json_as_the_registry_gives_it():
    assert json.loads(json.dumps(sample())) == sample()
    assert set(sample()) == {"protocolSection", "resultsSection", "hasResults"}
