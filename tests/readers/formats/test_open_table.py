"""One registry of formats: a line there, a folder, and a word in config/formats.toml make one."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from inspect import signature

import pytest

from analysis.readers.formats.open_table import (
    CONVENTIONS,
    DECLARED,
    FILES,
    kind_of,
    read_file,
    reader_at,
)


def declared() -> set[str]:
    """The formats that study.toml may name."""
    return set(tomllib.loads(files("analysis.config").joinpath("formats.toml").read_text("utf-8")))


def places() -> dict[str, str]:
    """Where each format of the registry is read."""
    return {name: one.reader for name, one in FILES.items()} | {
        name: place for table in (DECLARED, CONVENTIONS) for name, place in table.items()
    }


def test_a_format_that_a_study_may_name_is_in_the_registry_and_no_other():
    assert set(places()) == declared()


@pytest.mark.parametrize("name", places())
def test_a_format_is_read_where_the_registry_says(name):
    assert callable(reader_at(places()[name]))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_with_the_options_that_its_format_takes(name, tmp_path):
    one = FILES[name]
    assert set(one.options) <= set(signature(reader_at(one.reader)).parameters)
    assert {kind_of(tmp_path / f"table{suffix}") for suffix in one.suffixes} == {name}


def test_an_option_that_a_format_does_not_take_is_none(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("id,a\n1,2\n", encoding="utf-8")
    table = read_file(path, "csv", sheet="Scores", columns=["id"])
    assert list(table.cells) == ["id"]
