"""Gate 7: the measured rates of false words for a design like the study's."""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis.claims.calibration.counts import is_current, read_table
from analysis.claims.calibration.design import (
    HOURS,
    LATER,
    SIZES,
    Design,
    design_of_trial,
    scenario,
)
from analysis.claims.case import Case
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import CONTRADICTED, Reason
from analysis.estimates.proportions import exact_share
from analysis.paths import CALIBRATION
from analysis.quantity import Private, Sentence, said
from analysis.simulate import catalogue

__all__ = ["RENEW", "SIZES", "calibration_gate", "committed_table", "false_rates",
           "no_effect_worlds", "row_says", "worlds_that_matter"]  # fmt: skip

RENEW = "relief calibrate --renew"
# Bias against, in SD, that a contradiction must bear.
_AGAINST = 0.15


@cache
def committed_table() -> pd.DataFrame | None:
    """The committed counts, or None where there are none."""
    path = CALIBRATION / "table.csv"
    return read_table(path) if path.exists() else None


@cache
def _known() -> pd.DataFrame:
    """The scenarios; they are the same as long as the program runs, and every claim asks."""
    return catalogue()


def no_effect_worlds(bound: float) -> list[str]:
    """Scenarios in which "supported" is false of onset, with biases that sum to the bound or less.

    Those that a gate stops are none of them. Not all of their simulated trials are stopped:
    :mod:`analysis.describe.calibration.error_rates` tells their rates beside.
    """
    known = _known()
    own = known["no_effect"] & (known["bias_sd"] <= bound + 1e-9) & (known["stopped_by"] == "")
    return list(known.loc[own, "world"])


def worlds_that_matter(smallest: float) -> list[str]:
    """Scenarios in which "contradicted" is false of onset: a true -M, and biases against it."""
    known = _known()
    own = (known["drug_sd"] - smallest).abs() < 1e-9
    own &= (known["bias_sd"] >= -_AGAINST - 1e-9) & (known["bias_sd"] <= 0)
    return list(known.loc[own & (known["stopped_by"] == ""), "world"])


def calibration_gate(case: Case, table: pd.DataFrame | None = None) -> Reason:
    """Gate 7: at most 6 % of false words in every scenario where the word would be false.

    Of *supported*: no effect, and biases that sum to B or less. Of *contradicted*: an effect of M,
    and biases against it. Of the usual design every scenario must be counted, of another the
    worst ones.

    Parameters
    ----------
    case : Case
    table : DataFrame, optional
        Rows of :func:`analysis.claims.calibration.counts.rows_of`; the committed ones unless
        given.
    """
    table = committed_table() if table is None else table
    if case.design.comparator != "active":
        return _unknown("there is no committed row with such a comparator.")
    try:
        primary = case.primary
    except ValueError:
        return _unknown("there is no estimate.")
    window = HOURS if case.later is None else LATER
    found = design_of_trial(case.scores, primary, level=case.level, window=window)
    if isinstance(found, str):
        # Which of its limits a study is beyond tells how many people are behind it.
        beyond = "the study has a design that no committed row is of."
        return _unknown(said("{why}", why=Private(f"the study has {found}.", beyond)))
    word = None if case.bars is None else case.bars.word(primary)
    return row_says(*found, case.definitions, table, contradicted=word == CONTRADICTED)


def row_says(
    size: int, design: Design, rules: Definitions, table: pd.DataFrame | None, *, contradicted: bool
) -> Reason:
    """What the rows of a size and design say."""
    told = Private(f"{size} participants per arm or more, {design.told()}", "such a design")
    name = f"@{design.name}" if design.name else ""
    worlds = _worlds(rules, contradicted=contradicted)
    command = f"relief calibrate --n {size}" + (f" --worlds {worlds[0]}{name}" if name else "")
    if table is None:
        return _unknown(f"no row is counted; run {command}.")
    if not (table["decisions_sha256"] == rules.decisions_sha256).any():
        return _unknown(
            f"no committed row was made with these rules, so all are pending. {RENEW} tells "
            f"whether they still hold; else {command} counts them anew."
        )
    own = _rows(table, rules, size, design, worlds)
    if pending := int((~is_current(own, rules)).sum()):
        return _unknown(
            f"{pending} of {len(own)} rows are pending: they were counted by other code or with "
            f"another version of the scenario. {RENEW} tells whether they still hold; else "
            f"{command} counts them anew."
        )
    absent = [world for world in worlds if f"{world}{name}" not in set(own["world"])]
    if own.empty or (absent and not name):
        lacking = said(
            "no row is counted for {told}; run {command}." if own.empty
            else "{n} of {all} scenarios are not counted yet for {told}; run {command}.",
            told=told, n=str(len(absent)), all=str(len(worlds)),
            command=Private(command, "relief calibrate"),
        )  # fmt: skip
        return _unknown(lacking)
    rates = false_rates(own, contradicted=contradicted)
    worst = rates.sort_values("mc_high").iloc[-1]
    most = rules.rule("false_supported_at_most")
    false = "contradicted where the drug does what matters" if contradicted else (
        "supported where the drug does nothing"
    )  # fmt: skip
    # The scenario is told without the row's design, which others may not read: it tells about
    # how many people are behind a study.
    title = scenario(worst["world"])[0].title
    numbers = (
        f"this procedure says {false} in at most {worst['rate']:.1%} of simulated trials (97.5 % "
        f"Monte Carlo limit {worst['mc_high']:.1%}; at most {most:.0%} is asked for). That is the "
        f'worst of {len(rates)} scenarios, {int(own["replicates"].min()):,} trials each: "{title}".'
    )
    return Reason(
        "calibration",
        bool(worst["mc_high"] <= most),
        said("With {told} {numbers}", told=told, numbers=numbers),
    )


def _worlds(rules: Definitions, *, contradicted: bool) -> list[str]:
    if contradicted:
        return worlds_that_matter(rules.rule("smallest_difference_sd"))
    return no_effect_worlds(rules.rule("bias_bound_sd"))


def _rows(
    table: pd.DataFrame, rules: Definitions, size: int, design: Design, worlds: list[str]
) -> pd.DataFrame:
    """Rows of onset of a size and design in these scenarios, with as many trials as asked for."""
    onset = table[(table["claim"] == "onset") & (table["n_per_arm"] == size)]
    onset = onset[onset["replicates"] >= rules.rule("calibration_trials")]
    name = f"@{design.name}" if design.name else ""
    return onset[onset["world"].isin([f"{world}{name}" for world in worlds])]


def false_rates(rows: pd.DataFrame, *, contradicted: bool) -> pd.DataFrame:
    """World, rate, mc_high (97.5 % Monte Carlo limit) of the word that would be false there."""
    if not contradicted:
        return rows[["world", "rate", "mc_high"]]
    found = [exact_share(int(k), int(n)) for k, n in
             zip(rows["contradicted"], rows["replicates"], strict=True)]  # fmt: skip
    shares = {"rate": [one["estimate"] for one in found],
              "mc_high": [one["ci_high"] for one in found]}  # fmt: skip
    return pd.DataFrame({"world": rows["world"].to_list(), **shares})


def _unknown(why: Sentence | str) -> Reason:
    return Reason("calibration", None, said("Not evaluated: {why}", why=why))
