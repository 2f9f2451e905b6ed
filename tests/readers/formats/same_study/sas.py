"""The study as data sets of SAS (.sas7bdat)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.damage.made import Made
from tests.readers.formats.same_study.columns import TABLES, declared, of, since_1960
from tests.readers.formats.statistics.sas7bdat import write_sas7bdat


def write(folder: Path, made: Made) -> Path:
    for name in TABLES:
        columns = of(made, name)
        moments = [key for key, cells in columns.items() if isinstance(cells[0], datetime)]
        numbers = {key: since_1960(cells) for key, cells in columns.items()}
        formats = dict.fromkeys(moments, "DATETIME20.")
        write_sas7bdat(folder / f"{name}.sas7bdat", numbers, formats)
    return declared(folder, made, "sas7bdat")
