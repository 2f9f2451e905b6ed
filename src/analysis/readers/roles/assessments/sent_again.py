"""A form that a person sent twice, minutes apart: one of them counts, never their mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.readers.clock import Clock
from analysis.readers.reading import FEW, Reading
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["each_sent_once"]

# Assumption: nobody is asked a whole questionnaire again within a quarter of an hour; single
# ratings of distress are.
_AGAIN_HOURS, _MINUTES, _FEWEST_ITEMS = 0.25, 15, 5
# A share of people that is most.
_MOST = 0.5


def each_sent_once(
    reading: Reading, table: TextTable, spec: AssessmentTable, clock: Clock
) -> np.ndarray:
    """Rows that stay, where one person's forms of one scale follow each other within minutes.

    Of forms that agree one stays, of one minute too. Where they differ, ``sent_twice`` of
    study.toml tells which does; unless it is declared, the person is set aside. Forms of one
    minute that differ are another matter, since neither is known to be the later.

    Parameters
    ----------
    clock : Clock
        Of the rows of the table; only times known to the minute are compared.

    Returns
    -------
    ndarray of bool, one a row of the table

    Raises
    ------
    ReliefError
        ``time.of-entry``.
    """
    scale = instruments.get(spec.instrument)
    keep = np.ones(len(table.cells), dtype=bool)
    person = pd.factorize(table.category(spec.subject))[0]
    exact = np.flatnonzero(clock.low == clock.high)
    order = exact[np.lexsort((clock.low[exact], person[exact]))]
    forms = pd.DataFrame({"person": person[order], "at": clock.low[order]}, order)
    if not _again(forms).any():
        return keep
    answers = [table.column(name).iloc[order] for name in spec.answer_columns()]
    content = pd.util.hash_pandas_object(pd.DataFrame(dict(enumerate(answers))), index=False)
    runs = forms.assign(content=content.to_numpy())
    # A copy of the same minute is no form of its own.
    copies = runs.duplicated()
    keep[runs.index[copies]] = False
    runs = runs[~copies]
    again = _again(runs) & (runs["at"].diff() > 0)
    if len(scale.item_numbers(spec.version)) < _FEWEST_ITEMS or scale.role == "safety":
        again &= False
    runs = runs.assign(run=(~again).cumsum())
    run = runs.groupby("run")
    several = run["content"].transform("size") > 1
    _refuse_times_of_entry(runs, table, spec, scale.name)
    differs = several & (run["content"].transform("nunique") > 1)
    # Of a run that agrees it does not matter which stays; its last is what was meant.
    stays = ~runs["run"].duplicated(keep="first" if spec.sent_twice == "first" else "last")
    keep[runs.index[several & ~stays]] = False
    mask, ids = np.zeros(len(keep), dtype=bool), table.column(spec.subject)
    if spec.sent_twice is None and differs.any():
        mask[runs.index[differs]] = True
        reading.stop("form.sent-twice", table, mask, ids, scale=scale.name, minutes=_MINUTES)
        keep |= mask
    elif differs.any():
        mask[runs.index[differs & ~stays]] = True
        reading.note(
            "form.sent-again", table, mask,
            scale=scale.name, minutes=_MINUTES, declared=spec.sent_twice,
        )  # fmt: skip
    reading.note("form.same-again", table, ~keep & ~mask, scale=scale.name, minutes=_MINUTES)
    return keep


def _refuse_times_of_entry(
    runs: pd.DataFrame, table: TextTable, spec: AssessmentTable, scale: str
) -> None:
    """Refuse times at which most people's whole course was entered; no rule may choose of it."""
    people = runs.groupby("person").agg(forms=("run", "size"), runs=("run", "nunique"))
    several = people[people["forms"] > 1]
    at_once = several[(several["forms"] >= FEW) & (several["runs"] == 1)]
    if len(at_once) >= max(FEW, _MOST * len(several)):
        raise refusal("time.of-entry", file=table.file, column=spec.time, scale=scale,
                      people=len(at_once), total=len(several))  # fmt: skip


def _again(forms: pd.DataFrame) -> pd.Series:
    """Forms, by person and time, that follow one of the same person within minutes."""
    return forms["person"].eq(forms["person"].shift()) & (forms["at"].diff() < _AGAIN_HOURS)
