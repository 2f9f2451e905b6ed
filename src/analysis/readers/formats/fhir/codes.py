"""Codes of scales in LOINC, and the words that a display names a scale by.

Codes: loinc.org 101698-9 (PCL-5, since 2.75), 44261-6 and 44249-1 (PHQ-9), 70274-6 and
69737-5 (GAD-7), answer list LL358-3. No item texts.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from analysis.readers.formats.fhir.resources.nodes import many, text

__all__ = ["ITEMS", "LOINC", "SCORES", "SNOMED", "TOTALS", "Total", "canonical", "scales_named"]

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


class Total(NamedTuple):
    """The scale of a total, and its range in points."""

    scale: str
    low: float
    high: float


TOTALS = {
    "101698-9": Total("PCL-5", 0, 80),
    "44261-6": Total("PHQ-9", 0, 27),
    "70274-6": Total("GAD-7", 0, 21),
}
ITEMS = dict.fromkeys(
    "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8".split(), "PHQ-9"
) | dict.fromkeys("69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7".split(), "GAD-7")
# The answers of list LL358-3, for the scales that score them so; elsewhere they may count from 1.
_FREQUENCIES = {"LA6568-5": "0", "LA6569-3": "1", "LA6570-1": "2", "LA6571-9": "3"}
SCORES = {"PHQ-9": _FREQUENCIES, "GAD-7": _FREQUENCIES}
_WORDS = {
    "PCL-5": re.compile(r"\bpcl[\W_]*5\b|ptsd checklist for dsm[\W_]*5\b"),
    "PHQ-9": re.compile(r"\bphq[\W_]*9\b|patient health questionnaire[\W_]*9\b"),
    "GAD-7": re.compile(r"\bgad[\W_]*7\b|generali[sz]ed anxiety disorder[\W_]*7\b"),
}
# Longer texts are no names.
_LONGEST = 300


def canonical(system: str, code: str) -> str:
    """A code as study.toml writes it: bare for LOINC, else ``system|code``."""
    return code if system in ("", LOINC) else f"{system}|{code}"


def scales_named(code: Any) -> tuple[bool, frozenset[str]]:
    """Whether a CodeableConcept shows any words, and which known scales they name."""
    shown = [text(code, "text"), *(text(coding, "display") for coding in many(code, "coding"))]
    words = " / ".join(one[:_LONGEST].lower() for one in shown if one)
    return bool(words), frozenset(scale for scale, name in _WORDS.items() if name.search(words))
