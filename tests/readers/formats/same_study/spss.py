"""The study as files of SPSS (.sav)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat

from tests.damage.made import Made
from tests.readers.formats.same_study.columns import TABLES, declared, of


def write(folder: Path, made: Made) -> Path:
    for name in TABLES:
        pyreadstat.write_sav(pd.DataFrame(of(made, name)), str(folder / f"{name}.sav"))
    return declared(folder, made, "sav")
