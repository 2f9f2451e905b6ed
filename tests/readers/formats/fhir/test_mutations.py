"""Whatever a FHIR export holds: a table or one sentence, and never a value in a message."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.formats.fhir.read import read_fhir
from tests.factory import TOKEN
from tests.length import trials
from tests.readers.formats.fhir import export as fhir

ROLES = ("subjects", "infusions", "rescue", "assessments", "weights")
CODES = {"a": "PHQ-9", "H1/TS": "PHQ-9", "44261-6": "PHQ-9"}
SECRET = f"Secret{TOKEN}"
RESOURCES = [
    fhir.patient(SECRET, managingOrganization={"reference": "Organization/o"}, meta={}),
    fhir.member(SECRET, status="withdrawn", period={"end": "2025-04-01"}),
    fhir.given(SECRET, meta={"versionId": "1", "lastUpdated": "2025-03-04T10:20:00Z"}),
    fhir.phq9(),
    fhir.response([fhir.answered("a", valueInteger=1)], SECRET),
    fhir.observation(
        "44261-6",
        9,
        SECRET,
        display="PHQ-9",
        derivedFrom=[{"reference": "QuestionnaireResponse/qr-1"}],
        component=[{"code": {"coding": [{"code": "a"}]}, "valueInteger": 1}],
    ),
    fhir.observation("29463-7", 70, SECRET),
    {"resourceType": "Medication", "id": "m", "code": {"text": TOKEN}},
]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.sampled_from([TOKEN, "", "\ud800", "\x00", "Patient/", "#", "urn:uuid:", "|", "1e999",
                     "2025-02-30T25:61", "9" * 5000, "entered-in-error", "completed"]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "reference", "value", "item", "extension", "coding", TOKEN]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def places(node: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a document."""
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inside:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


PLACES = places(RESOURCES)


@st.composite
def mutated(draw) -> list[Any]:
    """The resources with up to five places replaced, taken out or doubled."""
    document = copy.deepcopy(RESOURCES)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=5)):
        node: Any = document
        try:
            for step in path[:-1]:
                node = node[step]
            what = draw(st.sampled_from(["replace", "delete", "wrap", "double"]))
            if what == "replace":
                node[path[-1]] = draw(VALUES)
            elif what == "delete":
                del node[path[-1]]
            elif what == "wrap":
                node[path[-1]] = [node[path[-1]]]
            else:
                node[path[-1]] = [node[path[-1]], copy.deepcopy(node[path[-1]])]
        except (KeyError, IndexError, TypeError):
            continue
    return document


def outcome(path: Path, role: str, codes: dict[str, str] | None) -> pd.DataFrame | None:
    """The table, or None where it is refused; the promises hold either way."""
    refused = None
    try:
        table = read_fhir(path, role=role, codes=codes)
    except ReliefError as error:
        refused = error.message
    if refused is not None:
        assert TOKEN not in refused
        assert "\n" not in refused
        return None
    assert all(TOKEN not in issue.message for issue in table.issues)
    cells = table.cells
    assert len(cells) == len(table.rows)
    assert all(isinstance(value, str) for value in cells.to_numpy().ravel())
    "".join(cells.to_numpy().ravel()).encode("utf-8")
    for column in cells:
        table.column(column)
    return cells


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("codes", [None, CODES], ids=["all", "declared"])
@settings(max_examples=trials(short=15, long=100), deadline=None)
@given(document=mutated(), whole=st.booleans())
def test_mutated_resources_give_a_table_or_a_sentence(folder, codes, document, whole):
    path = folder / "export.json"
    if whole:
        path.write_text(json.dumps(fhir.bundle(document)))
    else:
        fhir.write_ndjson(path, document)
    for role in ROLES:
        outcome(path, role, codes)


@settings(max_examples=trials(short=15, long=100), deadline=None)
@given(document=mutated())
def test_a_bundle_and_ndjson_of_one_content_say_the_same(folder, document):
    resources = [one for one in document if isinstance(one, dict)] or RESOURCES
    lines = fhir.write_ndjson(folder / "export.json", resources)
    laid_out = fhir.write_bundle(folder / "export.bundle", resources)
    for role in ROLES:
        one, other = (outcome(path, role, CODES) for path in (lines, laid_out))
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            pd.testing.assert_frame_equal(one, other)


@settings(max_examples=trials(short=15, long=100), deadline=None)
@given(data=st.data(), packed=st.booleans())
def test_damaged_bytes_give_a_table_or_a_sentence(folder, data, packed):
    raw = fhir.ndjson(RESOURCES)
    raw = gzip.compress(raw, mtime=0) if packed else raw
    start = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 40))
    patch = data.draw(st.binary(max_size=40))
    cut = data.draw(st.integers(0, len(raw)))
    path = folder / "export.ndjson"
    path.write_bytes((raw[:start] + patch + raw[start + length :])[:cut])
    for role in ROLES:
        outcome(path, role, None)


@settings(max_examples=trials(short=15, long=100), deadline=None)
@given(value=VALUES)
def test_any_json_is_a_table_or_a_sentence(folder, value):
    path = folder / "export.json"
    path.write_text(json.dumps(value))
    for role in ROLES:
        assert outcome(path, role, None) is None


@pytest.mark.parametrize("depth", [50, 500, 100_000])
def test_nesting_of_any_depth_is_read_or_refused(folder, depth):
    inner = '{"linkId": "a", "answer": [{"valueInteger": 1}]}'
    nested = '{"linkId": "g", "item": [' * depth + inner + "]}" * depth
    whole = json.dumps(fhir.response([{"x": "@"}])).replace('{"x": "@"}', nested)
    path = folder / "deep.ndjson"
    path.write_text(whole + "\n" + whole)
    cells = outcome(path, "assessments", None)
    assert (cells is not None) == (depth == 50) or depth == 500
