"""Small valid studies in every format: what the fuzzer starts from. All made up."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from analysis.simulate import EXAMPLE, simulate, world
from analysis.simulate import write_study as write_trial
from tests.factory import TOKEN, tables, toml, write_rows, write_study
from tests.readers.formats.cdisc.files import JSON_KINDS, write_json, write_xpt
from tests.readers.formats.cdisc.test_study import ADAM, MADE_UP, adam, as_sdtm
from tests.readers.formats.excel.test_sheet import ods, xlsx
from tests.readers.formats.fhir.export import bundle, ndjson, write_ndjson
from tests.readers.formats.fhir.test_study import FHIR, resources
from tests.readers.formats.omop.cdm import write_duckdb, write_sqlite
from tests.readers.formats.omop.test_study import TOML as OMOP
from tests.readers.formats.omop.test_study import stored
from tests.readers.formats.redcap import project as redcap_project
from tests.readers.formats.same_study.columns import since_1960
from tests.readers.formats.statistics.sas7bdat import write_sas7bdat
from tests.readers.roles.test_layouts import TALL, item_rows, wide, wide_rows

Content = dict[str, list[dict[str, Any]]]
Files = dict[str, bytes]
Write = Callable[[Path, Content], None]

# Databases hold people by number: these digits stand for the token there.
NUMBER = 4711
# Seeds in which every claim goes through its gates.
TRIALS = {"csv trial": EXAMPLE, "csv crossover": world("carry-over"), "csv sites": world("sites")}


def content(n_per_arm: int = 3) -> Content:
    """A few people; the token is in every identifier and in a column that nobody declares."""
    made = tables(n_per_arm=n_per_arm)
    for rows in made.values():
        for row in rows:
            row["id"] = f"{TOKEN}{row['id'][1:]}"
            row["notes"] = f"{TOKEN}, told by phone"
    for row in made["infusions"]:
        row |= {"dose": 0.5, "unit": "mg/kg", "route": "Intravenous"}
    return made


@cache
def _trial(name: str) -> tuple[dict[str, pd.DataFrame], bytes]:
    """A simulated trial with every form that a claim asks for, and how it is declared."""
    with tempfile.TemporaryDirectory() as temporary:
        declared = write_trial(TRIALS[name], 8, 7, Path(temporary))
        text = declared.read_text("utf-8").replace("synthetic = true", "synthetic = false")
        text = text.replace("_synthetic.csv", ".csv").replace("simulated", "made-up")
    return simulate(TRIALS[name], 8, 7), text.encode()


def trial(name: str) -> Content:
    """Sixteen people called real, as many as most gates ask for."""
    made = {}
    for table, frame in _trial(name)[0].items():
        rows = frame.astype(object).where(frame.notna(), "").to_dict("records")
        made[table] = [{key: _plain(cell) for key, cell in row.items()} for row in rows]
    return made


def _plain(cell: Any) -> Any:
    """A cell as a file holds it: whole numbers without a point, the token in names of people."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return re.sub(r"^EX(?=\d{3}$)", TOKEN, cell) if isinstance(cell, str) else cell


def _simulated(name: str) -> Write:
    def written(folder: Path, made: Content) -> None:
        _delimited(folder, made, _trial(name)[1].decode())

    return written


def _long(folder: Path, made: Content) -> None:
    roles = 'dose = "dose"\ndose_unit = "unit"\nroute = "route"'
    write_study(folder, made, infusions=roles)


def _semicolons(folder: Path, made: Content) -> None:
    _long(folder, made)
    for name, rows in made.items():
        write_rows(folder / f"{name}.csv", rows, ";")
        text = (folder / f"{name}.csv").read_text("utf-8").replace("phone", "t\u00e9l\u00e9phone")
        (folder / f"{name}.csv").write_bytes(text.encode("cp1252", "replace"))
    text = toml(files='separator = ";"\ndecimal = ","\nencoding = "cp1252"')
    (folder / "study.toml").write_text(text, encoding="utf-8")


def _delimited(folder: Path, made: Content, text: str) -> None:
    for name, rows in made.items():
        write_rows(folder / f"{name}.csv", rows)
    (folder / "study.toml").write_text(text, encoding="utf-8")


def _wide(folder: Path, made: Content) -> None:
    _delimited(folder, made | {"scores": wide_rows(made["scores"])}, wide())


def _tall(folder: Path, made: Content) -> None:
    _delimited(folder, made | {"scores": item_rows(made["scores"])}, toml(values=TALL))


def _workbook(write: Callable[[Path, list[list[Any]]], Path], ending: str) -> Write:
    def written(folder: Path, made: Content) -> None:
        for name, rows in made.items():
            grid = [list(rows[0]), *(list(row.values()) for row in rows)]
            write(folder, grid).rename(folder / f"{name}.{ending}")
        text = toml().replace(".csv", f".{ending}")
        (folder / "study.toml").write_text(text, encoding="utf-8")

    return written


def _statistics(write: Callable[[dict[str, list[Any]], Path], object], ending: str) -> Write:
    """Files of a statistics package, whose columns are numbers, moments or texts."""

    def written(folder: Path, made: Content) -> None:
        for name, rows in made.items():
            columns = {key: _typed([row.get(key, "") for row in rows]) for key in rows[0]}
            write(columns, folder / f"{name}.{ending}")
        text = toml().replace(".csv", f".{ending}")
        (folder / "study.toml").write_text(text, encoding="utf-8")

    return written


def _typed(cells: list[Any]) -> list[Any]:
    """Cells of one type; a blank number or moment is None."""
    told = [cell for cell in cells if cell != ""]
    if all(isinstance(cell, int | float) for cell in told):
        return [None if cell == "" else float(cell) for cell in cells]
    try:
        return [None if cell == "" else datetime.fromisoformat(cell) for cell in cells]
    except (TypeError, ValueError):
        return [str(cell) for cell in cells]


def _sas(columns: dict[str, list[Any]], path: Path) -> None:
    moments = [key for key, cells in columns.items() if isinstance(cells[0], datetime)]
    numbers = {key: since_1960(cells) for key, cells in columns.items()}
    write_sas7bdat(path, numbers, dict.fromkeys(moments, "DATETIME20."))


def _redcap(folder: Path, made: Content) -> None:
    rows = redcap_project.export(made)
    for row in rows:
        row["remarks"] = row["remarks"] and TOKEN
        row["pcl_comment"] = TOKEN
    redcap_project.write_project(folder, rows)


def _sdtm(kind: str) -> Write:
    def written(folder: Path, made: Content) -> None:
        for name, columns in as_sdtm(made).items():
            if kind.endswith("xpt"):
                write_xpt(folder / f"{name}.{kind}", columns, int(kind[0]))
            else:
                write_json(folder / f"{name}.{kind}", columns)
        (folder / "study.toml").write_text(MADE_UP.format(kind), encoding="utf-8")

    return written


def _adam(folder: Path, made: Content) -> None:
    inner = folder / "adam"
    adam(inner, made)
    for file in inner.iterdir():
        file.rename(folder / file.name)
    inner.rmdir()
    (folder / "study.toml").write_text(ADAM, encoding="utf-8")


def _fhir(kind: str) -> Write:
    def written(folder: Path, made: Content) -> None:
        whole = resources(made)
        path = {"bundle": "export.json", "ndjson": "export", "gz": "export.ndjson.gz"}[kind]
        if kind == "bundle":
            (folder / path).write_text(json.dumps(bundle(whole), indent=1), encoding="utf-8")
        elif kind == "gz":
            write_ndjson(folder / path, whole)
        else:
            (folder / path).mkdir()
            for name in sorted({one["resourceType"] for one in whole}):
                own = [one for one in whole if one["resourceType"] == name]
                (folder / path / f"{name}.ndjson").write_bytes(ndjson(own))
        (folder / "study.toml").write_text(
            FHIR.format(path=path, more="", declared=""), encoding="utf-8"
        )

    return written


def _omop(kind: str) -> Write:
    def written(folder: Path, made: Content) -> None:
        numbered = {
            name: [row | {"id": f"S{NUMBER}{row['id'].removeprefix(TOKEN)}"} for row in rows]
            for name, rows in made.items()
        }
        source = [f'path = "data.{kind}"', 'format = "omop"', "timeout_seconds = 5"]
        if kind == "duckdb":
            write_duckdb(folder / "data.duckdb", stored(numbered), "cdm")
            source.append('schema = "cdm"')
        else:
            write_sqlite(folder / "data.sqlite", stored(numbered))
        text = OMOP.format(source="\n".join(source), declared="")
        (folder / "study.toml").write_text(text, encoding="utf-8")

    return written


WRITERS: dict[str, Write] = {
    "csv": _long,
    "csv semicolons": _semicolons,
    "csv wide": _wide,
    "csv tall": _tall,
    "study.toml": _long,
    **{name: _simulated(name) for name in TRIALS},
    "xlsx": _workbook(xlsx, "xlsx"),
    "ods": _workbook(ods, "ods"),
    "sav": _statistics(lambda c, path: pyreadstat.write_sav(pd.DataFrame(c), path), "sav"),
    "dta": _statistics(lambda c, path: pyreadstat.write_dta(pd.DataFrame(c), path), "dta"),
    "sas7bdat": _statistics(_sas, "sas7bdat"),
    "redcap": _redcap,
    "xpt 5": _sdtm("5.xpt"),
    "xpt 8": _sdtm("8.xpt"),
    "xpt adam": _adam,
    **{f"dataset-json {kind}": _sdtm(kind) for kind in JSON_KINDS},
    "fhir bundle": _fhir("bundle"),
    "fhir ndjson": _fhir("ndjson"),
    "fhir gz": _fhir("gz"),
    "omop sqlite": _omop("sqlite"),
    "omop duckdb": _omop("duckdb"),
}


def render(name: str, made: Content) -> Files:
    """A study in one of the formats, as the bytes of its files by relative path."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        WRITERS[name](folder, made)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
