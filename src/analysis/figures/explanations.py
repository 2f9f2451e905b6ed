"""What else could explain a difference: guesses, dissociation, bias, mediation, harms."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.describe.display import MINUS, number
from analysis.figures.common.base import (
    as_percent,
    error_bars,
    finish,
    legend_above,
    lines_at,
    new_axes,
    people_of,
    people_under,
    shares_in_rows,
    stacked_bars,
    style,
    titled,
    words_beside,
)

__all__ = [
    "bias_tipping",
    "course_of_dissociation",
    "difference_over_baseline",
    "guesses_by_arm",
    "harms_by_arm",
    "harms_drawn",
    "mediation_sensitivity",
    "share_back",
]

# Hours: where what was rated before the infusion stands, and between two arms at one hour.
BEFORE, ASIDE = -0.8, 0.12


def guesses_by_arm(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """How many of each arm guessed right, as stacked bars in per cent.

    Parameters
    ----------
    table : DataFrame
        As :func:`analysis.describe.explanations.blinding.guesses` gives it; a cell withheld for few
        people is left blank.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    total = table["all"].astype(float).to_numpy()
    shares = table.drop(columns="all").apply(pd.to_numeric, errors="coerce")
    ax = new_axes(ax, 1.6 + 0.6 * len(table))
    frame = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    y = stacked_bars(ax, (100 * shares.fillna(0)).div(total, axis=0),
                     text={"zorder": 4, "bbox": frame}, height=0.62, zorder=3)  # fmt: skip
    ax.set_yticks(y, [f"given {name}" for name in table.index])
    ax.set_xlim(0, 100)
    title = "Could participants tell what they were given?"
    return finish(ax, title, synthetic, x="% of the arm", columns=3, gap=0.3)


def course_of_dissociation(
    table: pd.DataFrame, *, synthetic: bool, of: str = "", ax: Axes | None = None
) -> Axes:
    """Mean dissociation over hours from the start, to scale, by arm, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates; those of ``mean score`` are drawn, each in the middle of
        its window, ``low to high h``.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and what it asks about, for the title.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    means = table[table["estimand"] == "mean score"]
    at = {window: _middle(window) for window in dict.fromkeys(means["window"])}
    arms = list(dict.fromkeys(means["contrast"]))
    people = {}
    for index, arm in enumerate(arms):
        rows = means[means["contrast"] == arm]
        hours = rows["window"].map(at).to_numpy(float) + ASIDE * (index - (len(arms) - 1) / 2)
        ax.errorbar(hours, rows["estimate"], yerr=error_bars(rows), capsize=3, label=str(arm),
                    zorder=3, **style(index))  # fmt: skip
        places = rows["window"].map(at).tolist()
        people[str(arm)] = dict(zip(places, map(number, rows["n"]), strict=True))
    ax.axvline(0, color="0.3", linewidth=1)
    ax.text(0, 0.98, "infusion starts", transform=ax.get_xaxis_transform(), va="top", ha="right",
            rotation=90, fontsize=9)  # fmt: skip
    last = max(at.values(), default=1.0)
    hourly = list(range(0, int(last) + 2, 1 if last < 10 else 4))
    ax.set_xticks([BEFORE, *hourly], ["before", *(f"{hour} h" for hour in hourly)])
    ax.set_ylim(bottom=0)
    people_under(ax, people)
    finish(ax, titled("Dissociation by hour: means, 95 % intervals", of), synthetic,
           x="time since the start of the infusion", y="dissociation, points")  # fmt: skip
    legend_above(ax)
    return ax


def _middle(window: str) -> float:
    """Hours at which a span of hours stands: its middle; what was before has a place of its own."""
    found = re.match(r"([\d.]+) to ([\d.]+) h", window)
    return (float(found[1]) + float(found[2])) / 2 if found else BEFORE


def share_back(
    table: pd.DataFrame, *, synthetic: bool, of: str = "", ax: Axes | None = None
) -> Axes:
    """Share of each arm whose dissociation is back near baseline, by hours from the start.

    Parameters
    ----------
    table : DataFrame
        As :func:`analysis.describe.explanations.dissociation.return_to_baseline` gives it: hours,
        and the envelope lower to upper (0 to 1) that the ratings leave.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and what it asks about, for the title.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for index, (arm, rows) in enumerate(table.groupby("arm", sort=True)):
        look = style(index)
        ax.fill_between(
            rows["hours"], 100 * rows["lower"], 100 * rows["upper"], alpha=0.2, color=look["color"]
        )
        people = f" (n = {people_of(rows)})" if "n" in rows else ""
        ax.plot(rows["hours"], 100 * rows["lower"], label=f"{arm}{people}", zorder=3, **look)
    ax.set_ylim(0, 104)
    ax.legend(loc="lower right", frameon=True)
    return finish(
        ax, titled("How soon dissociation has passed", of), synthetic,
        x="hours from the start of the infusion", y="% of participants\nresolved",
    )  # fmt: skip


def bias_tipping(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    of: str = "",
    bars: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The difference and its interval as more and more of it is put down to expectancy.

    Parameters
    ----------
    table : DataFrame
        As :func:`analysis.describe.explanations.expectancy.bias_curve` gives it, bounds rising.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and window, for the title.
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts: a line at minus it.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    bound = table["bound_sd"].to_numpy(float)
    ax.fill_between(bound, table["ci_low"], table["ci_high"], color="C0", alpha=0.2, zorder=2)
    ax.plot(bound, table["estimate"], zorder=3, label="difference left, 95 % interval", **style(0))
    ax.plot(bound, table["ci_high"], color="C0", linewidth=1, zorder=3)
    decides = table[table["decides"] == "yes"]
    for value in decides["bound_sd"]:
        ax.axvline(value, color="C3", linestyle="--", linewidth=1.4, zorder=2)
        ax.text(
            value, 0.03, f" bound on bias (B)\n that decides: {value:g} SD", color="C3",
            fontsize=10, transform=ax.get_xaxis_transform(),
        )  # fmt: skip
    end = table["ci_high"].to_numpy(float)
    if end[0] < 0 < end[-1]:
        tips = float(np.interp(0.0, end, bound))
        ax.plot([tips], [0], marker="X", markersize=10, color="C1", zorder=5, linestyle="")
        ax.annotate(f"interval reaches zero\nat {tips:.2f} SD", (tips, 0), (tips, 1.6),
                    ha="center", fontsize=10)  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1)
    lines_at(ax, bars)
    ax.set_ylim(top=max(float(end.max()), 0) + 2.5)
    finish(
        ax, titled("How much expectancy would it take?", of), synthetic,
        x="benefit put down to expectancy, SD of baseline (assumed)",
        y="difference left, points\n(below 0: better on ketamine)",
    )  # fmt: skip
    legend_above(ax)
    return ax


def mediation_sensitivity(
    table: pd.DataFrame,
    *,
    rho_null: float,
    synthetic: bool,
    of: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The indirect effect over the correlation that an unmeasured cause would bring.

    Parameters
    ----------
    table : DataFrame
        Columns rho, estimate, ci_low, ci_high (points).
    rho_null : float
        Correlation at which the indirect effect is zero.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and window, for the title.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.0)
    ax.fill_between(table["rho"], table["ci_low"], table["ci_high"], color="C0", alpha=0.2)
    ax.plot(table["rho"], table["estimate"], color="C0", zorder=3)
    ax.axhline(0, color="0.3", linewidth=1)
    ax.axvline(0, color="0.3", linewidth=1, linestyle=":")
    ax.plot([rho_null], [0], marker="X", markersize=10, color="C1", zorder=5, linestyle="")
    told = f"zero at {rho_null:.2f}".replace("-", MINUS)
    ax.annotate(told, (rho_null, 0), (8, 10), textcoords="offset points")
    return finish(
        ax, titled("Through dissociation? It depends on what nobody measured", of), synthetic,
        x="correlation of the errors by an unmeasured cause (assumed)", y="indirect effect, points",
    )  # fmt: skip


def difference_over_baseline(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    of: str = "",
    bars: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The difference between the arms over the baseline, with its pointwise interval.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates; those ``at baseline x`` are drawn.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and window, for the title.
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts: a line at minus it.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.2)
    at = table["estimand"].str.extract(r"at baseline ([\d.]+)$")[0].astype(float)
    rows = table[at.notna()].assign(baseline=at[at.notna()])
    ax.fill_between(rows["baseline"], rows["ci_low"], rows["ci_high"], color="C0", alpha=0.2)
    ax.plot(rows["baseline"], rows["estimate"], zorder=3, **style(0))
    ax.axhline(0, color="0.3", linewidth=1)
    lines_at(ax, bars)
    ax.set_xticks(rows["baseline"])
    finish(
        ax, titled("The difference by severity before, 95 % interval", of), synthetic,
        x="score before the infusion, points",
        y="difference, points\n(below 0: better on ketamine)",
    )  # fmt: skip
    legend_above(ax)
    return ax


def harms_drawn(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of harms that the figure draws: shares of one arm."""
    whole = table["estimand"].str.contains("median") | table["contrast"].str.contains(" - ")
    return table[~whole]


def harms_by_arm(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """Share of participants with each harm, one mark an arm, with exact intervals.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, as :func:`analysis.describe.explanations.harms.harms_table`
        gives them; medians and differences are left out, and a harm nobody recorded is named as
        such.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    shares = harms_drawn(table)
    form = shares["instrument"].map(lambda name: f" ({name})" if name else "")
    labels = shares["estimand"] + form
    names = list(dict.fromkeys(labels))
    ax = new_axes(ax, 1.6 + 0.55 * len(names))
    arms = [arm for arm in dict.fromkeys(shares["contrast"]) if arm]
    for index, arm in enumerate(arms):
        rows = shares[shares["contrast"] == arm]
        y = [-names.index(label) + 0.14 - 0.28 * index for label in labels[rows.index]]
        shares_in_rows(ax, rows, y, index, label=arm, capsize=3)
        limits = rows[["estimate", "ci_low", "ci_high"]].to_numpy(float)
        words_beside(ax, [as_percent(*ends) for ends in limits], y)
    for label, told in zip(labels, shares["method"].where(shares["n"] == 0), strict=True):
        if isinstance(told, str):
            ax.text(1, -names.index(label), told, va="center", style="italic", color="0.3")
    ax.set_yticks([-i for i in range(len(names))], [textwrap.fill(name, 26) for name in names])
    ax.set_ylim(-len(names) + 0.4, 0.6)
    ax.set_xlim(left=-1)
    x = "% of participants, exact 95 % intervals"
    return finish(ax, "Harms by arm", synthetic, x=x, columns=2, gap=0.16)
