"""A table is a regular file in the folder of study.toml, or its section says otherwise."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.config import SubjectTable, load_config
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.places import refuse_places
from tests.factory import checked, write_study


def table(path: str, **declared: object) -> SubjectTable:
    return SubjectTable.model_validate({"path": path, "subject": "id", **declared})


def refused(folder: Path, spec: SubjectTable) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        refuse_places(folder, spec)
    assert str(folder) not in caught.value.message
    return caught.value


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder of a study, with a table of another study beside it."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "people.csv").write_text("id\n1\n")
    folder = tmp_path / "study"
    (folder / "exports").mkdir(parents=True)
    (folder / "people.csv").write_text("id\n1\n")
    (folder / "exports" / "people.csv").write_text("id\n1\n")
    return folder


@pytest.mark.parametrize("path", ["people.csv", "exports/people.csv", "exports/../people.csv"])
def test_a_file_in_the_folder_or_below_it_may_be_read(study: Path, path: str) -> None:
    refuse_places(study, table(path))
    (study / "link.csv").symlink_to(path)
    refuse_places(study, table("link.csv"))


def test_the_folder_itself_may_be_reached_by_a_link(study: Path) -> None:
    (study.parent / "alias").symlink_to(study)
    refuse_places(study.parent / "alias", table("people.csv"))
    refuse_places(study.parent / "alias", table(str(study / "people.csv")))


@pytest.mark.parametrize("way", ["dots", "absolute", "link", "linked folder", "absent"])
def test_a_file_outside_is_read_only_where_its_table_says_so(study: Path, way: str) -> None:
    other = study.parent / "other"
    (study / "link.csv").symlink_to(other / "people.csv")
    (study / "linked").symlink_to(other)
    path = {
        "dots": "../other/people.csv",
        "absolute": str(other / "people.csv"),
        "link": "link.csv",
        "linked folder": "linked/people.csv",
        "absent": "../other/nothing.csv",
    }[way]
    error = refused(study, table(path))
    assert error.rule == "file.outside"
    assert "outside = true" in error.message
    refuse_places(study, table(path, outside=True))


def test_what_goes_with_a_table_must_lie_inside_too(study: Path) -> None:
    for key in ("dictionary", "event_table"):
        spec = table("people.csv", format="redcap", **{key: "../other/people.csv"})
        assert refused(study, spec).rule == "file.outside"


def test_each_file_of_a_folder_of_fhir_is_looked_at(study: Path) -> None:
    bulk = table("exports", format="fhir")
    refuse_places(study, bulk)
    (study / "exports" / "read.me").symlink_to(study.parent / "other" / "people.csv")
    refuse_places(study, bulk)
    (study / "exports" / "Patient.ndjson").symlink_to(study.parent / "other" / "people.csv")
    assert refused(study, bulk).rule == "file.outside"
    (study / "exports" / "Patient.ndjson").unlink()
    os.mkfifo(study / "exports" / "Patient.ndjson")
    assert refused(study, bulk).rule == "file.not-regular"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        try:
            # The address of a socket is short.
            os.chdir(path.parent)
            bound.bind(path.name)
        finally:
            os.chdir(here)


@pytest.mark.parametrize("make", [_pipe, _socket, Path.mkdir])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(
    study: Path, make: Callable[[Path], None]
) -> None:
    make(study / "odd.csv")
    assert refused(study, table("odd.csv")).rule == "file.not-regular"


def test_a_device_is_no_table(study: Path) -> None:
    assert refused(study, table("/dev/null", outside=True)).rule == "file.not-regular"
    assert refused(study, table("/dev/stdin")).rule == "file.outside"


@pytest.mark.parametrize("odd", ["nothing.csv", "a\0b.csv", "circle.csv", "x" * 300])
def test_what_cannot_be_looked_at_is_left_to_the_reader(study: Path, odd: str) -> None:
    (study / "circle.csv").symlink_to("circle.csv")
    refuse_places(study, table(odd))


def test_check_says_it_in_one_sentence(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study")
    (tmp_path / "study" / "scores.csv").rename(tmp_path / "scores.csv")
    text = path.read_text().replace('"scores.csv"', '"../scores.csv"')
    path.write_text(text)
    with pytest.raises(ReliefError, match=r"^scores\.csv: The file lies outside"):
        read_study(path)
    path.write_text(text.replace('"../scores.csv"', '"../scores.csv"\noutside = true'))
    assert len(read_study(path).subjects) == 12


def test_a_pipe_in_the_place_of_scores_ends_the_check(tmp_path: Path) -> None:
    assert checked(tmp_path).error is None
    (tmp_path / "scores.csv").unlink()
    os.mkfifo(tmp_path / "scores.csv")
    with pytest.raises(ReliefError) as caught:
        read_study(tmp_path)
    assert caught.value.rule == "file.not-regular"


@pytest.mark.parametrize("make", [_pipe, Path.mkdir])
def test_study_toml_is_a_regular_file_too(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "study.toml")
    with pytest.raises(ReliefError, match="write a regular file") as caught:
        load_config(tmp_path / "study.toml")
    assert caught.value.rule == "config.file"
