"""The counted error rates as sentences: what the README and docs/error_rates.md say of them."""

from __future__ import annotations

import pandas as pd

from analysis.claims.calibration.command import MATTERS, POWER, POWER_BESIDE, other_designs
from analysis.claims.calibration.gate import (
    SIZES,
    false_rates,
    no_effect_worlds,
    worlds_that_matter,
)
from analysis.claims.definitions import Definitions, load_definitions
from analysis.describe.calibration.counts import (
    all_gates,
    pending_cells,
    read_counts,
    state,
)
from analysis.describe.calibration.rates import bias_curve, passes
from analysis.simulate import entry
from analysis.simulate.scenarios.flawed_designs import FLAWED

__all__ = ["flawed_apart", "in_full", "in_short"]

# The size of trial and the power that were asked for.
PLANNED, ASKED = 30, 80.0
APART = "Flawed studies that a gate or a check stops, or with bias beyond the bound,"
NO_NUMBERS = "Until then no number stands here."


def flawed_apart(rules: Definitions) -> list[str]:
    """Scenarios of a flawed study in which gate 7 counts no false support.

    A gate stops them, the most often, or their bias is beyond the bound.
    """
    counted = no_effect_worlds(rules.rule("bias_bound_sd"))
    return [name for name in FLAWED if name not in counted]


def in_short(counts: pd.DataFrame | None = None, definitions: Definitions | None = None) -> str:
    """Three numbers for the README, or why there are none.

    Parameters
    ----------
    counts : DataFrame, optional
        As :func:`analysis.describe.calibration.counts.read_counts` gives them; the committed
        ones unless
        given. All must be of now: the worst of a part is not the worst.
    definitions : Definitions, optional
        The rules; those of claims.toml unless given.
    """
    counts, rules = _given(counts, definitions)
    if _no_numbers(counts, rules):
        return f"{state(counts, rules)} {NO_NUMBERS}"
    nothing, gates = _of_nothing(counts, rules), all_gates(counts, rules)
    power, lost = _planned(gates)["all seven gates"], _at_design(gates, POWER_BESIDE[1])
    return (
        f"Where the drug does nothing, the claim of onset is falsely *supported* in at most "
        f"{_percent(nothing['rate'].max())} of simulated trials of the usual design and "
        f"{_percent(_other_designs(counts)['rate'].max())} of others; a paired t test on ketamine "
        f"finds relief in {_range(_t_test(nothing))}. "
        f"{_apart_in_short(counts, rules)}A true difference of 1 SD is *supported* in "
        f"{power:.1f} % of trials with {PLANNED} per arm, in {lost:.1f} % with 10 % lost. There "
        f"false support passes {_allowed(rules)} at a bias of "
        f"{_sizes(_beyond(counts, rules), PLANNED)} SD, where only data on blinding can decide."
    )


def in_full(counts: pd.DataFrame | None = None, definitions: Definitions | None = None) -> str:
    """Every counted number of docs/error_rates.md, or why there is none; arguments as above."""
    counts, rules = _given(counts, definitions)
    said = state(counts, rules)
    if _no_numbers(counts, rules):
        return f"{said} {NO_NUMBERS}"
    return "\n".join(
        [
            said,
            "",
            _false_words(counts, rules),
            _supported(counts, rules),
            _deceived(counts, rules),
            _apart_in_full(counts, rules),
        ]
    ).rstrip()


def _false_words(counts: pd.DataFrame, rules: Definitions) -> str:
    nothing = _of_nothing(counts, rules)
    onset, others = _onset(counts), _other_designs(counts)
    real = onset[onset["world"].isin(worlds_that_matter(rules.rule("smallest_difference_sd")))]
    contradicted = false_rates(real, contradicted=True)["rate"].max()
    return (
        "- **Where the drug does nothing**, with biases that sum to the declared bound or less, "
        f"*onset* is falsely *supported* in at most {_percent(nothing['rate'].max())} of the "
        f"trials of a scenario (97.5 % Monte Carlo limit {_percent(nothing['mc_high'].max())}; "
        f"{_allowed(rules)} is allowed), at {_listed(SIZES)} "
        f"participants per arm, and at other designs in at most {_percent(others['rate'].max())} "
        f"({_all_sizes()}): "
        "more lost within hours, one visit, unequal arms or SDs, no past-week scale at baseline, "
        "an interim look, a later window. A paired t test on ketamine finds relief in "
        f"{_range(_t_test(nothing))} of the same trials. Where the drug does what matters, and "
        "bias of up to 0.15 SD works against it, onset is falsely *contradicted* in at most "
        f"{_percent(contradicted)}."
    )


def _other_designs(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts of onset without an effect at designs other than the usual one."""
    onset = _onset(counts)
    others = onset[onset["world"].isin(other_designs())]
    return others[~others["world"].str.startswith((POWER, MATTERS))]


def _at_design(gates: pd.DataFrame, name: str) -> float:
    """Power at another design of as many participants, by all seven gates."""
    return float(gates["all seven gates"][f"{POWER}@{name}", PLANNED])


def _supported(counts: pd.DataFrame, rules: Definitions) -> str:
    gates = all_gates(counts, rules)
    power = _planned(gates)
    shares = [f"{_at_design(gates, name):.1f} %" for name in POWER_BESIDE]
    least = passes(bias_curve(counts, "effect"), ASKED / 100)["size"]
    reached = power["all seven gates"] >= ASKED
    asked = f"The {ASKED:g} % that was asked for is {'' if reached else 'not '}reached"
    price = "" if reached else (
        ": the bias bound and the doubts that gate robustness asks about lower it, and they stay"
    )  # fmt: skip
    return (
        f"- **Power** at a true difference of 1 SD with {PLANNED} per arm is "
        f"{power['all seven gates']:.1f} % by all seven gates ({power['gate estimate']:.1f} % "
        f"after gate estimate, {power['gate robustness']:.1f} % after gate robustness). "
        f"{asked}{price}. It is {shares[0]} with 5 % lost within hours, {shares[1]} with 10 % "
        f"lost and {shares[2]} without a past-week scale at baseline. The smallest true "
        f"difference that is supported in {ASKED:g} % of trials of {_listed(SIZES)} per arm, "
        f"after gate robustness, is {_sizes(least)} SD (straight lines between the sizes "
        "counted, here and below)."
    )


def _deceived(counts: pd.DataFrame, rules: Definitions) -> str:
    return (
        "- **Beyond the bound** no statistics on these scores help: false support passes "
        f"{_allowed(rules)} at a bias of {_sizes(_beyond(counts, rules))} SD for "
        f"{_listed(SIZES)} per arm. There only data on blinding can decide."
    )


def _given(
    counts: pd.DataFrame | None, definitions: Definitions | None
) -> tuple[pd.DataFrame, Definitions]:
    counts = read_counts() if counts is None else counts
    return counts, definitions or load_definitions()


def _no_numbers(counts: pd.DataFrame, rules: Definitions) -> bool:
    """Whether a count is pending, or one is not counted that every sentence needs."""
    there = set(zip(counts["world"], counts["n_per_arm"], strict=True))
    asked = {(name, n) for name in no_effect_worlds(rules.rule("bias_bound_sd")) for n in SIZES}
    asked |= {(name, PLANNED) for name in (POWER, *(f"{POWER}@{name}" for name in POWER_BESIDE))}
    others = set(other_designs()) & set(counts["world"])
    return bool(pending_cells(counts)) or not asked <= there or not others


def _onset(counts: pd.DataFrame) -> pd.DataFrame:
    return counts[counts["claim"] == "onset"]


def _of_nothing(counts: pd.DataFrame, rules: Definitions) -> pd.DataFrame:
    onset = _onset(counts)
    return onset[onset["world"].isin(no_effect_worlds(rules.rule("bias_bound_sd")))]


def _t_test(nothing: pd.DataFrame) -> pd.Series:
    return nothing["paired t"].astype(float) / nothing["replicates"]


def _planned(gates: pd.DataFrame) -> pd.Series:
    """The row of the trial that was asked for."""
    return gates.loc[[(POWER, PLANNED)]].iloc[0]


def _beyond(counts: pd.DataFrame, rules: Definitions) -> pd.Series:
    """The bias, by size of trial, from which more are falsely supported than is allowed."""
    most = rules.rule("false_supported_at_most")
    return passes(bias_curve(counts, "unblinding"), most)["size"]


def _apart(counts: pd.DataFrame, rules: Definitions) -> pd.Series:
    """Flawed studies counted apart in which false support passes what is allowed: worst rate."""
    own = _onset(counts)
    own = own[own["world"].isin(flawed_apart(rules))]
    worst = own.groupby("world")["rate"].max()
    return worst[worst > rules.rule("false_supported_at_most")].sort_values()


def _apart_in_short(counts: pd.DataFrame, rules: Definitions) -> str:
    worst = _apart(counts, rules)
    if worst.empty:
        return ""
    return (
        f"{APART} are counted apart: {len(worst)} are above {_allowed(rules)}, up to "
        f"{_percent(worst.max())}. "
    )


def _apart_in_full(counts: pd.DataFrame, rules: Definitions) -> str:
    worst = _apart(counts, rules)
    if worst.empty:
        return ""
    titles = [f'"{entry(str(name)).title}"' for name in worst.index]
    rates = map(_percent, worst)
    told = "; ".join(f"{title} ({rate})" for title, rate in zip(titles, rates, strict=True))
    return (
        f"- **{APART}** are counted apart, since simulated trials have no files to check: false "
        f"support is above {_allowed(rules)} in {told}."
    )


def _allowed(rules: Definitions) -> str:
    return f"{100 * rules.rule('false_supported_at_most'):g} %"


def _all_sizes() -> str:
    return f"{SIZES[0]} to {SIZES[-1]} per arm"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _range(shares: pd.Series) -> str:
    return f"{100 * shares.min():.0f} to {100 * shares.max():.0f} %"


def _sizes(found: pd.Series, n: int | None = None) -> str:
    """Sizes in SD, of every size of trial or of one; a curve that does not get there says so."""
    told = found.map(lambda size: "more than was counted" if pd.isna(size) else f"{size:.2f}")
    return ", ".join(told) if n is None else str(told[n])


def _listed(sizes: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"
