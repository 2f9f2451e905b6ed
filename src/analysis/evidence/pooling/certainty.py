"""How far each body of evidence can be trusted, by GRADE's reasons; and what the pool predicts."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.estimates.change.literal_recall import largest_literal_fall
from analysis.estimates.intervals import t_quantile, two_sided_p
from analysis.evidence.pooling.pools import WINDOWS, one_a_trial, pools
from analysis.evidence.pooling.trial_differences import trial_differences
from analysis.evidence.table.load import load

__all__ = ["LEVELS", "certainty", "surprise"]

LEVELS = ("very low", "low", "moderate", "high")
_OPTIMAL_PEOPLE = 400
"""With fewer, imprecision is serious whatever the interval (doi:10.1016/j.jclinepi.2011.01.012)."""
COLUMNS = ["body", "trials", "people", "effect", "certainty", "reasons", "rows"]


def certainty(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row a window and body of evidence, with each reason for rating down.

    Randomised evidence starts at high and loses a level for each serious reason (risk of bias,
    inconsistency, indirectness, imprecision, publication bias), Guyatt et al. 2011,
    doi:10.1016/j.jclinepi.2010.04.026. Each reason is read from columns of the table.

    Returns
    -------
    DataFrame
        body, trials, people, effect (words), certainty (one of ``LEVELS``, or "no evidence"),
        reasons (words), rows (ids).
    """
    table = load() if table is None else table
    differences = one_a_trial(trial_differences(table))
    pooled = pools(table)
    pooled = pooled[pooled["comparator_type"] == "all"]
    out = []
    for window in WINDOWS:
        own = differences[differences["window"] == window]
        pool = pooled[pooled["window"] == window].iloc[0]
        out.append(_of_trials(f"trials of this table, {window}", own, pool))
    return pd.DataFrame([*out, *_of_meta_analyses(table)], columns=COLUMNS)


def _of_trials(body: str, own: pd.DataFrame, pooled: pd.Series) -> dict[str, Any]:
    told = {"body": body, "trials": len(own), "people": int(pooled["people"]),
            "rows": pooled["rows"]}  # fmt: skip
    if own.empty:
        return told | {"effect": "none", "certainty": "no evidence",
                       "reasons": "no randomised difference with a number"}  # fmt: skip
    if pooled["why_not"]:
        each = "; ".join(f"{r.study_id} {r.g:.2f} SD" for r in own.itertuples())
        effect, interval = f"not pooled: {each}", None
        if len(own) == 1:
            reach = t_quantile(math.inf) * math.sqrt(float(own["variance"].iloc[0]))
            g = float(own["g"].iloc[0])
            interval = (g - reach, g + reach)
    else:
        interval = (pooled["ci_low"], pooled["ci_high"])
        effect = f"{pooled['estimate']:.2f} SD ({interval[0]:.2f} to {interval[1]:.2f})"
    reasons = [
        *_bias(own),
        *_inconsistency(own, pooled),
        *_indirectness(own),
        *_imprecision(told["people"], interval),
        "publication bias: trials are registered whose results are not in the table (-1)",
    ]
    return told | {"effect": effect, **_level(reasons)}


def _bias(own: pd.DataFrame) -> list[str]:
    if (own["blinding"] == "masked by anaesthesia").all():
        return []
    told = "participants can tell ketamine from midazolam or saline, and rate themselves"
    unknown = (own["blinding"] == "not told").any()
    return [f"risk of bias: {told}{', blinding not told for all' if unknown else ''} (-1)"]


def _inconsistency(own: pd.DataFrame, pooled: pd.Series) -> list[str]:
    if len(own) < 2:
        return ["inconsistency: one trial, nothing to compare it with (0)"]
    if pooled["why_not"]:
        return ["inconsistency: trials that are not alike enough to be pooled (-1)"]
    return ["inconsistency: I² above 50 % (-1)"] if pooled["i2"] > 0.5 else []


def _indirectness(own: pd.DataFrame) -> list[str]:
    reasons = []
    allowed = largest_literal_fall(own["recall_hours_high"], own["hours_since_first_infusion"])
    if (pd.Series(allowed).fillna(0) < 1).any():
        reasons.append("indirectness: scales that ask about time before the infusion (-1)")
    if (own["co_therapy"] == "psychotherapy").any():
        reasons.append("indirectness: psychotherapy in both arms (-1)")
    return reasons


def _imprecision(people: int, interval: tuple[float, float] | None) -> list[str]:
    wide = interval is None or interval[0] < 0 < interval[1]
    if people < _OPTIMAL_PEOPLE and wide:
        return [f"imprecision: {people} participants, and an interval that includes no effect (-2)"]
    if people < _OPTIMAL_PEOPLE:
        return [f"imprecision: {people} participants, fewer than {_OPTIMAL_PEOPLE} (-1)"]
    return ["imprecision: the interval includes no effect (-1)"] if wide else []


def _level(reasons: list[str]) -> dict[str, str]:
    lost = sum(reason.count("(-1)") + 2 * reason.count("(-2)") for reason in reasons)
    return {"certainty": LEVELS[max(0, len(LEVELS) - 1 - lost)], "reasons": "; ".join(reasons)}


def _of_meta_analyses(table: pd.DataFrame) -> list[dict[str, Any]]:
    """What others pooled at 24 hours, one and two weeks, standardised."""
    from analysis.evidence.summaries import controlled_contrasts

    found = controlled_contrasts(table)
    found = found[(found["level"] == "pooled") & (found["unit"] == "SD")]
    out = []
    for _, row in found[found["hours_since_first_infusion"].notna()].iterrows():
        hours = row["hours_since_first_infusion"]
        reasons = [
            "risk of bias: participants can tell what they were given (-1)",
            "publication bias: its own correction lowers the effect (-1)",
        ]
        if hours < 720:
            reasons.append("indirectness: scales that ask about time before the infusion (-1)")
        if row["ci_low"] <= 0 <= row["ci_high"]:
            reasons.append("imprecision: the interval includes no effect (-1)")
        told = row["analysis"].replace("_", " ")
        out.append({
            "body": f"{row['study_id']}, {_when(hours)} {told}".strip(), "trials": pd.NA,
            "people": pd.NA, "rows": row["rows"],
            "effect": f"{row['estimate']:.2f} SD ({row['ci_low']:.2f} to {row['ci_high']:.2f})",
            **_level(reasons),
        })  # fmt: skip
    return out


def _when(hours: float) -> str:
    weeks = hours / 168
    return f"{weeks:g} week{'s' * (weeks > 1)}" if weeks in (1, 2, 3, 4) else f"{hours:g} h"


def surprise(estimate: float, se: float, pooled: pd.Series) -> str:
    """Whether a study's own estimate is what the pool predicts; never pooled with it.

    Parameters
    ----------
    estimate, se
        Of the study, in the pool's unit and sign.
    pooled
        A row of :func:`pools`.

    Returns
    -------
    str
        One sentence.
    """
    if not se > 0:
        return "The study's own standard error is not known, so nothing is compared."
    if pooled["why_not"]:
        why = str(pooled["why_not"])
        return f"No pool: {why[0].lower()}{why[1:]}"
    if not math.isfinite(pooled["prediction_low"]):
        return (
            f"{pooled['k']} trials are pooled; from three on a prediction interval would say where "
            "one more is expected."
        )
    spread = math.sqrt(pooled["se"] ** 2 + pooled["tau"] ** 2 + se**2)
    p = two_sided_p((estimate - pooled["estimate"]) / spread, pooled["k"] - 2)
    low, high = pooled["prediction_low"], pooled["prediction_high"]
    inside = low <= estimate <= high
    return (
        f"{estimate:.2f} SD lies {'inside' if inside else 'outside'} the prediction interval of "
        f"{pooled['k']} trials ({low:.2f} to {high:.2f}); one more study this far from their mean "
        f"or farther is expected in {100 * p:.0f} % of cases."
    )
