"""Names of files and sheets: never one that may tell who a person is, nor an unseen character."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePath

from analysis.errors import printable

__all__ = ["looks_personal", "shown_name", "shown_path", "shown_sheet"]

# Words that names of exports are made of; a capitalised word beyond them may be a surname.
_ORDINARY = frozenset(
    """
    adverse all analysis and arm arms assess assessment assessments audit baseline book cadss caps
    case cases changes clean clinic coded codes cohort complete control copy daily data database
    dataset date day demo demographics diary dictionary dose dosing dose events example excel
    export exported exports extract file final first follow followup for form forms from group
    healthcare hospital hour hours infusion infusions instrument item items ketamine lab labels
    log long made main master med medication meds midazolam month monthly new of outcome outcomes
    page part participant participants patient patients people pcl phase phq pilot post pre
    primary project qc questionnaire questionnaires randomisation randomization randomized rating
    ratings raw record records redcap report rescue results saline scale scales score scores
    screen screening second session sessions sheet site sites stay study subject subjects summary
    survey synthetic table tables template test the time times total totals treatment trial update
    updated version vital vitals visit visits week weekly weight weights wide with
    jan feb mar apr may jun jul aug sep oct nov dec january february march april june july august
    september october november december tabelle daten hoja datos feuille blatt
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")
_TITLE = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+(?:[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+)?")
_DATE = re.compile(r"(?<!\d)20[1-9]\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:[0-2]\d|3[01])(?!\d)")
# Six digits and more number a record, unless they are the day of an export.
_LONG_NUMBER = re.compile(r"\d{6,}|\d{3}-\d{2}-\d{4}")


def looks_personal(name: str) -> bool:
    """Whether the name of a file or sheet looks like a person's name or number.

    Two words in a row, each capitalised and neither a usual word of exports; six digits or
    more that are no recent date; or an address with an @.
    """
    bare = _DATE.sub(" ", name)
    if "@" in bare or _LONG_NUMBER.search(bare):
        return True
    words = _WORD.findall(bare)
    odd = [bool(_TITLE.fullmatch(w)) and w.lower() not in _ORDINARY for w in words]
    return any(one and other for one, other in pairwise(odd))


def shown_name(path: str | PurePath) -> str:
    """The name of a file, without its folder; only its ending where it looks personal."""
    path = PurePath(path)
    return _withheld(path) if looks_personal(path.stem) else printable(path.name)


def shown_path(path: str) -> str:
    """A path as study.toml declares it; only its ending where some part looks personal."""
    parts = PurePath(path)
    personal = any(looks_personal(PurePath(part).stem) for part in parts.parts)
    return _withheld(parts) if personal else printable(path)


def _withheld(path: PurePath) -> str:
    return f"(name withheld){printable(path.suffix)}"


def shown_sheet(name: str, position: int) -> str:
    """The name of a sheet for messages; its place (from 0) where the name looks personal."""
    return f"sheet number {position + 1}" if looks_personal(name) else f"sheet '{printable(name)}'"
