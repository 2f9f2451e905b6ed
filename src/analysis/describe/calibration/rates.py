"""The counts arranged for reading: by size, worst first, beside common analyses, by bias."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.claims.calibration.command import first_pass as asked_in_first_pass
from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.counts import read_table
from analysis.describe.calibration.counts import NOT_YET, PROCEDURE, SHARE, of_now, with_shares
from analysis.paths import CALIBRATION
from analysis.simulate import entry

__all__ = ["analyses_beside", "bias_curve", "by_size", "first_pass", "passes", "worst"]


def first_pass(path: Path = CALIBRATION / "first_pass.csv") -> pd.DataFrame:
    """The first pass over every scenario at other designs, of those within the bound there."""
    table = read_table(path)
    return table[table["world"].isin(asked_in_first_pass())]


def by_size(table: pd.DataFrame, absent: str = NOT_YET) -> pd.DataFrame:
    """Rows of :func:`words` with the sizes side by side; what has no number says why."""
    order = list(dict.fromkeys(table.index.get_level_values(0)))
    wide = pd.DataFrame(table.unstack()).loc[order]
    return wide.astype(object).where(wide.notna(), absent)


def worst(table: pd.DataFrame, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of so many worlds with the highest share at any size, highest first; the others.

    A world without a number counts as the worst: nothing is known of it.
    """
    highest = table.groupby("world")["value"].max().fillna(np.inf)
    order = list(highest.sort_values(ascending=False, kind="stable").index)
    shown = table["world"].isin(order[:most])
    first = table[shown].sort_values("world", key=lambda own: own.map(order.index), kind="stable")
    return first, table[~shown]


def analyses_beside(table: pd.DataFrame) -> pd.DataFrame:
    """What the procedure and each common analysis find in the same trials, one row each.

    Parameters
    ----------
    table : DataFrame
        Rows of :func:`cells` for the claim onset.

    Returns
    -------
    DataFrame
        world, title, n_per_arm, replicates, analysis, and the share of trials in which it finds
        relief (the procedure: says supported) as value, mc_low, mc_high.
    """
    kept = ["world", "title", "n_per_arm", "replicates", "pending"]
    parts = [table[[*kept, *SHARE]].assign(analysis=PROCEDURE)]
    for name in COMMON:
        parts.append(with_shares(table[[*kept, name]], name)[[*kept, *SHARE]]
                     .assign(analysis=name))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def bias_curve(counts: pd.DataFrame, family: str = "unblinding") -> pd.DataFrame:
    """Support against the size of a bias or an effect, as far as a family is counted.

    Parameters
    ----------
    counts : DataFrame
    family : str
        ``unblinding``, ``expectancy`` or ``euphoria``; for the true differences ``effect``,
        of which ``power-cell`` is 1 SD. The world in which the drug does nothing is size 0 of
        each, where that is not counted.

    Returns
    -------
    DataFrame
        n_per_arm, size (SD of baseline), replicates, supported, value, mc_low, mc_high; sorted.
    """
    current = of_now(counts)[0]
    own = current[current["claim"] == "onset"]
    size = own["world"].map(lambda name: _size(name, family)).astype(float)
    zero = (own["world"] == "null") & ~own["n_per_arm"].isin(own.loc[size == 0, "n_per_arm"])
    table = own.assign(size=size.mask(zero, 0.0)).dropna(subset=["size"])
    table = table[["n_per_arm", "size", "replicates", "supported"]]
    return with_shares(table, "supported").sort_values(
        ["n_per_arm", "size"], ignore_index=True
    )  # fmt: skip


def _size(name: str, family: str) -> float:
    """The size of a world of that family, NaN for any other."""
    member = "effect" if name == "power-cell" else name.rpartition("-")[0]
    if member != family:
        return np.nan
    truth = entry(name)
    return truth.drug if family == "effect" else truth.bias


def passes(curve: pd.DataFrame, share: float) -> pd.DataFrame:
    """The size at which a curve first passes a share, by straight lines between its points.

    Returns
    -------
    DataFrame
        Indexed by n_per_arm: size (NaN where the points counted do not reach it), between (the
        two sizes counted on either side) and largest (the largest size counted). A curve whose
        first point is above passed at or below that.
    """
    rows = {}
    for n, own in curve.groupby("n_per_arm"):
        x, y = own["size"].to_numpy(float), own["value"].to_numpy(float)
        above = np.flatnonzero(y > share)
        at, between = np.nan, ""
        if len(above) and above[0] == 0:
            at, between = x[0], f"at or below {x[0]:g}"
        elif len(above):
            k = above[0]
            at = float(np.interp(share, y[[k - 1, k]], x[[k - 1, k]]))
            between = f"{x[k - 1]:g} and {x[k]:g}"
        rows[n] = {"size": at, "between": between, "largest": x[-1]}
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["size", "between", "largest"]
    ).rename_axis("n_per_arm")  # fmt: skip
