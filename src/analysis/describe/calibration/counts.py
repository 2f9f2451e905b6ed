"""How often the whole procedure is wrong: the committed counts as tables to read and to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.claims.calibration.all_gates import kept_by_gate_7
from analysis.claims.calibration.command import MATTERS, POWER, every_world, other_designs
from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.counts import HASHES, is_current, read_table
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.gate import RENEW, SIZES
from analysis.claims.definitions import Definitions, load_definitions
from analysis.estimates.proportions import exact_share
from analysis.paths import CALIBRATION
from analysis.simulate import catalogue

__all__ = [
    "COUNT",
    "PROCEDURE",
    "SUPPORTED_BEFORE",
    "absent",
    "all_gates",
    "cells",
    "counted",
    "design_of_world",
    "designs",
    "in_words",
    "pending_cells",
    "read_counts",
    "state",
    "titled",
    "words",
    "worlds",
]

PROCEDURE = "this procedure"
COUNT = "make calibrate"
NOT_YET = "not counted yet"
SHARE = ("value", "mc_low", "mc_high")
PENDING = "pending"
SUPPORTED_BEFORE = "supported before gate calibration"
_WORDS = ("claim", "world", *HASHES)
_COLUMNS = ("claim", "world", "n_per_arm", "replicates", "supported", "contradicted",
            "not_decided", "not_testable", "by_estimate", "loss", "fell_back", "failed",
            "judged_again", *HASHES, *COMMON)  # fmt: skip


def read_counts(
    path: Path = CALIBRATION / "table.csv", definitions: Definitions | None = None
) -> pd.DataFrame:
    """The counts, each told to be of these rules and the code of now, or pending.

    What is pending was counted with other rules, by other code or of another form of its
    world: it is shown as pending and never as a number.

    Parameters
    ----------
    path : Path
        As :func:`analysis.claims.calibration.merge` writes it.
    definitions : Definitions, optional
        The rules; those of claims.toml unless given.

    Returns
    -------
    DataFrame
        Rows of :func:`analysis.claims.calibration.counts.rows_of`, and ``pending`` (bool);
        no row where nothing is counted.
    """
    if not path.exists():
        kinds = {name: str if name in _WORDS else float for name in _COLUMNS}
        empty = {name: pd.Series(dtype=kind) for name, kind in kinds.items()}
        return pd.DataFrame(empty | {"pending": pd.Series(dtype=bool)})
    table = read_table(path)
    return table.assign(pending=~is_current(table, definitions))


def of_now(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts that speak, and those that are pending."""
    pending = counts["pending"].astype(bool)
    return counts[~pending], counts[pending]


def pending_cells(counts: pd.DataFrame) -> list[str]:
    """World and size of each cell that is pending, as in ``null n30``."""
    cells = of_now(counts)[1].drop_duplicates(["world", "n_per_arm"])
    return [f"{name} n{n:.0f}" for name, n in zip(cells["world"], cells["n_per_arm"], strict=True)]


def state(counts: pd.DataFrame, definitions: Definitions | None = None) -> str:
    """Whether the counts hold now, as sentences for the README and for notebook 10."""
    rules = definitions or load_definitions()
    every = len(SIZES) * (len(every_world()) + len(other_designs()))
    cells = counts.drop_duplicates(["world", "n_per_arm"])
    if cells.empty:
        return f"No scenario is counted yet: run {COUNT}."
    pending = pending_cells(counts)
    made = ", ".join(sorted({digest[:12] for digest in cells["decisions_sha256"]}))
    if not pending:
        again = int(cells["judged_again"].sum())
        renewed = (
            f" When the hashes were last renewed, {again:,} of their trials were judged again "
            "and got the same verdicts."
        )
        return (
            f"{len(cells)} of {every} combinations of scenario and size are counted, "
            f"{int(cells['replicates'].min()):,} trials each, with the rules of decisions_sha256 "
            f"{made}.{renewed if again else ''} Where rules or code have changed since, counts "
            "are pending and not shown."
        )
    return (
        f"PENDING: {len(pending)} of {len(cells)} counted combinations of scenario and size were "
        f"made with other rules or other code than those of now (decisions_sha256 {made}; now "
        f"{rules.decisions_sha256[:12]}). Whether they hold now is unknown: the gate calibration "
        f'says "not evaluated" until {RENEW} finds every stored verdict the same or {COUNT} has '
        "counted them anew."
    )


def absent(counts: pd.DataFrame) -> str:
    """What stands where a number would, in a table of cells that have none."""
    current, pending = of_now(counts)
    if pending.empty:
        return NOT_YET
    return PENDING if current.empty else f"{PENDING} or {NOT_YET}"


def titled(table: pd.DataFrame, name: str = "scenario") -> pd.DataFrame:
    """The same with titles of the scenarios in the level ``world`` of the index, under a name."""

    def title(world: str) -> str:
        one, design = scenario(world)
        return f"{one.title}; {design.told()}" if design.name else one.title

    return table.rename(index=title, level="world").rename_axis(index={"world": name})


def worlds() -> pd.DataFrame:
    """The catalogue in words: what is true in each scenario and where its numbers come from.

    Returns
    -------
    DataFrame
        Indexed by world: title; what the drug does within hours; drug and bias (SD of
        baseline); which bias it is and what answers it (a gate, the bound, or nothing); is
        "supported" (false, true, or small: real but less than what matters); source or
        assumption.
    """
    known = catalogue()
    said = np.select([known["no_effect"], known["effect_true"]], ["false", "true"], "small")
    shown = pd.DataFrame({
        "world": known["world"], "title": known["title"],
        "the drug, within hours": known["drug_within_hours"],
        "drug, SD": known["drug_sd"], "bias, SD": known["bias_sd"],
        "bias, and what guards against it": known["bias"],
        '"supported" would be': said, "source": known["source"],
    })  # fmt: skip
    return shown.set_index("world")


def cells(counts: pd.DataFrame, *, claim: str = "onset", least: int = 1) -> pd.DataFrame:
    """Every world of the catalogue at every size, counted or not.

    Parameters
    ----------
    counts : DataFrame
        As :func:`read_counts` gives them.
    claim : str
    least : int
        Trials that a cell must have to be shown; cells with fewer count as not counted.

    Returns
    -------
    DataFrame
        world, title, no_effect, drug_sd, bias_sd, n_per_arm, replicates (0 where not counted);
        pending (bool); value, mc_low, mc_high: share of trials called supported with its exact
        95 % Monte Carlo limits; the counts of words; a column an analysis of ``COMMON``.
    """
    known = catalogue()[["world", "title", "no_effect", "drug_sd", "bias_sd"]]
    every = known.merge(pd.DataFrame({"n_per_arm": SIZES}), how="cross")
    current, waiting = (part[part["claim"] == claim] for part in of_now(counts))
    own = current[current["replicates"] >= least]
    numbers = [name for name in _COLUMNS if name not in ("claim", *HASHES)]
    key = ["world", "n_per_arm"]
    found = every.merge(own[numbers], on=key, how="left")
    waits = set(zip(waiting["world"], waiting["n_per_arm"], strict=True))
    found["pending"] = [
        cell in waits for cell in zip(found["world"], found["n_per_arm"], strict=True)
    ]
    found["replicates"] = found["replicates"].fillna(0).astype(int)
    return with_shares(found, "supported")


def with_shares(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The same with value, mc_low and mc_high of a column of counts; NaN where none."""
    shares = [_share(k, n) for k, n in zip(table[column], table["replicates"], strict=True)]
    columns = pd.DataFrame(shares, columns=SHARE, index=table.index, dtype=float)
    return pd.concat([table, columns], axis=1)


def _share(hits: float, trials: int) -> tuple[float, float, float]:
    if not trials:
        return (np.nan, np.nan, np.nan)
    found = exact_share(int(hits), int(trials))
    return found["estimate"], found["ci_low"], found["ci_high"]


def counted(counts: pd.DataFrame, definitions: Definitions | None = None) -> pd.DataFrame:
    """Trials a world and size in words, so that nobody takes an empty cell for a zero.

    Returns
    -------
    DataFrame
        Worlds by size: the number of trials, with "too few" below what gate 7 asks for, or
        "not counted yet", or "pending".
    """
    wanted = int((definitions or load_definitions()).rule("calibration_trials"))

    def told(trials: int, pending: bool) -> str:
        if not trials:
            return PENDING if pending else NOT_YET
        return f"{trials:,}" if trials >= wanted else f"{trials:,}, too few"

    table = cells(counts)
    table["told"] = list(map(told, table["replicates"], table["pending"]))
    wide = table.pivot(index="world", columns="n_per_arm", values="told")
    wide.columns = [f"{n} per arm" for n in wide.columns]
    return wide.loc[list(dict.fromkeys(table["world"]))]


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The share of each cell with its Monte Carlo limits, worlds by participants per arm.

    Parameters
    ----------
    table : DataFrame
        Rows of :func:`cells`.
    """
    told = [
        f"{value:.1%} ({low:.1%} to {high:.1%})" if trials else PENDING if waits else NOT_YET
        for value, low, high, trials, waits in zip(
            *(table[name] for name in (*SHARE, "replicates", "pending")), strict=True
        )
    ]
    size = table["n_per_arm"].map("{} per arm".format)
    columns = {"bias, SD": table["bias_sd"], "world": table["world"], "size": size}
    shown = pd.DataFrame(columns).assign(told=told)
    rows = ["bias, SD", "world"]
    wide = shown.pivot(index=rows, columns="size", values="told")
    order = pd.MultiIndex.from_frame(shown[rows].drop_duplicates())
    return wide.loc[order, list(dict.fromkeys(size))].rename_axis(columns=None)


def words(counts: pd.DataFrame, *, claim: str = "onset") -> pd.DataFrame:
    """Of the cells that are counted, the share of each word, and of support before gate 6.

    Returns
    -------
    DataFrame
        Indexed by world and participants per arm: supported before gate 7, contradicted, not
        decided, not testable, supported by gate 5 alone (all in %), trials.
    """
    table = cells(counts, claim=claim).query("replicates > 0")
    names = {"supported": SUPPORTED_BEFORE, "contradicted": "contradicted",
             "not_decided": "not decided", "not_testable": "not testable",
             "by_estimate": "supported by the gate estimate alone"}  # fmt: skip
    shown = pd.DataFrame({"world": table["world"], "participants per arm": table["n_per_arm"]})
    for column, name in names.items():
        shown[name] = (100 * table[column].astype(float) / table["replicates"]).round(1)
    shown["trials"] = table["replicates"]
    return shown.set_index(["world", "participants per arm"])


def all_gates(counts: pd.DataFrame, definitions: Definitions | None = None) -> pd.DataFrame:
    """What each gate after the data leaves of "supported", in every scenario with a real effect.

    Returns
    -------
    DataFrame
        Indexed by world and participants per arm: % of trials that gate estimate supports,
        that gate robustness does too, and that all seven do; trials. The last but one is the
        power of the procedure.
    """
    current = of_now(counts)[0]
    kept = kept_by_gate_7(current, definitions or load_definitions())
    known = catalogue().set_index("world")["no_effect"]
    kept = kept[kept["world"].str.split("@").str[0].map(known).eq(False)]
    steps = {"by_estimate": "gate estimate", "supported": "gate robustness",
             "supported_by_all": "all seven gates"}  # fmt: skip
    shown = kept[["world", "n_per_arm"]].rename(columns={"n_per_arm": "participants per arm"})
    for column, name in steps.items():
        shown[name] = (100 * kept[column].astype(float) / kept["replicates"]).round(1)
    shown["trials"] = kept["replicates"]
    return shown.set_index(["world", "participants per arm"])


def designs(counts: pd.DataFrame, n_per_arm: int = 30) -> pd.DataFrame:
    """What gate calibration reads for studies of other designs than the usual one.

    Returns
    -------
    DataFrame
        Indexed by design, in words: the worst scenario without an effect; false "supported" and
        false "contradicted" (where the drug does what matters) in % with their 97.5 % Monte
        Carlo limits; trials a row.
    """
    own = of_now(counts)[0]
    own = own[(own["claim"] == "onset") & (own["n_per_arm"] == n_per_arm)]
    own = own[own["world"].str.contains("@")]
    told = own["world"].map(lambda name: scenario(name)[1].told())
    own = own[~own["world"].str.startswith(f"{POWER}@")]
    real = own["world"].str.startswith(f"{MATTERS}@")
    rows = {}
    for design, rated in own.groupby(told, sort=False):
        nothing, matters = rated[~real.loc[rated.index]], rated[real.loc[rated.index]]
        if nothing.empty or matters.empty:
            continue
        worst = nothing.sort_values("mc_high").iloc[-1]
        rows[design] = {
            "worst scenario": scenario(worst["world"])[0].title,
            'false "supported"': f"{worst['rate']:.1%} (up to {worst['mc_high']:.1%})",
            'false "contradicted"': _up_to(matters.iloc[0]),
            "trials": int(rated["replicates"].min()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("design")


def design_of_world(name: str) -> str:
    """The design that a scenario's name asks for, in words."""
    return scenario(name)[1].told()


def _up_to(row: pd.Series) -> str:
    rate, _, high = _share(row["contradicted"], row["replicates"])
    return f"{rate:.1%} (up to {high:.1%})"
