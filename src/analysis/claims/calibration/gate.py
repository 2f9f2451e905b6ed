"""Gate 7: the measured rate of false support for a design like the study's."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from analysis.claims.calibration.counts import VISITS, is_current, read_table
from analysis.claims.case import Case
from analysis.claims.decision_rule import ONE_SIDED
from analysis.claims.ledger import Reason
from analysis.paths import CALIBRATION
from analysis.quantity import Known, Private, Quantity, Sentence, said
from analysis.simulate import catalogue

__all__ = ["RENEW", "calibration_gate", "committed_table", "no_effect_worlds"]

RENEW = "relief calibrate --renew"
SIZES = (15, 30, 60)
# Dropout is rounded up to steps of this size.
STEP = 0.05


@cache
def committed_table() -> pd.DataFrame | None:
    """The committed counts, or None where there are none."""
    path = CALIBRATION / "table.csv"
    return read_table(path) if path.exists() else None


def no_effect_worlds(bound: float) -> list[str]:
    """Worlds in which "supported" is false of onset, with bias no larger than the bound."""
    known = catalogue()
    own = known["no_effect"] & (known["bias_sd"] <= bound + 1e-9)
    return list(known.loc[own, "world"])


def calibration_gate(case: Case, table: pd.DataFrame | None = None) -> Reason:
    """Gate 7: at most 6 % false support in every no-effect world with bias up to B.

    Parameters
    ----------
    case : Case
    table : DataFrame, optional
        Rows of :func:`analysis.claims.calibration.counts.rows_of`; the committed ones unless
        given.
    """
    table = committed_table() if table is None else table
    if case.design.comparator != "active":
        return _unknown("there is no committed cell with such a comparator.")
    if case.level != ONE_SIDED:
        other = said(
            "committed cells have a one-sided level of {nominal:g}, not {level:g}.",
            nominal=Known(ONE_SIDED), level=Known(case.level),
        )  # fmt: skip
        return _unknown(other)
    fewest = int(min(case.scores.treated.sum(), (~case.scores.treated).sum()))
    size = max((n for n in SIZES if n <= fewest), default=None)
    if size is None:
        few = said(
            "{n} people an arm are fewer than any committed cell has.",
            n=Quantity(fewest, {"an arm": fewest}, kind="count"),
        )
        return _unknown(few)
    if len(case.scores.visits) != VISITS:
        return _unknown(f"committed cells have {VISITS} visits within hours, the study has one.")
    command = f"relief calibrate --n {size}"
    rules = case.definitions
    if table is None:
        return _unknown(f"no cell is counted; run {command}.")
    if not (table["decisions_sha256"] == rules.decisions_sha256).any():
        return _unknown(
            "no committed cell was made with these rules: all are pending until "
            f"{RENEW} finds every stored word the same, or {command} counts them anew."
        )
    wanted = no_effect_worlds(rules.rule("bias_bound_sd"))
    own = table[(table["claim"] == "onset") & table["world"].isin(wanted)]
    own = own[(own["n_per_arm"] == size) & (own["replicates"] >= rules.rule("calibration_trials"))]
    pending = int((~is_current(own, rules)).sum())
    if pending:
        return _unknown(
            f"{pending} of {len(wanted)} worlds are pending, counted by other code or another "
            f"form of the world than now, until {RENEW} finds every stored word the same, or "
            f"{command} counts them anew."
        )
    absent = [name for name in wanted if name not in set(own["world"])]
    if absent:
        return _unknown(
            f"{len(absent)} of {len(wanted)} worlds are not counted yet; run {command}."
        )
    # Every world must lose as many, rounded alike: a study's loss is rounded up to a step.
    covered, lost = _step(own["dropout"].min()), dropout(case)
    if _step(lost) > covered:
        more = said(
            "{lost} at the last visit; committed cells reach {covered:.0%}.",
            lost=Private(f"{lost:.0%} have no score", "Too many have no score"),
            covered=Known(float(covered)),
        )
        return _unknown(more)
    worst = own.sort_values("mc_high").iloc[-1]
    most = rules.rule("false_supported_at_most")
    return Reason(
        "calibration",
        bool(worst["mc_high"] <= most),
        f"In {len(wanted)} worlds without an effect, {int(own['replicates'].min()):,} trials each "
        f"with {size} people an arm, this procedure says supported in at most "
        f"{worst['rate']:.1%} (97.5 % Monte Carlo limit {worst['mc_high']:.1%}, in the world "
        f"{worst['world']}; at most {most:.0%} is asked for).",
    )


def _step(share: float) -> float:
    return round(float(np.ceil(round(share / STEP, 6)) * STEP), 6)


def dropout(case: Case) -> float:
    """Share of people with a baseline who have no score at the last window anyone has one in."""
    people = case.people_scored
    shares = []
    for window in ("hours", "day", "day_3", "day_7"):
        seen = set(case.people(window)["subject"]) & set(people)
        if seen:
            shares.append(1 - len(seen) / len(people))
    return shares[-1] if shares else 1.0


def _unknown(why: Sentence | str) -> Reason:
    return Reason("calibration", None, said("Not evaluated: {why}", why=why))
