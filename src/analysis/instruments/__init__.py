"""Scales as data (``scales/*.toml``), what their items mean, and their scoring.

In: answers as numbers. Out: totals and subscales of complete assessments. Not here: how a file
codes an answer in text (readers), item texts (nowhere), change between scores (outcomes).
"""

from analysis.instruments.catalogue import blinding_guess, get, known
from analysis.instruments.scale import Coding, Fact, Instrument, MissingItems, Threshold

__all__ = [
    "Coding",
    "Fact",
    "Instrument",
    "MissingItems",
    "Threshold",
    "blinding_guess",
    "get",
    "known",
]
