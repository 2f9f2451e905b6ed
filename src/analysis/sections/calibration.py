"""How often the whole procedure is wrong, read from the committed counts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pandas as pd

from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.gate import no_effect_worlds
from analysis.claims.definitions import load_definitions
from analysis.describe.calibration import counts as describe
from analysis.describe.calibration import rates
from analysis.describe.calibration.error_rates import flawed_apart
from analysis.describe.display import rounded, sentences
from analysis.describe.in_words import percent
from analysis.figures import calibration as draw
from analysis.sections.section import Picture, section

__all__ = ["beside_common", "bias_to_false_support", "common", "counted", "false_support",
           "other_claims", "other_designs", "power",
           "power_cell", "smallest_seen", "sources", "state",
           "words_at_thirty", "worlds", "wrongly_contradicted"]  # fmt: skip

THIRTY = 30
_AFTER = {"gate estimate": "after estimate", "gate robustness": "after robustness",
          "all seven gates": "after all gates"}  # fmt: skip
WANTED = 0.8
# Scenarios that fit a screen; the table has all.
WORST = 12


@cache
def _counts() -> pd.DataFrame:
    return describe.read_counts()


def _cells() -> pd.DataFrame:
    return describe.cells(_counts())


def _absent() -> str:
    return describe.absent(_counts())


def _sizes() -> dict[object, str]:
    return {n: f"{n} per arm" for n in sorted(_cells()["n_per_arm"].unique())}


def _false() -> pd.DataFrame:
    """Counts of worlds without an effect, biased within the bound, that no gate before stops."""
    cells = _cells()
    asked = no_effect_worlds(load_definitions().rule("bias_bound_sd"))
    return cells[cells["world"].isin(asked)]


def _told(cells: pd.DataFrame) -> str:
    """The range of the shares that are counted, for an alternative text."""
    found = cells["value"].dropna()
    if found.empty:
        return "None of these is counted with the rules and the code of now"
    return f"From {found.min():.1%} to {found.max():.1%} where counted"


@section()
def worlds() -> Iterator[Any]:
    """The scenarios, and what is true in each."""
    shown = describe.worlds().drop(columns="source").set_index("title").rename_axis("scenario")
    yield sentences(rounded(shown))


@section()
def sources() -> Iterator[Any]:
    """Where each scenario's numbers come from, and its name in `relief calibrate --worlds`."""
    shown = describe.worlds().reset_index().set_index("title")[["source", "world"]]
    yield sentences(shown.rename_axis("scenario").rename(columns={"world": "name for --worlds"}))


@section()
def state() -> Iterator[Any]:
    """Whether the counts hold for the rules and the code of now."""
    yield describe.state(_counts())


@section()
def counted() -> Iterator[Any]:
    """Trials of each scenario and size."""
    yield sentences(describe.titled(describe.counted(_counts())))
    wanted = load_definitions().rule("calibration_trials")
    where = "trials in every scenario without an effect, up to the bound on bias"
    yield f"The gate calibration asks for {wanted:,.0f} {where}."


@section()
def false_support() -> Iterator[Any]:
    """Where the drug does nothing: how often "supported" is said."""
    limit = load_definitions().rule("false_supported_at_most")
    nothing = _false()
    worst, others = rates.worst(nothing, WORST)
    shown, every = worst["title"].nunique(), nothing["title"].nunique()
    known = nothing["value"].notna().any()
    # Without a number nobody knows which are the worst.
    which = f"the {shown} worst scenarios" if known else f"{shown} of {every} scenarios"
    ax = draw.by_world(
        worst, series="n_per_arm", labels=_sizes(),
        title=f'How often "supported" is false: {which}',
        xlabel="% of simulated trials, 95 % limits", line=limit, line_label=f"{limit:.0%} limit",
        most=limit + 0.01,
    )  # fmt: skip
    yield Picture(
        ax,
        f"Simulated trials in which the drug does nothing within hours: for {which} and each size "
        f"of trial the share with the verdict supported, against a limit of {limit:.0%}. "
        f"{_told(worst)}.",
    )
    if others["value"].notna().any():
        most = f"{100 * others['value'].max():.1f} %"
        yield f"In the other {every - shown} scenarios it is at most {most}."
    yield describe.titled(describe.in_words(nothing))
    apart = _cells()
    apart = apart[apart["world"].isin(flawed_apart(load_definitions()))]
    yield (
        "Counted apart: flawed studies that a gate or a check of the files stops (simulated trials "
        "have no files), or whose bias is beyond the bound."
    )
    yield describe.titled(describe.in_words(apart))


@section()
def common() -> Iterator[Any]:
    """Four analyses that are often done of such data."""
    yield sentences(pd.Series(COMMON, name="what it does").rename_axis("analysis").to_frame())


@section()
def beside_common() -> Iterator[Any]:
    """What they say of the same trials."""
    limit = load_definitions().rule("false_supported_at_most")
    nothing = _false()
    beside = rates.analyses_beside(nothing[nothing["n_per_arm"] == THIRTY])
    ax = draw.over_worlds(
        beside, series="analysis", line=limit, line_label=f"{limit:.0%} limit",
        title=f"Relief found where there is none\n{THIRTY} participants per arm, a mark a scenario",
        xlabel="% of simulated trials in which relief is found",
    )  # fmt: skip
    told = "; ".join(
        f"{name}: {_told(own)[0].lower()}{_told(own)[1:]}"
        for name, own in beside.groupby("analysis", sort=False)
    )
    yield Picture(
        ax,
        f"Simulated trials, {THIRTY} participants per arm, in which the drug does nothing within "
        f"hours: the share in which each of five analyses finds relief, a mark a scenario. {told}.",
    )


@section()
def power() -> Iterator[Any]:
    """Where the drug does act: how often it is seen."""
    cells = _cells()
    real = cells[~cells["no_effect"]]
    ax = draw.by_world(
        real, series="n_per_arm", labels=_sizes(), title="How often a true effect is supported",
        xlabel="% of simulated trials, 95 % limits", line=WANTED, line_label=f"{WANTED:.0%}",
    )  # fmt: skip
    yield Picture(
        ax,
        "Simulated trials in which the drug acts within hours: for each scenario and size of "
        f"trial the share with the verdict supported, against {WANTED:.0%}. {_told(real)}.",
    )


def _words() -> pd.DataFrame:
    table = describe.words(_counts())
    if table.empty:
        raise ValueError(f"No combination of scenario and size has a number: {_absent()}.")
    return table


@section()
def power_cell() -> Iterator[Any]:
    """The planned power, and what each gate after the data leaves of it."""
    table = describe.all_gates(_counts())
    if "power-cell" not in table.index.get_level_values("world"):
        raise ValueError(f"The scenario of the planned power is {_absent()}.")
    own = table[table.index.get_level_values("world") == "power-cell"].droplevel("world")
    yield own.rename(columns=_AFTER)
    if ("power-cell", THIRTY) in table.index:
        got = float(table["all seven gates"].to_dict()["power-cell", THIRTY])
        planned = f"{percent(WANTED)} was planned"
        yield f"At {THIRTY} participants per arm {got:.1f} % are supported; {planned}."
    beside = table[table.index.get_level_values("world").str.startswith("power-cell@")]
    if len(beside):
        designs = beside.rename(lambda name: describe.design_of_world(name), level="world")
        designs = designs.rename(columns=_AFTER)
        yield designs.rename_axis(index={"world": "design"})


@section()
def other_designs() -> Iterator[Any]:
    """What gate calibration reads for a study of another design than the usual one."""
    shown = describe.designs(_counts(), THIRTY)
    if shown.empty:
        raise ValueError(f"No row of another design has a number: {_absent()}.")
    yield sentences(shown)
    first = rates.first_pass()
    highest = f"{first['rate'].max():.1%}"
    yield (
        f"The scenarios were found by a first pass of {int(first['replicates'].min()):,} trials "
        f"over {first['world'].str.partition('@')[0].nunique()} of them at "
        f"{first['world'].str.partition('@')[2].nunique()} designs, in which the highest rate of "
        f"false support was {highest}."
    )


@section()
def wrongly_contradicted() -> Iterator[Any]:
    """How often each verdict comes where the drug does what matters."""
    table, cells = _words(), _cells()
    real = cells.loc[~cells["no_effect"], "world"]
    acts = table[[describe.SUPPORTED_BEFORE, "contradicted"]]
    acts = acts.loc[acts.index.get_level_values("world").isin(real)]
    if acts.empty:
        raise ValueError(f"No such scenario has a number: {_absent()}.")
    yield rates.by_size(describe.titled(acts), _absent())


@section()
def words_at_thirty() -> Iterator[Any]:
    """All verdicts, thirty participants per arm."""
    yield _at_thirty(_words())


@section()
def other_claims() -> Iterator[Any]:
    """The claims beside onset, in the same trials."""
    shown = [describe.SUPPORTED_BEFORE, "contradicted"]
    both = {claim: describe.words(_counts(), claim=claim)[shown]
            for claim in ("certainty_within_hours", "headline")}  # fmt: skip
    yield _at_thirty(pd.concat(both, axis=1))


def _at_thirty(table: pd.DataFrame) -> pd.DataFrame:
    own = table.query(f"`participants per arm` == {THIRTY}").droplevel("participants per arm")
    if own.empty:
        raise ValueError(f"No scenario has a number at {THIRTY} participants per arm: {_absent()}.")
    return describe.titled(own)


@section()
def smallest_seen() -> Iterator[Any]:
    """The smallest true difference that is supported often enough."""
    found = rates.passes(rates.bias_curve(_counts(), "effect"), WANTED)
    yield _sizes_passed(found, "smallest difference, SD")


@section()
def bias_to_false_support() -> Iterator[Any]:
    """How much bias leads to false support."""
    curve = rates.bias_curve(_counts())
    bound = load_definitions().rule("bias_bound_sd")
    allowed = load_definitions().rule("false_supported_at_most")
    ax = draw.against_size(
        curve, line=allowed, bound=bound, title="How much bias leads to false support",
        xlabel="bias by unblinding, SD of baseline", ylabel="% of trials falsely supported",
        most=2 * allowed, absent=_absent(),
    )  # fmt: skip
    yield Picture(
        ax,
        "Simulated trials in which the drug does nothing: share falsely supported against the bias "
        f"by unblinding, a curve for each size of trial, with the declared bound of {bound:g} SD "
        f"shaded and a line at {allowed:.0%}. {_told(curve)}.",
    )
    yield _sizes_passed(rates.passes(curve, allowed), f"bias at which {allowed:.0%} is passed, SD")


def _sizes_passed(found: pd.DataFrame, name: str) -> pd.DataFrame:
    if found.empty:
        raise ValueError(f"No scenario of that kind has a number: {_absent()}.")
    names = {"size": name, "between": "between the sizes", "largest": "largest size counted"}
    return rounded(found.rename(columns=names))
