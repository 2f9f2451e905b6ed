"""The instrument table against the facts it was taken from, attribute by attribute."""

from __future__ import annotations

import csv
import re
import tomllib
from importlib.resources import files

import pytest

from analysis import instruments
from analysis.errors import ReliefError
from analysis.paths import open_data_folder

TOML = files("analysis.instruments").joinpath("instruments.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, str]]:
    """Facts by instrument and attribute, read where they lie beside the open data."""
    folder = open_data_folder()
    path = None if folder is None else folder.parent / "facts" / "instruments.csv"
    if path is None or not path.is_file():
        pytest.skip("facts/instruments.csv is not beside the folder that RELIEF_DATA names")
    found: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as source:
        for line in csv.DictReader(source):
            found.setdefault(line["instrument"], {})[line["attribute"]] = line["value"]
    return found


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


def test_iesr_key_b_with_means(facts):
    keys = dict(part.split(" ", 1) for part in facts["IES-R"]["clusters_key_B_items"].split("; "))
    scale = instruments.get("IES-R")
    assert {name: sorted(items) for name, items in scale.subscales.items()} == {
        name: numbers(items) for name, items in keys.items()
    }
    assert scale.subscale_score == "mean"
    # The other key in use puts item 14 elsewhere; the total is the same either way.
    assert 14 in scale.subscales["intrusion"]
    assert "8 (adds item 14)" in facts["IES-R"]["clusters_key_B"]


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


@pytest.mark.parametrize("scale", instruments.known().values(), ids=lambda scale: scale.name)
def test_every_scale_is_consistent(scale):
    assert scale.source
    assert scale.construct in {"ptsd", "depression", "dissociation"}
    assert scale.recall_hours in scale.versions.values()
    assert len(set(scale.numbers)) == len(scale.numbers) == len(scale.item_maxima)
    assert scale.item_ids.format(1) != scale.item_ids.format(2)
    if scale.subscales:
        assert sorted(n for items in scale.subscales.values() for n in items) == sorted(
            scale.numbers
        )
    for threshold in (scale.reliable_change, scale.minimal_important_difference, scale.remission):
        assert threshold is None or (threshold.value > 0 and threshold.source)


def test_no_text_of_an_item_is_shipped():
    allowed = {"title", "construct", "kind", "validated", "items", "item_numbers", "item_min",
               "item_max", "item_ids", "recall_hours", "versions", "version_items", "subscales",
               "subscale_score", "source", "reliable_change", "minimal_important_difference",
               "remission"}  # fmt: skip
    for entry in tomllib.loads(TOML).values():
        assert set(entry) <= allowed
        # Lists hold numbers alone: nowhere could the words of an item stand.
        for items in [*entry.get("subscales", {}).values(), entry.get("item_numbers", [])]:
            assert all(type(number) is int for number in items)
        assert len(entry["title"]) < 70
        assert re.fullmatch(r"[a-z0-9]+_\{:02d\}", entry["item_ids"])
    # How items of these scales begin.
    assert not re.search(r"\b(you|your|yourself|myself|I felt|I was|bothered)\b", TOML)


def test_an_unknown_scale_is_a_sentence():
    with pytest.raises(ReliefError, match=r"not one of .*PCL-5") as caught:
        instruments.get("PCL-C")
    assert caught.value.rule == "instrument.unknown"
