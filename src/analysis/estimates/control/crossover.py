"""Two treatments, two periods, two orders: the within-person contrast of a 2×2 crossover."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimates.intervals import t_test
from analysis.estimates.table import row, table

__all__ = ["crossover_contrast"]

TREATMENT = "within-person treatment effect, adjusted for period"
PERIOD = "period effect"
CARRYOVER = "carry-over (sequence) effect"
FIRST_PERIOD = "treatment effect in the first period alone"
UNADJUSTED = "within-person treatment effect, not adjusted for period"


@dataclass(frozen=True)
class _Sample:
    """Mean, sum of squares about it, and size of one group."""

    mean: float
    ss: float
    n: int

    @classmethod
    def of(cls, values: np.ndarray) -> _Sample:
        apart = values - values.mean()
        apart[np.abs(apart) <= 1e-10 * np.abs(values).max(initial=1.0)] = 0.0  # rounding alone
        return cls(float(values.mean()), float((apart**2).sum()), len(values))

    @property
    def variance_of_mean(self) -> float:
        return self.ss / (self.n - 1) / self.n


def _wide(
    data: pd.DataFrame, columns: dict[str, str], active: str, comparator: str
) -> pd.DataFrame:
    """One row a person: ``first`` (active treatment came first), and the outcomes ``y1``, ``y2``.

    Refuses whatever is not a 2×2 crossover.
    """
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"the data must be a pandas DataFrame, not a {type(data).__name__}")
    absent = [name for name in columns.values() if name not in data]
    if absent:
        raise ValueError(f"the data have no column {', '.join(map(repr, absent))}")
    long = data[list(columns.values())].set_axis(list(columns), axis=1)
    if long[["subject", "sequence", "period", "treatment"]].isna().any(axis=None):
        raise ValueError("subject, sequence, period and treatment must be told on every row")
    if not long["period"].isin([1, 2]).all():
        raise ValueError("a 2×2 crossover has the periods 1 and 2; another is present")
    if not long["treatment"].isin([active, comparator]).all() or active == comparator:
        raise ValueError(
            f"the treatments must be {active!r} and {comparator!r}; another is present"
        )
    if not pd.api.types.is_numeric_dtype(long["outcome"]) or np.isinf(long["outcome"]).any():
        raise ValueError(f"the outcome {columns['outcome']!r} must be finite numbers or NaN")
    if long.duplicated(["subject", "period"]).any():
        raise ValueError(
            "a participant has more than one row in a period; give one outcome a period"
        )
    # True where the row's treatment and period mean that the active treatment comes first.
    long["first"] = (long["treatment"] == active) == (long["period"] == 1)
    for key, what in (
        ("subject", "a participant has the same treatment in both periods"),
        ("sequence", "a sequence holds people of both orders"),
    ):
        if (long.groupby(key)["first"].nunique() > 1).any():
            raise ValueError(f"{what}; mend sequence, period or treatment")
    if long.groupby("first")["sequence"].nunique().gt(1).any():
        raise ValueError("the sequence has more than one label for the same order of treatments")
    outcome = long.pivot(index="subject", columns="period", values="outcome").reindex(
        columns=[1, 2]
    )
    return outcome.set_axis(["y1", "y2"], axis=1).assign(
        first=long.groupby("subject")["first"].first()
    )


def _interval(estimate: float, variance: float, df: float, level: float) -> dict[str, float]:
    """Estimate with its t interval and two-sided p; without a variance only the estimate."""
    if variance == 0:
        return {"estimate": estimate, "se": 0.0, "df": df}
    return t_test(estimate, math.sqrt(variance), df, level=level)


def _pooled(a: _Sample, b: _Sample) -> tuple[float, float]:
    """Variance of the difference of two means with a common variance, and its df."""
    df = a.n + b.n - 2
    return (a.ss + b.ss) / df * (1 / a.n + 1 / b.n), df


def _welch(a: _Sample, b: _Sample) -> tuple[float, float]:
    """Variance of the difference of two means with unequal variances, and Satterthwaite's df."""
    va, vb = a.variance_of_mean, b.variance_of_mean
    if va + vb == 0:
        return 0.0, math.nan
    return va + vb, (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))


def crossover_contrast(
    data: pd.DataFrame,
    *,
    subject: str = "subject",
    sequence: str = "sequence",
    period: str = "period",
    treatment: str = "treatment",
    outcome: str = "outcome",
    active: str = "ketamine",
    comparator: str = "placebo",
    claim: str = "",
    instrument: str = "",
    window: str = "",
    level: float = 0.95,
) -> pd.DataFrame:
    """Active minus comparator within people, from an AB/BA crossover.

    With d = first minus second period of a person, and A the active treatment: the
    treatment effect is (mean d in AB − mean d in BA) / 2 and the period effect (second
    minus first) −(mean d in AB + mean d in BA) / 2, both with the pooled within-sequence
    variance on n − 2 degrees of freedom (Hills and Armitage). It is least squares with a
    fixed effect a person, period and treatment. A carry-over that differs between the
    treatments biases it by minus half the difference of the carry-overs.

    People without both outcomes are set aside and counted: their halves are never used as
    an unpaired sample, except in the first period, where the comparison is between people
    and takes everyone with a first outcome.

    Parameters
    ----------
    data : DataFrame
        One row a person and period; an outcome that was not measured is NaN.
    subject, sequence, period, treatment, outcome : str
        Column names. ``period`` is 1 or 2; ``sequence`` is checked against ``treatment``.
    active, comparator : str
        The two treatments.
    claim, instrument, window : str
        Carried into the rows.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Five rows of the table of estimates, in the unit of the outcome:

        1. the treatment effect adjusted for period: the result;
        2. the period effect (period 2 minus period 1);
        3. the carry-over of the active minus that of the comparator treatment, from the
           sums of a person's outcomes: shown, and never used to choose the analysis, since
           choosing by it wrecks the error rate (Freeman);
        4. the treatment effect in the first period alone (Welch): free of carry-over, and
           between people, so far less precise;
        5. the paired t, not adjusted for period. Its estimate is that of row 1 when the
           sequences are equally large; with a period effect its SE is too large even then.

        ``n`` is the number of people in the row; ``method`` tells how many of each sequence
        and how many were set aside.

    Raises
    ------
    ValueError
        A sentence: what is not a 2×2 crossover, or too few pairs in a sequence.

    References
    ----------
    Hills M, Armitage P. The two-period cross-over clinical trial. Br J Clin Pharmacol
    1979;8:7-20. doi:10.1111/j.1365-2125.1979.tb05903.x
    Freeman PR. The performance of the two-stage analysis of two-treatment, two-period
    crossover trials. Stat Med 1989;8:1421-1432. doi:10.1002/sim.4780081202
    Senn S. Cross-over Trials in Clinical Research, 2nd ed., chapter 3. Wiley 2002.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({
    ...     "subject": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
    ...     "sequence": ["KP"] * 4 + ["PK"] * 4 + ["KP"] * 2,
    ...     "period": [1, 2] * 5,
    ...     "treatment": ["ketamine", "placebo"] * 2 + ["placebo", "ketamine"] * 2
    ...     + ["ketamine", "placebo"],
    ...     "outcome": [20.0, 30, 25, 31, 33, 26, 30, 21, 28, None],
    ... })
    >>> rows = crossover_contrast(data)
    >>> rows.loc[0, ["n", "estimate", "df"]].tolist()
    [4.0, -8.0, 2.0]
    """
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1, such as 0.95")
    columns = {
        "subject": subject,
        "sequence": sequence,
        "period": period,
        "treatment": treatment,
        "outcome": outcome,
    }
    people = _wide(data, columns, active, comparator)
    pairs = people.dropna(subset=["y1", "y2"])
    in_order = int(pairs["first"].sum()), int((~pairs["first"]).sum())
    if min(in_order) < 2:
        raise ValueError(
            f"participants with both outcomes: {in_order[0]} with {active} first, {in_order[1]} "
            f"with {comparator} first; at least 2 of each are needed, and participants with one "
            "outcome cannot be paired"
        )
    lost = len(people) - len(pairs)
    counted = f"{in_order[0]} + {in_order[1]} participants with both scores, {lost} excluded"
    shared = {"claim": claim, "instrument": instrument, "window": window}
    rows = [*_within(pairs, counted, level, active, comparator), _first(people, level)]
    rows.append(_unadjusted(pairs, counted, level))
    drugs = f"{active} - {comparator}"
    return table(row(**shared, **({"contrast": drugs} | values)) for values in rows)


def _within(
    pairs: pd.DataFrame, counted: str, level: float, active: str, comparator: str
) -> list[dict[str, object]]:
    """Treatment, period and carry-over from people with both outcomes."""
    first = pairs["first"].to_numpy()
    d, total = (pairs["y1"] - pairs["y2"]).to_numpy(), (pairs["y1"] + pairs["y2"]).to_numpy()
    ab, ba = _Sample.of(d[first]), _Sample.of(d[~first])
    variance, df = _pooled(ab, ba)
    if variance == 0:
        raise ValueError("within each sequence everybody changed alike; no error can be estimated")
    sums = _Sample.of(total[first]), _Sample.of(total[~first])
    sums_variance, _ = _pooled(*sums)
    return [
        {
            "estimand": TREATMENT,
            "n": len(pairs),
            "method": f"Hills-Armitage, t on n - 2 df; {counted}",
            **_interval((ab.mean - ba.mean) / 2, variance / 4, df, level),
        },
        {
            "estimand": PERIOD,
            "contrast": "period 2 - period 1",
            "n": len(pairs),
            "method": f"Hills-Armitage, t on n - 2 df; {counted}",
            **_interval((-ab.mean - ba.mean) / 2, variance / 4, df, level),
        },
        {
            "estimand": CARRYOVER,
            "contrast": f"carry-over of {active} - of {comparator}",
            "n": len(pairs),
            "method": "t on sums of a participant's scores, n - 2 df; shown, not used to choose "
            f"(Freeman 1989); {counted}",
            **_interval(sums[0].mean - sums[1].mean, sums_variance, df, level),
        },
    ]


def _first(people: pd.DataFrame, level: float) -> dict[str, object]:
    """Between people, in the first period: everyone with a first outcome."""
    scored = people.dropna(subset=["y1"])
    first = scored["first"].to_numpy()
    a, b = (_Sample.of(scored["y1"].to_numpy()[mask]) for mask in (first, ~first))
    return {
        "estimand": FIRST_PERIOD,
        "n": len(scored),
        "method": f"Welch t; {a.n} + {b.n} participants with a first score, "
        f"{len(people) - len(scored)} excluded",
        **_interval(a.mean - b.mean, *_welch(a, b), level),
    }


def _unadjusted(pairs: pd.DataFrame, counted: str, level: float) -> dict[str, object]:
    d = (pairs["y1"] - pairs["y2"]).to_numpy()
    sample = _Sample.of(np.where(pairs["first"], d, -d))
    return {
        "estimand": UNADJUSTED,
        "n": sample.n,
        "method": f"paired t, n - 1 df; {counted}",
        **_interval(sample.mean, sample.variance_of_mean, sample.n - 1, level),
    }
