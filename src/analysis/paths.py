"""Where things are. No other module builds a path of the project's own."""

from __future__ import annotations

import os
from pathlib import Path

_INSIDE = Path(__file__).resolve().parent / "_data"
# An installed package carries inside what a checkout holds beside src, under the same names.
INSTALLED = _INSIDE.is_dir()
ROOT = _INSIDE if INSTALLED else Path(__file__).resolve().parents[2]
DATA_RAW = ROOT / "data" / "raw"
DATA_PROCESSED = ROOT / "data" / "processed"
CALIBRATION = DATA_PROCESSED / "calibration"
EXAMPLE_STUDY = DATA_RAW / "example_synthetic"
PUBLISHED = DATA_RAW / "published"
NOTEBOOKS = ROOT / "notebooks"
CLAIMS = ROOT / "claims.toml"
GLOSSARY = ROOT / "docs" / "glossary.md"
# Of a checkout alone: of docs an installed package carries the glossary.
OPERATING_CHARACTERISTICS = ROOT / "docs" / "operating_characteristics.csv"


def open_data_folder() -> Path | None:
    """The folder that ``RELIEF_DATA`` declares for downloaded open data, if it is set."""
    declared = os.environ.get("RELIEF_DATA")
    return Path(declared) if declared else None


def chromium() -> str | None:
    """The browser that ``RELIEF_CHROMIUM`` names, else the first one found on PATH."""
    import shutil

    declared = os.environ.get("RELIEF_CHROMIUM")
    if declared:
        return declared
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)
