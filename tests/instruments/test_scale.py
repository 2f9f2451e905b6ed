"""The instrument table against the facts it was taken from, attribute by attribute."""

from __future__ import annotations

import csv
import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from analysis import instruments
from analysis.errors import ReliefError
from analysis.instruments.facts import CONFIDENCE
from analysis.paths import open_data_folder

SCALES = files("analysis.instruments").joinpath("scales")
TOMLS = [path.read_text(encoding="utf-8") for path in sorted(SCALES.iterdir(), key=str)]
ENTRIES = {name: entry for text in TOMLS for name, entry in tomllib.loads(text).items()}
EVERY = pytest.mark.parametrize("scale", instruments.known().values(), ids=lambda scale: scale.name)


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    """Facts, read where they lie beside the open data."""
    folder = open_data_folder()
    path = None if folder is None else folder.parent / "facts" / "instruments.csv"
    if path is None or not path.is_file():
        pytest.skip("facts/instruments.csv is not beside the folder that RELIEF_DATA names")
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def by_scale(lines: list[dict[str, str]], column: str) -> dict[str, dict[str, str]]:
    """One column of the facts by scale and attribute; SUDS and VAS share their rows."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        for name in line["instrument"].split("/"):
            found.setdefault(name, {})[line["attribute"]] = line[column]
    return found


@pytest.fixture(scope="module")
def facts(lines) -> dict[str, dict[str, str]]:
    """Facts by instrument and attribute."""
    return by_scale(lines, "value")


def numbers(text: str) -> list[int]:
    """Item numbers of a list such as "1,2,3" or "8-14"."""
    found: list[int] = []
    for low, high in re.findall(r"(\d+)(?:-(\d+))?", text):
        found += range(int(low), int(high or low) + 1)
    return found


@pytest.mark.parametrize(
    ("name", "count", "total"),
    [
        ("PCL-5", "20", "0-80"),
        ("PCL-5-now", "14", "0-56"),
        ("CAPS-5", "20 symptom items scored", "0-80"),
        ("IES-R", "22", "0-88"),
        ("MADRS", "10", "0-60"),
        ("HAM-D17", "17", "0-52"),
        ("CADSS", "23", "0-92"),
        ("PSS-I-5", "20 symptom items scored", "0-80"),
        ("PDS-5", "20 symptom items scored", "0-80"),
        ("QIDS-SR16", "16", "0-27"),
        ("PHQ-9", "9", "0-27"),
        ("BDI-II", "21", "0-63"),
        ("HAM-A", "14", "0-56"),
        ("GAD-7", "7", "0-21"),
        ("CGI-S", "1", "1-7"),
        ("BPRS+", "4", "0-24"),
        ("DES-II", "28", "0-100"),
    ],
)
def test_counts_ranges_and_totals(facts, name, count, total):
    scale, told = instruments.get(name), facts[name]
    version = next(iter(scale.versions))
    assert count in told["item_count"]
    assert len(scale.item_numbers(version)) == int(count.split()[0])
    assert total in told["total_range"]
    assert scale.total_range(version) == tuple(float(x) for x in total.split("-"))
    low, high = re.findall(r"\d+", told["item_range"])[:2]
    assert scale.item_min == float(low)
    assert max(scale.item_max(version)) == float(high)


def test_hamd17_items_of_two_points(facts):
    two = numbers(facts["HAM-D17"]["item_range"].split("(")[1])
    assert two == [4, 5, 6, 12, 13, 14, 16, 17]
    scale = instruments.get("HAM-D17")
    assert [n for n, top in zip(scale.numbers, scale.item_maxima, strict=True) if top == 2] == two


def test_hamd6_is_six_items_of_the_hamd17():
    long, short = instruments.get("HAM-D17"), instruments.get("HAM-D6")
    largest = dict(zip(long.numbers, long.item_maxima, strict=True))
    assert short.item_maxima == tuple(largest[n] for n in short.numbers)
    assert short.numbers == (1, 2, 7, 8, 10, 13)
    assert short.total_range("standard") == (0, 22)


def test_dsm5_clusters(facts):
    told = facts["PCL-5"]["clusters"]
    keys = {
        letter: numbers(span) for letter, span in re.findall(r"([BCDE])(?: items)? ([\d-]+)", told)
    }
    for name in ("PCL-5", "CAPS-5"):
        own = [list(items) for items in instruments.get(name).subscales.values()]
        assert own == [keys[letter] for letter in "BCDE"]
    told = facts["PCL-5-now"]["clusters"]
    keys = {part.split()[0]: numbers(part.split(" ", 1)[1]) for part in told.split("; ")}
    own = [list(items) for items in instruments.get("PCL-5-now").subscales.values()]
    assert own == [keys[letter] for letter in "BCDE"]


def test_the_right_now_form_leaves_out_what_a_chair_cannot_show(facts):
    told = facts["PCL-5-now"]["item_count"]
    left_out = {2, 7, 8, 12, 16, 20}
    source = instruments.get("PCL-5-now").source
    assert all(str(item) in source for item in left_out)
    assert set(range(1, 21)) - set(instruments.get("PCL-5-now").numbers) == left_out
    assert told.startswith("14 of the PCL-5 items")


def test_iesr_has_two_keys_that_differ_in_item_14(facts):
    told = facts["IES-R"]
    scale = instruments.get("IES-R")
    key_b = dict(part.split(" ", 1) for part in told["clusters_key_B_items"].split("; "))
    assert {name: sorted(items) for name, items in scale.subscale_keys["B"].items()} == {
        name: numbers(items) for name, items in key_b.items()
    }
    # Key A: intrusion in full, the sizes of the others, and the item that moves.
    key_a = scale.subscale_keys["A"]
    intrusion = re.search(r"intrusion 7 \(([\d,]+);", told["clusters_key_A"])[1]
    assert list(key_a["intrusion"]) == numbers(intrusion)
    assert [len(items) for items in key_a.values()] == [7, 8, 7]
    moved = {name: set(key_a[name]) ^ set(scale.subscale_keys["B"][name]) for name in key_a}
    assert moved == {"intrusion": {14}, "avoidance": set(), "hyperarousal": {14}}
    assert scale.subscale_score == "mean"


def test_cadss_versions(facts):
    scale = instruments.get("CADSS")
    ranges = {"23-item": (0, 92), "19-item": (0, 76), "27-item": (0, 108), "6-item": (0, 24)}
    assert {version: scale.total_range(version) for version in scale.versions} == ranges
    for version in ("23-item", "19-item", "6-item"):
        assert f"{ranges[version][0]}-{ranges[version][1]}" in facts["CADSS"]["total_range"]
    six = numbers(facts["CADSS"]["cadss6_items"].split("of the")[0])
    assert list(scale.item_numbers("6-item")) == six == [1, 2, 6, 7, 15, 22]


@pytest.mark.parametrize(
    ("name", "attribute", "words", "hours"),
    [
        ("PCL-5", "recall_published", "past month", 720),
        ("CAPS-5", "recall_published", "past month", 720),
        ("IES-R", "recall_published", "past 7 days", 168),
        ("MADRS", "recall_published", "7-day", 168),
        ("HAM-D17", "recall_published", "past week", 168),
        ("CADSS", "recall_published", "at this time", 0),
        ("PCL-5-now", "recall_published", "right-now", 0),
        ("PSS-I-5", "recall_published", "past month", 720),
        ("PDS-5", "recall_published", "past month", 720),
        ("QIDS-SR16", "recall_published", "past 7 days", 168),
        ("PHQ-9", "recall_published", "past 2 weeks", 336),
        ("BDI-II", "recall_published", "past two weeks", 336),
        ("HAM-A", "recall_published", "past week", 168),
        ("GAD-7", "recall_published", "past 2 weeks", 336),
        ("CGI-S", "recall_published", "past 7 days", 168),
        ("SUDS", "recall_published", "right now", 0),
        ("VAS", "recall_published", "right now", 0),
        ("BPRS+", "recall_published", "current state", 0),
        ("C-SSRS", "screener", "past month", 720),
    ],
)
def test_recall_windows(facts, name, attribute, words, hours):
    assert words in facts[name][attribute]
    scale = instruments.get(name)
    assert scale.recall_hours == hours
    assert next(iter(scale.versions.values())) == hours


def test_recall_windows_of_other_versions(facts):
    assert "past-week form" in facts["PCL-5"]["recall_variants"]
    assert instruments.get("PCL-5").versions["past-week"] == 168
    assert "past week" in facts["CAPS-5"]["recall_variants"]
    assert instruments.get("CAPS-5").versions["past-week"] == 168
    assert "MADRS-24hr" in facts["MADRS"]["recall_variants"]
    assert instruments.get("MADRS").versions["past-day"] == 24
    assert "two weeks" in facts["PSS-I-5"]["recall_variants"]
    assert instruments.get("PSS-I-5").versions["two-weeks"] == 336
    # No duration, no number.
    assert "not a duration" in facts["C-SSRS"]["recall_variants"]
    assert np.isnan(instruments.get("C-SSRS").versions["since-last-visit"])
    assert facts["DES-II"]["recall_published"].startswith("no window")
    assert np.isnan(instruments.get("DES-II").recall_hours)


def test_thresholds(facts):
    def threshold(name: str, attribute: str) -> float:
        return getattr(instruments.get(name), attribute).value

    assert max(map(int, re.findall(r">=(\d+)", facts["PCL-5"]["reliable_change"]))) == 18
    assert threshold("PCL-5", "reliable_change") == 18
    assert max(map(int, re.findall(r">=(\d+)", facts["CAPS-5"]["reliable_change"]))) == 13
    assert threshold("CAPS-5", "reliable_change") == 13
    assert facts["PCL-5"]["mcid"].startswith("9-12 points")
    assert 9.8 <= threshold("PCL-5", "minimal_important_difference") <= 11.7
    assert "anchor 9.8-11.7" in facts["PCL-5"]["mcid"]
    assert facts["PCL-5"]["clinically_significant_change"] == "end score <=28"
    assert threshold("PCL-5", "remission") == 28
    assert facts["CAPS-5"]["clinically_significant_change"] == "end score <=8"
    assert threshold("CAPS-5", "remission") == 8
    assert "1.6-1.9 points" in facts["MADRS"]["mcid"]
    assert threshold("MADRS", "minimal_important_difference") == 1.9
    assert facts["BDI-II"]["mcid"].endswith("-3.5 points at moderate severity")
    assert threshold("BDI-II", "minimal_important_difference") == 3.5
    assert "1.7 points" in facts["PHQ-9"]["mcid"]
    assert threshold("PHQ-9", "minimal_important_difference") == 1.7
    assert facts["GAD-7"]["mcid"] == "4 points"
    assert threshold("GAD-7", "minimal_important_difference") == 4
    assert facts["HAM-D17"]["mcid"].startswith("3 points")
    assert threshold("HAM-D17", "minimal_important_difference") == 3


@pytest.mark.parametrize(
    ("name", "attribute", "words", "value", "how"),
    [
        ("PCL-5", "cut_score", "31-33", 33, "at_least"),
        ("IES-R", "cut_score", "33 ", 33, "at_least"),
        ("PSS-I-5", "cut_score", "23", 23, "at_least"),
        ("PDS-5", "cut_score", "28", 28, "at_least"),
        ("GAD-7", "cut_score", ">=10", 10, "at_least"),
        ("DES-II", "cut_score", "30", 30, "at_least"),
        ("MADRS", "remission_definition", "<=9", 9, "at_most"),
        ("HAM-D17", "remission_definition", "<=7", 7, "at_most"),
        ("QIDS-SR16", "remission_definition", "<=5", 5, "at_most"),
        ("CGI-I", "response_definition", "<=2", 2, "at_most"),
        ("CAPS-5", "response_definition", ">=30%", 0.3, "share"),
        ("MADRS", "response_definition", ">=50%", 0.5, "share"),
        ("HAM-D17", "response_definition", ">=50%", 0.5, "share"),
        ("QIDS-SR16", "response_definition", ">=50%", 0.5, "share"),
    ],
)
def test_cuts_remission_and_response(facts, name, attribute, words, value, how):
    assert words in facts[name][attribute]
    scale = instruments.get(name)
    threshold = {"cut": scale.cut, "rem": scale.remission, "res": scale.response}[attribute[:3]]
    assert (threshold.value, threshold.how) == (value, how)


def test_bands_of_severity(facts):
    assert facts["PHQ-9"]["severity_bands"] == "5/10/15/20"
    assert instruments.get("PHQ-9").bands == (5, 10, 15, 20)
    lowest = [int(band.split("-")[0]) for band in facts["QIDS-SR16"]["severity_bands"].split(", ")]
    assert list(instruments.get("QIDS-SR16").bands) == lowest[1:] == [6, 11, 16, 21]
    # As the platform that facts.bands of the scale names gives them.
    assert instruments.get("BDI-II").bands == (14, 20, 29)


def test_special_rules_are_those_of_the_facts(facts):
    qids = instruments.get("QIDS-SR16")
    told = "max(1-4) sleep; 5 mood; max(6-9) appetite/weight; 10; 11; 12; 13; 14; max(15,16)"
    assert told in facts["QIDS-SR16"]["special_rule"]
    wanted = [numbers(part) for part in told.split("; ")]
    assert [list(items) for items in qids.domains] == wanted
    assert "items 6/7 and 8/9 are alternatives" in facts["QIDS-SR16"]["special_rule_exclusive"]
    assert qids.alternatives == ((6, 7), (8, 9))
    assert "items 16 (sleep) and 18 (appetite)" in facts["BDI-II"]["special_rule"]
    options = facts["BDI-II"]["special_rule"].split("mapping to ")[1].split(";")[0]
    for coding in instruments.get("BDI-II").codings.values():
        assert coding.items == (16, 18)
        assert list(coding.special.values()) == [int(point) for point in options.split(",")]
    assert "code 3" in facts["HAM-D17"]["special_rule"]
    assert "weight/insight" in facts["HAM-D17"]["special_rule"]
    assert instruments.get("HAM-D17").not_assessed("standard") == {16: 3, 17: 3}
    assert "0 sometimes = not assessed" in facts["CGI-S"]["item_range"]
    assert instruments.get("CGI-S").not_assessed("standard") == {1: 0}
    assert "reduced sleep and appetite" in facts["MADRS"]["recall_variants"]
    assert "item 4 sleep, 5 appetite" in facts["MADRS"]["suggested_ids"]
    madrs = instruments.get("MADRS")
    assert madrs.not_assessable == {"past-day": (4, 5)}
    assert set(madrs.numbers) - set(madrs.item_numbers("past-day-8-item")) == {4, 5}
    assert madrs.total_range("past-day-8-item") == (0, 48)


def test_versions_of_the_same_items_differ_in_range(facts):
    bprs = instruments.get("BPRS+")
    assert "0-24 or 4-28: offset of 4" in facts["BPRS+"]["total_range"]
    assert [bprs.total_range(version) for version in ("0-6", "1-7")] == [(0, 24), (4, 28)]
    assert [bprs.item_low(version) for version in ("0-6", "1-7")] == [0, 1]
    # Only counted from 1 does 0 mean that nobody looked.
    assert bprs.not_assessed("0-6") == {}
    assert bprs.not_assessed("1-7") == dict.fromkeys(bprs.numbers, 0)
    for name in ("SUDS", "VAS"):
        assert "0-100 (or 0-10, or mm)" in facts[name]["item_range"]
        scale = instruments.get(name)
        assert scale.total_range("0-100") == (0, 100)
        assert scale.total_range("0-10") == (0, 10)


def test_what_is_never_differenced_or_added(facts):
    assert "never compute change from baseline" in facts["CGI-I"]["direction_pitfall"]
    assert "not a sum score" in facts["C-SSRS"]["special_rule"]
    assert "MEAN of items, not sum" in facts["DES-II"]["total_range"]
    fixed = {name for name, scale in instruments.known().items() if not scale.differenced}
    assert fixed == {"CGI-I", "C-SSRS", "DES-II", "PC-PTSD-5"}
    assert instruments.get("C-SSRS").total_range("screener") == (0, 5)
    assert "level >=4" in facts["C-SSRS"]["safety_rule"]
    assert instruments.get("C-SSRS").event_level == 4
    never = {name for name, scale in instruments.known().items() if scale.missing is None}
    assert never == {"QIDS-SR16", "CGI-S", "CGI-I", "SUDS", "VAS", "C-SSRS", "PTSD-RI", "PC-PTSD-5"}


def test_blanks_that_may_be_filled(facts):
    assert "<=20% missing (<=4 items)" in facts["PCL-5"]["missing_rule_recommended"]
    assert instruments.get("PCL-5").missing.allowed(20) == 4
    assert "<=2 missing" in facts["PHQ-9"]["missing_rule"]
    assert instruments.get("PHQ-9").missing.allowed(9) == 2
    # A rule that nobody published is this project's own, and says so.
    for scale in instruments.known().values():
        if scale.missing is not None and scale.name != "PHQ-9":
            assert scale.missing.confidence == "judgement"


def test_codes(facts):
    told = facts["PHQ-9"]["codes"]
    loinc = instruments.get("PHQ-9").codes["loinc"]
    assert f"panel {loinc['panel']}, total {loinc['total']}" in told
    assert "items " + ",".join(loinc["items"]) in told
    assert ", ".join(f"{code}={points}" for code, points in loinc["answers"].items()) in told
    cdisc = instruments.get("PHQ-9").codes["cdisc"]
    assert [cdisc["items"][0], cdisc["items"][-1]] == ["PHQ0101", "PHQ0109"]
    assert "PHQ0101-0109 items" in told
    assert f"{cdisc['total']} total" in told
    loinc = instruments.get("PCL-5").codes["loinc"]
    assert f"panel {loinc['panel']}, score {loinc['total']}" in facts["PCL-5"]["codes"]
    loinc = instruments.get("GAD-7").codes["loinc"]
    assert f"total {loinc['total']}; panel {loinc['panel']}" in facts["GAD-7"]["codes"]


ATTRIBUTES = {
    "items": "item_count",
    "range": "item_range",
    "total": "total_range",
    "recall": "recall_published",
    "codes": "codes",
    "rights": "copyright",
    "bands": "severity_bands",
}
# Looked up since the facts were written; the source that the scale names says where.
LOOKED_UP = {
    ("PDS-5", "items"): "ptsd.va.gov",
    ("PDS-5", "range"): "ptsd.va.gov",
    ("PDS-5", "recall"): "ptsd.va.gov",
    ("HAM-A", "items"): "CamCOPS hama.py",
    ("HAM-A", "range"): "CamCOPS hama.py",
    ("HAM-A", "total"): "CamCOPS hama.py",
    ("GAD-7", "codes"): "HL7",
    ("C-SSRS", "recall"): "NINDS",
}


def test_every_fact_is_as_sure_as_it_was_found(lines):
    sure = by_scale(lines, "confidence")
    for scale in instruments.known().values():
        for own, attribute in ATTRIBUTES.items():
            fact = scale.facts.get(own)
            if fact is None or attribute not in sure.get(scale.name, {}):
                continue
            if (scale.name, own) in LOOKED_UP:
                assert LOOKED_UP[scale.name, own] in fact.source
            else:
                assert fact.confidence == sure[scale.name][attribute], (scale.name, own)


def test_every_instrument_of_the_facts_is_here(facts):
    assert set(facts) - {"Blinding guess"} <= set(instruments.known())


def test_a_blinding_guess_is_no_scale(facts):
    guess = instruments.blinding_guess()
    words = re.search(r"\{(.*)\}", facts["Blinding guess"]["item_count"])[1]
    assert guess["answers"] == words.split(", ")
    assert ", ".join(guess["columns"].values()) == facts["Blinding guess"]["suggested_ids"]
    assert "Blinding guess" not in instruments.known()


def test_what_nobody_published_is_not_made_up(facts):
    assert "no published threshold" in facts["IES-R"]["reliable_change"]
    assert instruments.get("IES-R").reliable_change is None
    assert facts["IES-R"]["mcid"] == "none verified"
    assert instruments.get("IES-R").minimal_important_difference is None
    assert "no CAPS-5 point value" in facts["CAPS-5"]["mcid"]
    assert instruments.get("CAPS-5").minimal_important_difference is None
    assert facts["PCL-5-now"]["mcid"].startswith("none published")
    assert instruments.get("PCL-5-now").minimal_important_difference is None
    assert not instruments.get("PCL-5-now").validated


@EVERY
def test_every_scale_is_consistent(scale):
    assert scale.source
    assert scale.construct in {"ptsd", "depression", "anxiety", "distress", "global",
                               "dissociation", "dissociation-trait", "psychosis",
                               "suicidality"}  # fmt: skip
    assert scale.kind in {"self-report", "interview"}
    assert scale.role in {"efficacy", "comorbidity", "safety", "moderator", "screening"}
    # Only efficacy may be PTSD, and a measure of PTSD is for nothing else but to find it.
    assert (scale.construct == "ptsd") <= (scale.role in {"efficacy", "screening"})
    windows = list(scale.versions.values())
    assert scale.recall_hours in windows or np.isnan(scale.recall_hours) == np.isnan(windows[0])
    assert len(set(scale.numbers)) == len(scale.numbers) == len(scale.item_maxima)
    if len(scale.numbers) > 1:
        assert scale.item_ids.format(1) != scale.item_ids.format(2)
    for groups in scale.subscale_keys.values():
        assert sorted(n for items in groups.values() for n in items) == sorted(scale.numbers)
    if scale.domains:
        assert sorted(n for items in scale.domains for n in items) == sorted(scale.numbers)
    for threshold in (scale.reliable_change, scale.minimal_important_difference, scale.remission,
                      scale.response, scale.cut):  # fmt: skip
        assert threshold is None or (threshold.value > 0 and threshold.source)
        assert threshold is None or threshold.confidence in CONFIDENCE
    for version in scale.versions:
        low, high = scale.total_range(version)
        assert low < high
        assert all(low <= band <= high for band in scale.bands)
        assert len(scale.item_max(version)) == len(scale.item_numbers(version))
        # A code for "not assessed" is no answer.
        for number, code in scale.not_assessed(version).items():
            top = dict(zip(scale.item_numbers(version), scale.item_max(version), strict=True))
            assert not scale.item_low(version) <= code <= top[number]


@EVERY
def test_every_fact_says_how_sure_it_is(scale):
    assert {"items", "range", "recall"} <= set(scale.facts)
    for fact in scale.facts.values():
        assert fact.confidence in CONFIDENCE
        assert fact.source


def test_codes_of_items_are_their_points():
    codes = instruments.get("HAM-D17").item_codes("standard")
    assert codes[1] == {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4}
    assert codes[4] == {"0": 0, "1": 1, "2": 2}
    assert list(instruments.get("DES-II").item_codes("standard")[28]) == [
        str(percent) for percent in range(0, 101, 10)
    ]
    assert instruments.get("BPRS+").item_codes("1-7")[4]["1"] == 1
    assert instruments.get("VAS").item_codes("0-10") == {1: {}}


def test_answers_lie_on_the_steps_of_a_scale():
    values = np.array([0, 10, 15, 0.5, np.nan])
    assert instruments.get("DES-II").off_step(values).tolist() == [False, False, True, True, False]
    assert instruments.get("PCL-5").off_step(values).tolist() == [False] * 3 + [True, False]
    assert not instruments.get("VAS").off_step(values).any()


def test_no_text_of_an_item_is_shipped():
    allowed = {"title", "construct", "kind", "role", "rule", "validated", "items", "item_numbers",
               "item_min", "item_max", "item_step", "item_ids", "recall_hours", "versions",
               "version_items", "version_range", "subscales", "subscale_keys", "subscale_score",
               "source", "reliable_change", "minimal_important_difference", "remission",
               "response", "cut", "bands", "missing", "hint", "facts", "codes", "codings",
               "differenced", "domains", "alternatives", "not_assessed", "not_assessable",
               "rated_twice", "base_checked", "older_item_max", "older_least", "levels",
               "behaviour", "branch",
               "event_level", "totals", "same_symptoms_as", "evidence", "reference_sd",
               "change_error"}  # fmt: skip
    unseen = set(instruments.unseen())
    for entry in (entry for name, entry in ENTRIES.items() if name not in unseen):
        assert set(entry) <= allowed
        # Lists hold numbers alone: nowhere could the words of an item stand.
        for items in [*entry.get("subscales", {}).values(), entry.get("item_numbers", []),
                      *entry.get("domains", []), entry.get("levels", [])]:  # fmt: skip
            assert all(type(number) is int for number in items)
        for coding in entry.get("codings", {}).values():
            codes = [*coding["usual"], *coding["special"]]
            assert all(re.fullmatch(r"\d[ab]?", code) for code in codes)
        assert len(entry["title"]) < 70
        if "totals" in entry:
            continue
        one = entry["items"] == 1
        assert re.fullmatch(r"[a-z]+" if one else r"[a-z0-9]+_\{:02d\}", entry["item_ids"])
    # How items of these scales begin.
    words = r"\b(you|your|yourself|myself|I felt|I was|bothered)\b"
    assert not any(re.search(words, text) for text in TOMLS)


def test_an_unknown_scale_is_a_sentence():
    with pytest.raises(ReliefError, match=r"not one of .*PCL-5") as caught:
        instruments.get("PCL-6")
    assert caught.value.rule == "instrument.unknown"
