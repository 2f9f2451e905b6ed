"""The study as SAS transport files (.xpt)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.damage.made import Made
from tests.readers.formats.cdisc.files import write_xpt
from tests.readers.formats.same_study.columns import TABLES, declared, of, since_1960


def write(folder: Path, made: Made) -> Path:
    for name in TABLES:
        columns = of(made, name)
        moments = [key for key, cells in columns.items() if isinstance(cells[0], datetime)]
        numbers = {key: since_1960(cells) for key, cells in columns.items()}
        formats = dict.fromkeys(moments, "DATETIME20.")
        write_xpt(folder / f"{name}.xpt", numbers, version=8, variable_format=formats)
    return declared(folder, made, "xpt")
