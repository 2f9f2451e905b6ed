"""A scale's block is refused where a key is missing, unknown or says an unknown word."""

from __future__ import annotations

from importlib.resources import files

import pytest

from analysis import instruments
from analysis.instruments.catalogue import read_scales

FOLDER = files("analysis.instruments").joinpath("scales")
PTSD, SAFETY = (FOLDER.joinpath(f"{name}.toml").read_text("utf-8") for name in ("ptsd", "safety"))
DIFFERENCE = '[PCL-5.minimal_important_difference]\nvalue = 10\nconfidence = "verified"\n'


def refusal(text: str, old: str, new: str) -> str:
    """What is said of a file in which the first such text reads otherwise."""
    assert old in text
    with pytest.raises(ValueError, match=r"^own\.toml, ") as caught:
        read_scales(text.replace(old, new, 1), "own.toml")
    return str(caught.value)


def test_a_file_as_it_stands_gives_its_scales():
    found = read_scales(PTSD, "own.toml")
    assert "PCL-5" in found
    assert repr(found) == repr({name: instruments.get(name) for name in found})


@pytest.mark.parametrize(
    "key",
    ["title", "construct", "kind", "role", "validated", "rule", "items", "item_min", "item_max",
     "item_ids", "recall_hours", "versions", "source"],
)  # fmt: skip
def test_a_required_key_that_is_missing_is_named(key):
    said = refusal(PTSD, f"\n{key} = ", "\n# ")
    assert said == f"own.toml, PCL-5: the key {key} is missing, which is required."


@pytest.mark.parametrize(
    ("old", "new", "place", "key"),
    [
        (DIFFERENCE, DIFFERENCE.replace("confidence", "# "),
         "PCL-5.minimal_important_difference", "confidence"),
        (f"{DIFFERENCE}source", f"{DIFFERENCE}# ", "PCL-5.minimal_important_difference", "source"),
        ('share = 0.2, confidence = "judgement",', "share = 0.2,", "PCL-5.missing", "confidence"),
    ],
)  # fmt: skip
def test_a_block_within_a_scale_says_how_sure_it_is_and_where_it_was_found(old, new, place, key):
    said = refusal(PTSD, old, new)
    assert said == f"own.toml, {place}: the key {key} is missing, which is required."


@pytest.mark.parametrize("keys", ["", "value = 10\nat_least = 10\n"])
def test_a_threshold_is_given_in_exactly_one_way(keys):
    said = refusal(PTSD, DIFFERENCE, DIFFERENCE.replace("value = 10\n", keys))
    assert said == (
        "own.toml, PCL-5.minimal_important_difference: "
        "exactly one of value, at_most, at_least, share is expected."
    )


@pytest.mark.parametrize(
    ("text", "old", "new", "place", "expected"),
    [
        (PTSD, "missing = {", "missng = {", "PCL-5: missng", "missing"),
        (PTSD, "value = 18", "value = 18\nunit = 1", "PCL-5.reliable_change: unit", "confidence"),
        (PTSD, "{ share = 0.2,", "{ share = 0.2, shar = 1,", "PCL-5.missing: shar", "at_most"),
        (SAFETY, 'versions = ["1-7"]', 'version = ["1-7"]', "BPRS+.not_assessed: version",
         "versions"),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_is_refused_with_those_that_may_stand_there(
    text, old, new, place, expected
):
    said = refusal(text, old, new)
    assert said.startswith(f"own.toml, {place} is no key here; expected is one of ")
    assert expected in said.partition("one of ")[2].rstrip(".").split(", ")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'construct = "ptsd"',
            'construct = "pstd"',
            "construct is 'pstd'; expected is one of ptsd",
        ),
        ('kind = "self-report"', 'kind = "self"', "kind is 'self'; expected is one of self-report"),
        ('role = "efficacy"', "role = 1", "role is 1; expected is one of efficacy"),
        ('rule = "sum"', 'rule = "total"', "rule is 'total'; expected is one of sum, mean"),
        ('rule = "sum"', 'rule = "sum"\nsubscale_score = "total"', "subscale_score is 'total'"),
    ],
)
def test_a_word_that_is_none_of_those_expected_is_refused(old, new, expected):
    assert refusal(PTSD, old, new).startswith(f"own.toml, PCL-5: {expected}")


def test_a_threshold_is_no_bare_number():
    said = refusal(PTSD, 'rule = "sum"', 'rule = "sum"\nresponse = 10')
    assert said == "own.toml, PCL-5.response: a block of keys is expected."
