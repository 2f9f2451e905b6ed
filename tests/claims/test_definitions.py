"""claims.toml: complete, sourced, hashed, and refused with a sentence when it is not."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from copy import deepcopy

import pytest

from analysis.claims.definitions import CLAIM_IDS, Definitions, load_definitions
from analysis.claims.ledger import GATES, WORDS
from analysis.errors import ReliefError
from analysis.paths import CLAIMS
from analysis.timeline import ACUTE_END, DAY_END, HOURS_END


@pytest.fixture(scope="module")
def definitions():
    return load_definitions()


def test_holds_the_fourteen_claims_in_order(definitions):
    assert tuple(definitions.claims) == CLAIM_IDS
    assert len(CLAIM_IDS) == 14


@pytest.mark.parametrize("claim_id", CLAIM_IDS)
def test_every_claim_has_an_estimand_with_five_attributes_and_wording_for_each_verdict(
    definitions, claim_id
):
    claim = definitions.claims[claim_id]
    attributes = claim.estimand.model_dump()
    assert len(attributes) == 5
    assert all(attributes.values())
    sentences = [claim.sentence(word) for word in WORDS]
    assert len(set(sentences)) == 4
    assert all(sentence.endswith(".") for sentence in sentences)


def test_every_rule_and_threshold_has_a_source_or_the_word_assumption(definitions):
    declared = list(definitions.rules.values())
    declared += [t for claim in definitions.claims.values() for t in claim.thresholds.values()]
    assert len(declared) > 10
    for rule in declared:
        assert (
            rule.assumption
            or "doi" in rule.source
            or rule.source.startswith(("convention", "VERDICT", "the page"))
        )


def test_onset_and_headline_pass_all_seven_gates(definitions):
    assert definitions.claims["onset"].gates == GATES
    assert definitions.claims["headline"].gates == GATES


def test_the_parts_of_onset_use_all_of_its_gates(definitions):
    parts = definitions.claims["onset"].parts
    assert list(parts) == ["DIMINISH", "WITHIN HOURS", "INFUSION"]
    assert {gate for gates in parts.values() for gate in gates} == set(GATES)


def test_the_deciding_window_is_the_hours_phase(definitions):
    hours, day = definitions.windows["hours"], definitions.windows["day"]
    assert (hours.low, hours.high) == (ACUTE_END, HOURS_END)
    assert day.low == HOURS_END
    assert day.high == pytest.approx(DAY_END, abs=1e-5)


def test_the_hash_is_of_the_file_whatever_its_line_ends(definitions, tmp_path):
    raw = CLAIMS.read_bytes().replace(b"\r\n", b"\n")
    assert definitions.sha256 == hashlib.sha256(raw).hexdigest()
    windows = tmp_path / "claims.toml"
    windows.write_bytes(raw.replace(b"\n", b"\r\n"))
    assert load_definitions(windows).sha256 == definitions.sha256


def test_a_changed_threshold_changes_the_hash(definitions, tmp_path):
    text = CLAIMS.read_text(encoding="utf-8")
    changed = tmp_path / "claims.toml"
    changed.write_text(
        text.replace("bias_bound_sd = { value = 0.30", "bias_bound_sd = { value = 0.20"),
        encoding="utf-8",
    )
    other = load_definitions(changed)
    assert other.rule("bias_bound_sd") == 0.20
    assert other.sha256 != definitions.sha256


# What decides: every value of claims.toml is one or the other, by where it stands.

DOCUMENT = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))
SAYS = {"title", "paraphrase", "wording", "estimand", "source", "label", "at"}


def places(inner: object, *path: str) -> Iterator[tuple[str, ...]]:
    """The path of every value of the file; a list is one value."""
    if isinstance(inner, dict):
        for key, value in inner.items():
            yield from places(value, *path, key)
    else:
        yield path


def decisions(document: dict) -> str:
    return Definitions.model_validate(document | {"sha256": ""}).decisions_sha256


def changed(path: tuple[str, ...]) -> dict:
    """The file with another value in that place, of a kind that it may hold."""
    document = deepcopy(DOCUMENT)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    value = inner[path[-1]]
    if path[-1] == "at_most":
        del inner[path[-1]]
    elif isinstance(value, list):
        inner[path[-1]] = value[:-1] or ["time"]
    else:
        inner[path[-1]] = f"{value} or so" if isinstance(value, str) else value + 0.001
    return document


@pytest.mark.parametrize("path", [p for p in places(DOCUMENT) if not SAYS & set(p)], ids=".".join)
def test_every_value_that_decides_changes_the_hash_of_decisions(path):
    assert decisions(changed(path)) != decisions(DOCUMENT)


@pytest.mark.parametrize("path", [p for p in places(DOCUMENT) if SAYS & set(p)], ids=".".join)
def test_no_word_that_says_or_cites_changes_the_hash_of_decisions(path):
    assert decisions(changed(path)) == decisions(DOCUMENT)


def test_nor_do_order_comments_and_how_a_number_is_written(definitions, tmp_path):
    def backwards(inner: object) -> object:
        if isinstance(inner, dict):
            return {key: backwards(inner[key]) for key in reversed(inner)}
        return inner

    assert decisions(backwards(DOCUMENT)) == definitions.decisions_sha256
    text = CLAIMS.read_text(encoding="utf-8")
    other = tmp_path / "claims.toml"
    other.write_text(
        "# Said first.\n"
        + text.replace("value = 3,", "value = 3.0,").replace("low = 2,", "low=2.0,"),
        encoding="utf-8",
    )
    assert load_definitions(other).sha256 != definitions.sha256
    assert load_definitions(other).decisions_sha256 == definitions.decisions_sha256


def test_the_hash_of_decisions_is_of_json_that_anyone_can_write(definitions):
    """Held to a second writing of it, from the file."""

    def whole(value: object) -> object:
        if isinstance(value, list):
            return [whole(inner) for inner in value]
        return int(value) if isinstance(value, float) and value == int(value) else value

    claims = {
        name: {
            "at_most": None, "parts": {}, **{k: v for k, v in claim.items() if k not in SAYS},
            "thresholds": {k: {"value": whole(v["value"])}
                           for k, v in claim.get("thresholds", {}).items()},
        }
        for name, claim in DOCUMENT["claims"].items()
    }  # fmt: skip
    deciding = {
        "rules": {k: {"value": whole(v["value"])} for k, v in DOCUMENT["rules"].items()},
        "windows": {k: {"low": whole(v["low"]), "high": whole(v["high"])}
                    for k, v in DOCUMENT["windows"].items()},
        "primary": DOCUMENT["primary"],
        "robustness": DOCUMENT["robustness"],
        "claims": claims,
    }  # fmt: skip
    text = json.dumps(deciding, sort_keys=True, separators=(",", ":"))
    assert definitions.decisions_sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('label = "about 5 h"', 'label = "about 3 h"', "each label once"),
        ("[claims.onset", "[claims.onset_soon", "these claims in this order"),
        ('gates = ["construct", "estimate"]', 'gates = ["estimate", "construct"]', "in the order"),
        ('gates = ["construct", "estimate"]', 'gates = ["construct", "vibes"]', "gates"),
        ('paraphrase = "The altered state passes quickly."', "", "paraphrase"),
        ("[rules]", "[rules", "not valid TOML"),
        (
            "certain_share = { value = 0.95, source",
            "certain_share = { value = 0.95, src",
            "certain_share.source",
        ),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(tmp_path, old, new, told):
    text = CLAIMS.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "claims.toml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ReliefError, match=r"claims\.toml") as refusal:
        load_definitions(broken)
    assert told in refusal.value.message
    assert refusal.value.rule.startswith("claims.")


def test_a_missing_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ReliefError, match="missing or not valid"):
        load_definitions(tmp_path / "claims.toml")
