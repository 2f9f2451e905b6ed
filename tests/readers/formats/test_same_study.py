"""The same study gives identical tables, whatever its files are. A new format is one module."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.damage.made import made_up

HERE = Path(__file__).parent / "same_study"
FORMATS = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "columns")


def written(name: str, folder: Path, seed: int) -> Study:
    folder.mkdir()
    write = import_module(f"tests.readers.formats.same_study.{name}").write
    path = write(folder, made_up(Random(seed)))
    # Not every format tells of sites and weights, so that none declares them.
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('site = "site"\n', "").replace('weight_kg = "weight"\n', ""))
    return read_study(path)


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Every table of a study, without what only its file tells, people in the order of scores.

    People are numbered by all their content, of which one format tells more than another.
    """
    forms = study.assessments
    ((key, items),) = study.items.items()
    told = pd.concat([forms.set_index("form")[["subject", "hours_low"]], items], axis=1)
    first = told.sort_values(list(told)).groupby("subject").first()
    place = first.sort_values(list(first)).reset_index()["subject"]
    order = {subject: number for number, subject in place.items()}

    def numbered(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
        own = table[columns].assign(subject=table["subject"].map(order))
        return own.sort_values(columns).reset_index(drop=True)

    answers = items.assign(subject=forms.set_index("form")["subject"]).join(
        forms.set_index("form")["hours_low"]
    )
    infusions = ["subject", "infusion", "agent", "dose_mg_per_kg", "start_hours", "end_hours"]
    scores = ["subject", "instrument", "version", "recall_hours", "hours_low", "hours_high"]
    return {
        "subjects": numbered(study.subjects, ["subject", "arm"]),
        "infusions": numbered(study.infusions, infusions),
        "assessments": numbered(forms, scores),
        " ".join(key): numbered(answers, ["subject", "hours_low", *items]),
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> dict[str, pd.DataFrame]:
    return tables(written("delimited", tmp_path_factory.mktemp("plain") / "csv", 19))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_identical_tables(tmp_path, plain, name):
    found = tables(written(name, tmp_path / name, 19))
    assert found.keys() == plain.keys()
    for key, table in plain.items():
        pd.testing.assert_frame_equal(found[key], table, check_dtype=False)


def test_the_formats_are_those_that_people_send():
    assert set(FORMATS) >= {
        "delimited", "workbook", "spss", "stata", "sas", "sas_transport", "redcap", "fhir", "omop",
    }  # fmt: skip


def test_a_study_of_another_seed_is_another(tmp_path, plain):
    other = tables(written("delimited", tmp_path / "other", 20))
    key = "PCL-5-now ad-hoc"
    assert not np.array_equal(other[key].to_numpy(), plain[key].to_numpy())
