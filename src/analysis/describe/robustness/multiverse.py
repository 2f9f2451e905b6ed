"""The multiverse of one study: how many other analyses agree, and which choice matters."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.claims.case import Case
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED, Ledger
from analysis.claims.sensitivity.specifications import DIMENSIONS, load_grid
from analysis.describe.common import digits, policy, released_row
from analysis.estimates.robustness.multiplicity import fixed_sequence, hochberg, holm
from analysis.estimates.table import NUMBERS
from analysis.paths import OPERATING_CHARACTERISTICS

__all__ = ["agreement", "by_choice", "characteristics_table", "choices", "claims_together", "curve",
           "other_forms", "read_characteristics"]  # fmt: skip

WORDS = (SUPPORTED, CONTRADICTED, NOT_DECIDED)
TITLES = {
    "window": "When",
    "baseline": "Level before",
    "missing": "Missing scores",
    "estimator": "Estimator",
    "exclusion": "People",
}
SHOWN = ("n", "estimate", "ci_low", "ci_high")


def curve(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """The curve as it may be shown: specifications on the primary form, each analysis once.

    Parameters
    ----------
    case : Case
    found : DataFrame
        What :func:`analysis.claims.sensitivity.multiverse.multiverse` gives.

    Returns
    -------
    DataFrame
        Labels of the choices, under the titles that the figure prints, detail, n, estimate,
        ci_low, ci_high, p_value, word, may_decide, primary. First those that may decide, then
        those that are only shown, each by estimate.
        Others do not see specifications that treat few people otherwise than the usual one, nor
        two whose numbers of people are apart by few: their difference would be about these.
    """
    label = load_grid().instrument["primary"].label
    own = found.assign(primary=found.index == 0)
    own = own[(own["instrument"] == label) & ~own["repeats"] & own["estimate"].notna()]
    own = _shown(case, own)
    # Analyses that come to the same keep the grid's order: their last digits are the processor's.
    place = own["estimate"].round(9)
    own = own.assign(place=place).sort_values(
        ["may_decide", "place"], ascending=[False, True], kind="stable", ignore_index=True
    )
    columns = [*TITLES, "detail", *SHOWN, "p_value", "word", "may_decide", "primary"]
    return own[columns].rename(columns=TITLES)


def choices(shown: pd.DataFrame) -> dict[str, list[str]]:
    """Labels of the choices that a curve holds by their title, in the order of the grid."""
    grid = load_grid()
    return {
        title: [one.label for one in grid.of(name).values() if (shown[title] == one.label).any()]
        for name, title in TITLES.items()
    }


def agreement(found: pd.DataFrame, verdict: str) -> pd.DataFrame:
    """What the specifications that may decide say, each analysis counted once.

    Parameters
    ----------
    found : DataFrame
        What :func:`analysis.claims.sensitivity.multiverse.multiverse` gives.
    verdict : str
        The verdict's word.

    Returns
    -------
    DataFrame
        Rows: each word of gate 5, agreement with the primary analysis and with the verdict,
        which is given after gates that no estimate knows; columns specifications, share (NaN
        where none may decide, or the word is none that gate 5 says).

    Raises
    ------
    ValueError
        When the verdict is none of the four words.
    """
    if verdict not in (*WORDS, NOT_TESTABLE):
        raise ValueError(f"'{verdict}' is no verdict.")
    said = found.loc[found["may_decide"] & ~found["repeats"], "word"]
    counts = {word: float((said == word).sum()) for word in WORDS}
    primary = found["word"].iloc[0]
    agree = {"as the primary analysis": primary, "as the verdict": verdict}
    counts |= {f"{words} ({word})": counts.get(word, np.nan) for words, word in agree.items()}
    table = pd.DataFrame({"specifications": pd.Series(counts)})
    table["share"] = table["specifications"] / len(said) if len(said) else np.nan
    return table.rename_axis("the gate estimate says")


def by_choice(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """The median estimate under each choice: which of them the answer hangs on.

    Returns
    -------
    DataFrame
        dimension, choice, specifications, estimate (median, points), supported (share); over
        crossed choices that may decide, each analysis once. Rows in the order of the grid.
    """
    grid = load_grid()
    alone = {one.label for name in DIMENSIONS for one in grid.of(name).values() if one.alone}
    own = found[found["may_decide"] & ~found["repeats"]]
    own = _shown(case, own[~own["exclusion"].isin(alone)])
    rows = [
        {
            "dimension": name,
            "choice": choice.label,
            "specifications": len(mine),
            "estimate": digits(case, float(mine["estimate"].median())),
            "supported": (mine["word"] == SUPPORTED).mean(),
        }
        for name in ("window", "baseline", "missing", "estimator")
        for choice in grid.of(name).values()
        if len(mine := own[own[name] == choice.label])
    ]
    return pd.DataFrame(rows)


def other_forms(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """The primary analysis on other PTSD forms, which cannot speak to the hours.

    Returns
    -------
    DataFrame
        instrument, n, estimate, ci_low, ci_high (points of that form), why.
    """
    label = load_grid().instrument["other_ptsd"].label
    own = found[(found["instrument"] == label) & found["estimate"].notna()]
    own = own.drop(columns="instrument").rename(columns={"detail": "instrument"})
    return _shown(case, own)[["instrument", *SHOWN, "why"]].reset_index(drop=True)


def _shown(case: Case, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of the multiverse that the view shows, with their numbers as it shows them."""
    if (rules := policy(case)) is None:
        return found
    may = found[[rules.why_not(cell) is None for cell in found["cell"]]]
    may = may[may["n"].isin(_apart(may["n"], rules.minimum))]
    if may.empty:
        return may
    nothing = dict.fromkeys(NUMBERS, math.nan) | {"estimand": "difference"}
    records = may.to_dict("records")
    rows = [released_row(case, nothing | {str(k): v for k, v in one.items()}) for one in records]
    return pd.DataFrame(rows, index=may.index)[may.columns]


def _apart(counts: pd.Series, minimum: int) -> list[float]:
    """Numbers of people, from the first on, none nearer than the minimum to another kept."""
    kept: list[float] = []
    for n in counts.unique():
        if all(abs(n - other) >= minimum for other in kept):
            kept.append(float(n))
    return kept


# They rest on the estimate of a claim that is tested: onset, or beyond hours attribution.
SHARED_TESTS = ("headline", "magnitude")


def claims_together(ledger: Ledger, *, alpha: float = 0.05) -> pd.DataFrame:
    """Claims with a test of their own, by Holm, Hochberg and a fixed sequence.

    The sequence is that of claims.toml. Claims that rest on the same estimate (headline,
    magnitude and attribution on that of onset) are one test and stand once. A rejection says
    that there is a difference, and is no verdict: that takes the gates.

    Parameters
    ----------
    ledger : Ledger
    alpha : float
        Chance of any false rejection.

    Returns
    -------
    DataFrame
        claim, p_value, procedure, adjusted_p, rejected. Empty where no claim has a test.
    """
    own: dict[str, float] = {}
    for result in ledger.claims:
        p = float(result.estimate["p_value"])
        if math.isfinite(p) and p not in own.values() and result.claim not in SHARED_TESTS:
            own[result.claim] = p
    if not own:
        return pd.DataFrame(columns=["claim", "p_value", "procedure", "adjusted_p", "rejected"])
    parts = [procedure(own, alpha=alpha) for procedure in (holm, hochberg, fixed_sequence)]
    table = pd.concat(parts, ignore_index=True)
    return table[["claim", "p_value", "procedure", "adjusted_p", "rejected"]]


def read_characteristics() -> pd.DataFrame:
    """Level, coverage and the like of every estimator by simulation, as committed.

    Raises
    ------
    ValueError
        Where the project is installed without its docs.
    """
    if not OPERATING_CHARACTERISTICS.is_file():
        raise ValueError("No table of operating characteristics is installed; a checkout has it.")
    return pd.read_csv(OPERATING_CHARACTERISTICS)


def characteristics_table() -> pd.DataFrame:
    """Coverage of 95 % intervals and level of 5 % tests, in %, by scores and size."""
    found = read_characteristics()
    percent = found.assign(value=(100 * found["value"]).round(1))
    own = percent["quantity"].isin(["coverage", "level"])
    own &= percent["scores"].isin(["normal", "skewed, bounded"])
    rows, columns = ["quantity", "estimator"], ["scores", "n_per_arm"]
    return percent[own].pivot_table(index=rows, columns=columns, values="value")
