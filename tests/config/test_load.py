"""study.toml: what is accepted, and one sentence for what is not."""

from __future__ import annotations

import pytest

from analysis.config import load_config
from analysis.errors import ReliefError
from tests.factory import toml, write_study


def refused(tmp_path, text: str | bytes) -> ReliefError:
    path = tmp_path / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ReliefError) as caught:
        load_config(path)
    assert caught.value.message.startswith("study.toml")
    assert str(tmp_path) not in caught.value.message
    return caught.value


def test_a_valid_study_declares_its_design(tmp_path):
    design = load_config(write_study(tmp_path)).design()
    assert (design.active_arm, design.comparator_arm) == ("ketamine", "midazolam")
    assert design.title == "made-up"


def test_what_is_not_declared_stays_open(tmp_path):
    design = load_config(write_study(tmp_path, declared="")).design()
    told = (design.randomised, design.concurrent, design.blinded, design.planned_per_arm,
            design.looks, design.look_level, design.registration, design.primary_arm)  # fmt: skip
    assert told == (None,) * 8


@pytest.mark.parametrize(
    ("planned", "by_treatment"),
    [
        ("30", {"ketamine": 30, "midazolam": 30}),
        ("{ ketamine = 30, midazolam = 60 }", {"ketamine": 30, "midazolam": 60}),
    ],
)
def test_people_may_be_planned_alike_or_by_arm(tmp_path, planned, by_treatment):
    declared = f'planned_per_arm = {planned}\nregistration = "NCT00000000 2024-12-01"'
    design = load_config(write_study(tmp_path, declared=declared)).design()
    assert design.planned_per_arm == by_treatment
    assert design.registration == "NCT00000000 2024-12-01"


def test_a_crossover_needs_no_arm(tmp_path):
    assert load_config(write_study(tmp_path, design="crossover", arm="")).subjects.arm is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": 'timezone = "Detroit"'}, "[study] timezone: timezone must be an IANA name"),
        ({"zone": 'timezone = "localtime"'}, "IANA"),
        ({"zone": 'timezone = ""'}, "IANA"),
        ({"zone": 'timezone = "../etc/passwd"'}, "IANA"),
        ({"section": 'datetime_format = "%H:%M"'}, "year, month and day"),
        ({"arms": '{ mdz = "midazolam" }'}, "ketamine"),
        ({"arms": '{ ket = "ketamine" }'}, "exactly two treatments"),
        ({"arms": '{ ket = "ketamine", " " = "midazolam" }'}, "not blank"),
        ({"comparator": "none"}, "more than one treatment"),
        ({"comparator": "placebo"}, "[study] comparator"),
        ({"design": "single-arm"}, "single-arm"),
        ({"arm": ""}, "arm ="),
        ({"version": "standard"}, "version of PCL-5-now"),
        ({"instrument": "PCL-6"}, "must be one of"),
        ({"recall_hours": -1}, "number 1 recall_hours"),
        ({"recall_hours": "true"}, "recall_hours"),
        ({"recall_hours": "inf"}, "recall_hours"),
        ({"values": ""}, "items ="),
        ({"values": 'items = "item"'}, "place for the item number"),
        ({"values": 'items = "{:999999999d}"'}, "place for the item number"),
        ({"values": 'items = "{0.__class__}"'}, "place for the item number"),
        ({"values": 'items = "item_{:02d}"\nhours = "h"'}, "exactly one of time"),
        ({"infusions": 'start_hours = "s"'}, "exactly one of start"),
        ({"infusions": 'end_hours = "s"'}, "all be hours"),
        ({"files": 'separator = ";;"'}, "separator"),
        ({"files": 'separator = ","\ndecimal = ","'}, "both be a comma"),
        ({"files": 'encoding = "rot13"'}, "encoding"),
        ({"files": 'encoding = "unicode_escape"'}, "encoding"),
        ({"files": 'encoding = "no-such"'}, "encoding"),
        ({"missing_codes": '["0"]'}, "missing code"),
        ({"missing_codes": "[9]"}, "missing_codes"),
        ({"declared": 'randomised = "yes"'}, "[study] randomised: write true or false"),
        ({"declared": "concurrent = 1"}, "[study] concurrent: write true or false"),
        ({"declared": 'blinded = "triple"'}, "[study] blinded: input should be 'double'"),
        ({"declared": "planned_per_arm = 0"}, "how many people were planned for each arm"),
        ({"declared": "planned_per_arm = {}"}, "how many people were planned for each arm"),
        ({"declared": "planned_per_arm = { ketamine = 30.5, midazolam = 30 }"}, "planned for each"),
        ({"declared": "planned_per_arm = { ket = 30, mdz = 30 }"}, "of arms: ketamine, midazolam"),
        ({"declared": "looks = 0"}, "how many times the data were judged or will be"),
        ({"declared": "looks = 2\nlook_level = 0.5"}, "above 0 and below 0.5"),
        ({"declared": "looks = 1\nlook_level = 0.01"}, "looked at more than once"),
        ({"declared": 'look_level = "0.01"'}, "above 0 and below 0.5"),
        ({"declared": 'registration = "NCT00000000"'}, "the id and the date"),
        ({"declared": 'registration = "NCT00000000 2025-02-30"'}, "the id and the date"),
        ({"declared": "registration = 2025-03-01"}, "the id and the date"),
        ({"declared": 'primary_arm = "midazolam"'}, "primary_arm must be one of ketamine"),
        ({"declared": 'primary_arm = "ketamine"', "design": "crossover"}, "with a crossover"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence_that_names_the_key(tmp_path, changes, words):
    error = refused(tmp_path, toml(**changes))
    assert error.rule == "config.value"
    assert words in error.message


def test_a_wrong_value_is_not_repeated(tmp_path):
    error = refused(tmp_path, toml(zone='timezone = "Zebra4711Quartz"'))
    assert "Zebra4711Quartz" not in error.message


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("[study\n", "config.syntax", "line 1"),
        ("x = " + "9" * 5000, "config.syntax", "not valid TOML"),
        ("x = " + "[" * 100_000, "config.syntax", "not valid TOML"),
        ("x = 1\nx = 2\n", "config.syntax", "line 2"),
        (b"\xff\xfe\x00", "config.file", "UTF-8"),
        (toml() + "\nodd = 1", "config.unknown-key", "[[assessments]] number 1 odd"),
        (toml().replace('name = "made-up"', ""), "config.missing", "name = ..."),
        (toml().partition("[infusions]")[0], "config.missing", "table [infusions]"),
        ("", "config.missing", "table [study]"),
        (toml(zone='timezone = "TODO"  # which?'), "config.open-point", "still TODO (which?)"),
    ],
)  # fmt: skip
def test_what_is_no_study_is_refused(tmp_path, text, rule, words):
    error = refused(tmp_path, text)
    assert error.rule == rule
    assert words in error.message


def test_a_file_that_is_absent_is_said_to_be(tmp_path):
    with pytest.raises(ReliefError, match="There is no file"):
        load_config(tmp_path / "study.toml")


def test_one_clock_for_all_tables(tmp_path):
    text = toml(zone="").replace('time = "when"', 'hours = "when"')
    assert "share one clock" in refused(tmp_path, text).message


def test_the_primary_instrument_must_be_a_known_one(tmp_path):
    text = toml().replace('primary = "PCL-5-now"', 'primary = "PCL-6"')
    assert "primary must be one of" in refused(tmp_path, text).message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"missing_codes": "[-9]"}, "[study] missing_codes: write a text in quotation marks"),
        ({"arms": '["ket"]'}, "[study] arms: write a table of texts"),
        ({"name": "a/b"}, "[study] name: only letters"),
        ({"values": 'items = "item_{:02d}"\ncomplete = ["yes"]'}, "complete goes with status"),
        ({"infusions": 'statuses = { a = "stopped" }'}, "statuses goes with status"),
    ],
)
def test_what_is_meant_is_said_without_python(tmp_path, changes, words):
    assert words in refused(tmp_path, toml(**changes)).message


def test_one_bracket_too_few_or_too_many_is_said(tmp_path):
    assert (
        "double brackets"
        in refused(
            tmp_path, toml().replace("[[assess", "[assess").replace("ments]]", "ments]")
        ).message
    )
    assert (
        "single brackets" in refused(tmp_path, toml().replace("[subjects]", "[[subjects]]")).message
    )


@pytest.mark.parametrize("point", ['population="TODO"', "population = 'TODO'"])
def test_an_open_point_is_one_however_it_is_written(tmp_path, point):
    assert (
        refused(tmp_path, toml().replace('population = "PTSD"', point)).rule == "config.open-point"
    )


@pytest.mark.parametrize(
    ("key", "declared", "found"),
    [
        ("design", '"paralell"', "'paralell'"),
        ("items", '"pcl5"', "'pcl5'"),
        ("blinded", '"doubly"', "'doubly'"),
        ("version", '"right now"', "'right now'"),
        ("registration", '"NCT00000000"', "'NCT00000000'"),
        ("datetime_format", '"%H:%M"', "'%H:%M'"),
        ("looks", "0", "0"),
    ],
)
def test_a_pattern_or_word_that_does_not_fit_is_told_as_it_was_found(
    tmp_path, key, declared, found
):
    lines = write_study(tmp_path).read_text(encoding="utf-8").splitlines()
    table = "[[assessments]]" if key in ("items", "version") else "[study]"
    lines = [line for line in lines if line.split(" = ")[0] != key]
    at = lines.index(table) + 1
    text = "\n".join([*lines[:at], f"{key} = {declared}", *lines[at:]])
    assert refused(tmp_path, text).message.endswith(f"; found {found}.")


def test_of_a_name_only_the_character_that_does_not_belong_is_told(tmp_path):
    text = write_study(tmp_path).read_text(encoding="utf-8")
    told = refused(tmp_path, text.replace('name = "made-up"', 'name = "Doe, Jane"', 1)).message
    assert told.endswith("; found ','.")
    assert "Doe" not in told


@pytest.mark.parametrize("scale", ["RSDI", "PC-PTSD-5", "d-PCL"])
def test_the_name_of_a_scale_is_written_as_it_is(tmp_path, scale):
    error = refused(tmp_path, toml(instrument=scale, version="standard"))
    assert f": {scale} " in error.message
