"""Whether people could tell what they were given: guesses by arm, and what they go with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimates.root import brentq
from analysis.estimates.table import row
from analysis.numbers import aligned
from analysis.quantity import Cell

__all__ = ["GUESSES", "bang_index", "guess_counts", "guesses_cell",
           "james_index"]  # fmt: skip

# Columns of a table of guesses, whatever the two treatments are called.
GUESSES = ("treated", "control", "do not know")
DO_NOT_KNOW = ("do not know", "don't know", "unsure", "unknown", "uncertain")
# James 1996: a wrong guess shows half as much blinding as no guess at all.
WRONG_WEIGHT = 0.5
# How near a limit is found, as by SciPy.
_XTOL = 2e-12


def guess_counts(arm: pd.Series, guess: pd.Series, *, treated: str, control: str) -> pd.DataFrame:
    """People by arm and guess: a 2 by 3 table of counts.

    Parameters
    ----------
    arm, guess : Series of str
        The same people, matched as :mod:`analysis.numbers` says; those who were never asked left
        out and counted by the caller. A guess is one of the two arms, ``control``, or a word for
        not knowing.
    treated, control : str
        The two values of ``arm``.

    Returns
    -------
    DataFrame of int
        Index treated and control by their names, columns ``GUESSES``.

    Raises
    ------
    ValueError
        When a guess or an arm is missing or is none of the words expected, or there are not as
        many guesses as arms.
    """
    arm, guess = map(pd.Series, aligned(arm=arm, guess=guess).values())
    meant = meant_by(guess, treated, control)
    if not arm.isin([treated, control]).all() or treated == control:
        raise ValueError(f"Every person's arm must be {treated!r} or {control!r}, two names.")
    table = pd.crosstab(arm.to_numpy(), meant.to_numpy())
    counts = table.reindex(index=[treated, control], columns=list(GUESSES), fill_value=0)
    return counts.rename_axis(index="arm", columns="guess")


def meant_by(guess: pd.Series, treated: str, control: str) -> pd.Series:
    """Each guess as one of ``GUESSES``."""
    words = dict.fromkeys(DO_NOT_KNOW, GUESSES[2])
    words |= {control.lower(): GUESSES[1], "control": GUESSES[1], treated.lower(): GUESSES[0]}
    meant = guess.astype("str").str.strip().str.lower().map(words)
    if guess.isna().any() or meant.isna().any():
        raise ValueError(
            f"Every guess must be {treated!r}, {control!r} or {DO_NOT_KNOW[0]!r}; leave people "
            "who were not asked out and count them."
        )
    return meant


def bang_index(correct: int, wrong: int, unknown: int, **words: Any) -> list[dict[str, Any]]:
    """Bang's blinding index of one arm: share who guess right minus share who guess wrong.

    0 is what coin-tossing gives, 1 is everybody right, -1 everybody wrong (which is unblinding
    too, or wishful thinking). Bang, Ni & Davis 2004, doi:10.1016/j.cct.2003.10.016.

    Parameters
    ----------
    correct, wrong, unknown : int
        People of the arm by their guess.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``Bang index``, with the score interval of a difference of two shares of the same people
        (Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B),
        which holds up in small arms and where nobody guesses wrong; its p-value is McNemar's.
        ``Bang index, interval as published``: estimate plus or minus 1.96 standard errors,
        which is a point where all guess alike, cut to [-1, 1].

    Raises
    ------
    ValueError
        When the arm has nobody or a count is negative.

    Notes
    -----
    No SciPy or statsmodels function gives either. Checked against the CRAN package BI on the
    trials of Bang 2004 and Houweling 2014, and against the score test with its nuisance
    parameter maximised numerically.
    """
    n = correct + wrong + unknown
    if min(correct, wrong, unknown) < 0 or n == 0:
        raise ValueError("An index needs the counts of an arm with at least one person.")
    index = (correct - wrong) / n
    se = math.sqrt(max((correct + wrong) / n - index**2, 0.0) / n)
    low, high = _score_interval(correct, wrong, n)
    guessed = correct + wrong
    z = (correct - wrong) / math.sqrt(guessed) if guessed else 0.0
    counts = tuple((count, n) for count in (correct, wrong, unknown))
    cell = Cell.of(words.get("contrast", ""), n, counts=counts, made_of="Bang index")
    common = {"n": n, "estimate": index, "se": se, "cell": cell, **words}
    return [
        row(
            estimand="Bang index",
            ci_low=low,
            ci_high=high,
            p_value=2 * special.ndtr(-abs(z)),
            method="right minus wrong guesses, score 95 % interval",
            **common,
        ),
        row(
            estimand="Bang index, interval as published",
            ci_low=max(index - special.ndtri(0.975) * se, -1.0),
            ci_high=min(index + special.ndtri(0.975) * se, 1.0),
            method="right minus wrong guesses, Wald 95 % interval",
            **common,
        ),
    ]


def _score_interval(more: int, fewer: int, n: int) -> tuple[float, float]:
    """Limits at which the score statistic of ``(more - fewer) / n`` is 1.96 on either side."""
    index, z = (more - fewer) / n, special.ndtri(0.975)

    def statistic(shift: float, wanted: float) -> float:
        linear = (2 * n - more + fewer) * shift - more - fewer
        root = math.sqrt(max(linear**2 + 8 * n * fewer * shift * (1 - shift), 0.0))
        share = (root - linear) / (4 * n)  # of the rarer guess, most likely under this shift
        variance = n * (2 * share + shift * (1 - shift))
        return (more - fewer - n * shift) / math.sqrt(max(variance, 1e-300)) - wanted

    edge = 1 - 1e-12
    low = high = index
    if index > -1:
        low = brentq(lambda shift: statistic(shift, z), -edge, min(index, edge), xtol=_XTOL)
    if index < 1:
        high = brentq(lambda shift: statistic(shift, -z), max(index, -edge), edge, xtol=_XTOL)
    return low, high


def james_index(counts: np.ndarray | pd.DataFrame, **words: Any) -> dict[str, Any]:
    """James' blinding index of a trial: 1 if nobody can tell, 0.5 by chance, 0 if all can.

    Counts people who do not know as the best sign of blinding and a wrong guess as half of one,
    so it can look blinded where one arm is not: read it beside :func:`bang_index` by arm. James
    et al. 1996, doi:10.1002/(SICI)1097-0258(19960715)15:13<1421::AID-SIM266>3.0.CO;2-H.

    Parameters
    ----------
    counts : array of int, shape (2, 3)
        As :func:`guess_counts` gives them.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Estimate between 0 and 1, its large-sample standard error, and 1.96 of them on either
        side, cut to [0, 1]; no interval where the standard error is 0 (all guess right, or
        nobody guesses).

    Raises
    ------
    ValueError
        When the table is not 2 by 3, or all who guess are of one arm and guess it.

    Notes
    -----
    No SciPy or statsmodels function gives it. Checked against the CRAN package BI on the trials
    of Bang 2004 and Houweling 2014. The interval is too narrow in small arms: at 10 to 30 people
    an arm it covers about 88 to 94 % of the time, so Bang's indices are the ones to judge by.
    """
    table = np.asarray(counts, float)
    # Written so that a NaN is refused too.
    if table.shape != (2, 3) or not (table >= 0).all() or not table.sum():
        raise ValueError("James' index needs a 2 by 3 table of counts: two arms, three guesses.")
    n = table.sum()
    shares = table[:, :2].T / n  # guess by arm
    unknown = 1 - shares.sum()
    estimate, variance = _james(shares, unknown)
    se = math.sqrt(max(variance, 0.0) / n)
    reach = special.ndtri(0.975) * se if se > 1e-9 else math.nan
    return row(
        estimand="James index",
        n=int(n),
        estimate=estimate,
        se=se,
        ci_low=max(estimate - reach, 0.0) if math.isfinite(reach) else math.nan,
        ci_high=min(estimate + reach, 1.0) if math.isfinite(reach) else math.nan,
        method="James 1996, large-sample 95 % interval",
        cell=guesses_cell(table, "James index"),
        **words,
    )


def guesses_cell(counts: np.ndarray, made_of: str) -> Cell:
    """The cell of a row that is made of a table of guesses, shape (2, 3)."""
    arms = counts.sum(axis=1).astype(int).tolist()
    pairs = [(int(count), n) for own, n in zip(counts, arms, strict=True) for count in own]
    return Cell.of("", *arms, counts=tuple(pairs), made_of=made_of)


def _james(shares: np.ndarray, unknown: float) -> tuple[float, float]:
    """Index, and n times its variance, from shares of (guess, arm) among all people."""
    told = 1 - unknown
    if told < 1e-12:
        return 1.0, 0.0
    weights = np.array([[0.0, WRONG_WEIGHT], [WRONG_WEIGHT, 0.0]])
    by_guess, by_arm = shares.sum(axis=1), shares.sum(axis=0)
    expected = by_guess @ weights @ by_arm
    if expected <= 0:
        raise ValueError("All who guess are of one arm and guess it; James' index is not defined.")
    disagreement = told * (weights * shares).sum() / expected  # kappa + 1
    spread = told * weights - disagreement * (
        (weights.T @ by_guess)[None, :] + (weights @ by_arm)[:, None]
    )
    first = told**2 * (shares * spread**2).sum() / (4 * expected**2)
    second = unknown * told - told * disagreement * (unknown + told * disagreement / 4)
    return (1 + unknown + told * (disagreement - 1)) / 2, first + second
