"""Intercurrent events handled as declared (ICH E9(R1)), before any imputation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates.missing.trial_data import first_missing_to_the_end

__all__ = ["HANDLINGS", "handle_events"]

Array = NDArray[np.float64]
HANDLINGS = {
    "treatment policy": "scores after the event are kept",
    "hypothetical": "scores after the event are set missing",
    "composite": "not improved from the event on",
}


def handle_events(
    change: Array, events: pd.DataFrame, handling: Mapping[str, str]
) -> tuple[Array, NDArray[np.intp], pd.DataFrame]:
    """Changes as the declared strategies leave them, and when each person left treatment.

    Parameters
    ----------
    change : array of shape (n, k)
        Change from baseline at each visit, points (negative = fewer symptoms), NaN where
        missing.
    events : DataFrame
        ``person`` (row of ``change``), ``kind`` and ``visit`` (position of the first visit after
        the event, 0 to k - 1). Several events of a person are allowed.
    handling : dict of kind to {"treatment policy", "hypothetical", "composite"}
        As declared in the protocol, for every kind that occurs.

    Returns
    -------
    change : array of shape (n, k)
        Composite: from the event on nobody is improved, so that a fall counts 0, and so does a
        missing score; a rise stays a rise. Hypothetical: missing from the event on. Treatment
        policy: as it was. Where two strategies meet, composite prevails over hypothetical: what
        happened is not imputed away.
    event : array of int, shape (n,)
        Position of the first visit after a hypothetical event, else of the first of the missing
        visits at the person's end, k for none: where reference-based imputation starts.
    counts : DataFrame
        kind, handling, people, scores_changed; one row a declared kind, zeros kept.

    Raises
    ------
    ValueError
        When an event has no declared handling, a handling is unknown, or a person or visit does
        not exist or is no whole number.
    """
    change = np.array(change, float)
    n, k = change.shape
    _refuse(events, handling, n, k)
    events = events.astype({"person": int, "visit": int})
    handled = change.copy()
    # Composite comes last and overwrites.
    rank = events["kind"].map(handling).map(list(HANDLINGS).index)
    started = np.full(n, k)
    for position in np.argsort(rank.to_numpy(), kind="stable"):
        person, visit = (int(events[name].iloc[position]) for name in ("person", "visit"))
        how, after = handling[events["kind"].iloc[position]], slice(visit, None)
        if how == "hypothetical":
            handled[person, after] = np.nan
            started[person] = min(started[person], visit)
        elif how == "composite":
            handled[person, after] = np.fmax(change[person, after], 0.0)
    event = np.minimum(started, first_missing_to_the_end(handled))
    return handled, event.astype(np.intp), _counts(change, events, handling)


def _refuse(events: pd.DataFrame, handling: Mapping[str, str], n: int, k: int) -> None:
    unknown = sorted(set(handling.values()) - set(HANDLINGS))
    if unknown:
        raise ValueError(f"A handling is one of {', '.join(HANDLINGS)}, not {unknown[0]!r}.")
    undeclared = sorted(set(events["kind"]) - set(handling))
    if undeclared:
        raise ValueError(
            f"No handling is declared for {', '.join(map(repr, undeclared))}; declare it before "
            "the data are read."
        )
    if (events[["person", "visit"]].astype(float) % 1 != 0).any(axis=None):
        raise ValueError("A person and a visit are positions, whole numbers from 0 on.")
    if not (events["person"].between(0, n - 1).all() and events["visit"].between(0, k - 1).all()):
        raise ValueError(f"An event is of a person from 0 to {n - 1} at a visit 0 to {k - 1}.")


def _counts(change: Array, events: pd.DataFrame, handling: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for kind, how in handling.items():
        mine = events[events["kind"] == kind]
        changed = np.zeros(change.shape, dtype=bool)
        for person, visit in zip(mine["person"], mine["visit"], strict=True):
            after = change[person, visit:]
            if how == "hypothetical":
                changed[person, visit:] |= np.isfinite(after)
            elif how == "composite":
                changed[person, visit:] |= ~(after >= 0)
        rows.append((kind, how, mine["person"].nunique(), int(changed.sum())))
    return pd.DataFrame(rows, columns=["kind", "handling", "people", "scores_changed"])
