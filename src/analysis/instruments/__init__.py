"""Scales as data (``scales/*.toml``), what their items mean, and their scoring.

In: answers as numbers. Out: totals and subscales of complete assessments. Not here: how a file
codes an answer in text (readers), item texts (nowhere), change between scores (outcomes).
"""

from analysis.instruments.catalogue import Unseen, blinding_guess, declare, get, known, unseen
from analysis.instruments.facts import Coding, Evidence, Fact, Measurement, MissingItems, Threshold
from analysis.instruments.scale import Instrument

__all__ = [
    "Coding",
    "Evidence",
    "Fact",
    "Instrument",
    "Measurement",
    "MissingItems",
    "Threshold",
    "Unseen",
    "blinding_guess",
    "declare",
    "get",
    "known",
    "unseen",
]
