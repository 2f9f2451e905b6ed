"""Differences, changes, p-values and effect sizes from published figures."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.evidence.derivation.query import Query, result
from analysis.evidence.derivation.standard_errors import (
    behind_interval,
    critical,
    means_before_and_after,
    se_from_interval,
    two_sided,
)

SIGN = "negative = fewer symptoms on ketamine (the source may print the other sign)"
ANY = ("difference", "change", "standardised difference", "standardised change", "odds ratio")
CONTRAST = ("difference", "standardised difference", "odds ratio")
# Printed in the abstract of J Clin Psychiatry 79(3):17m11634 as sample-size-adjusted d' of the
# change, sign changed; kept only to show that it does not follow from the interval beside it.
PRINTED_STANDARDISED = {("Albott2018", "PCL-5"): -2.17, ("Albott2018", "MADRS"): -4.64}


def difference(query: Query) -> dict[str, Any]:
    """The published difference between arms, in points."""
    figure = query.figure(("difference",), "difference between arms")
    return result(
        float(figure["estimate"]), f"published; {SIGN}", figure["rows"][:1], unit=figure["unit"]
    )


def odds_ratio(query: Query) -> dict[str, Any]:
    """The published odds ratio."""
    figure = query.figure(("odds ratio",), "odds ratio")
    method = f"published odds ratio; {figure['direction'].replace('_', ' ')}"
    return result(float(figure["estimate"]), method, figure["rows"][:1], unit="ratio")


def change(query: Query) -> dict[str, Any]:
    """The published within-arm change: never a treatment effect."""
    figure = query.figure(("change",), "within-arm change")
    return result(
        float(figure["estimate"]),
        "published change, after minus before; within one arm, so not a treatment effect",
        figure["rows"][:1],
        unit=figure["unit"],
    )


def interval(query: Query) -> dict[str, Any]:
    """The published interval, else estimate ± critical value × standard error."""
    figure = query.figure(ANY, "estimate")
    if pd.notna(figure["ci_low"]):
        value = (float(figure["ci_low"]), float(figure["ci_high"]))
        return result(value, "published interval", figure["rows"], unit=figure["unit"])
    if pd.isna(figure["se"]):
        query.refuse("no_se", "no interval and no standard error was printed for this estimate")
    factor, words = critical(query.df)
    half = factor * figure["se"]
    value = (float(figure["estimate"] - half), float(figure["estimate"] + half))
    return result(
        value, f"estimate ± critical value x published SE, {words}", figure["rows"], df=query.df,
        unit=figure["unit"], assumptions=query.assumptions(),
    )  # fmt: skip


def p_value(query: Query) -> dict[str, Any]:
    """The published p where there is one, else from the SE, else from the interval."""
    figure = query.figure(CONTRAST, "contrast between arms with a p-value, SE or interval")
    if pd.notna(figure["p_value"]):
        return result(float(figure["p_value"]), "published p", figure["rows"])
    if pd.notna(figure["se"]):
        words = critical(query.df)[1]
        p = two_sided(figure["estimate"] / figure["se"], query.df)
        method = f"two-sided p of estimate / published SE, {words}"
        return result(p, method, figure["rows"], df=query.df, assumptions=query.assumptions())
    return p_from_interval(query)


def p_from_interval(query: Query) -> dict[str, Any]:
    """Two-sided p of estimate / SE, the SE from the interval (doi:10.1136/bmj.d2304)."""
    figure, se, ratio = behind_interval(query, "estimate with an interval")
    method = f"two-sided p of estimate / SE with SE = {se['method']}"
    if not figure["contrast"]:
        method += "; within one arm, so not a treatment effect"
    p = two_sided(ratio, query.df)
    return result(p, method, figure["rows"], df=query.df, se=se["value"],
                  assumptions=se["assumptions"])  # fmt: skip


def p_from_interval_t(query: Query) -> dict[str, Any]:
    """As ``p_from_interval`` with t; the degrees of freedom must be stated."""
    if query.df is None:
        query.refuse(
            "df_needed",
            "the table does not give the degrees of freedom behind the interval; state them as "
            "an assumption, df=…",
        )
    return p_from_interval(query)


def standardised_difference(query: Query) -> dict[str, Any]:
    """Published, else difference / (SE / sqrt(1/n1 + 1/n2)), else by the SD of change."""
    published = query.figures[query.figures["kind"] == "standardised difference"]
    if len(published):
        figure = query.one(query.narrowed(published), "standardised difference")
        return result(
            float(figure["estimate"]), f"published; {SIGN}", figure["rows"],
            ci_low=float(figure["ci_low"]), ci_high=float(figure["ci_high"]), unit="SD",
        )  # fmt: skip
    figure = query.figure(("difference",), "difference between arms")
    if pd.notna(figure["se"]):
        return _from_model_se(query, figure)
    return _from_sd_of_change(query, figure)


def hedges_g(query: Query) -> dict[str, Any]:
    """The standardised difference times Hedges' J = 1 - 3 / (4 df - 1)."""
    d = standardised_difference(query)
    if "df" not in d:
        if query.table["statistic"].isin(["g"]).any():
            return {**d, "method": f"published Hedges' g; {SIGN}"}
        query.refuse("no_df", "no degrees of freedom belong to the published effect size")
    factor = small_sample_factor(d["df"])
    scaled: dict[str, Any] = {
        k: factor * d[k] for k in ("value", "se", "ci_low", "ci_high") if k in d
    }
    method = f"{d['method']}; times J = 1 - 3 / (4 x {d['df']} - 1)"
    return {**d, **scaled, "method": method}


def paired_hedges_g(query: Query) -> dict[str, Any]:
    """Standardised change of one arm from a paired t: t / sqrt(n) times J with n - 1 df.

    In units of the SD of change, so not comparable with a difference in units of scores; and of
    one arm, so not a treatment effect (Dunlap et al. 1996, doi:10.1037/1082-989X.1.2.170).
    """
    found = query.narrowed(query.table[query.table["statistic"] == "t"])
    row = query.one(found, "paired t")
    if pd.isna(row["n"]):
        query.refuse("no_n", "the participants behind the t are not printed")
    n = int(row["n"])
    value = float(row["value"]) / math.sqrt(n) * small_sample_factor(n - 1)
    method = f"t / sqrt(n) x J, J = 1 - 3 / (4 x {n - 1} - 1); one arm: not a treatment effect"
    return result(value, method, [row["row"]], df=n - 1, unit="SD of change")


def first_period_difference(query: Query) -> dict[str, Any]:
    """A crossover's first period: mean on ketamine minus mean on the comparator."""
    own = query.table[(query.table["period"] == "first") & (query.table["statistic"] == "mean")]
    own = query.narrowed(own[own["phase"] != "before"])
    control = own[own["arm"] == own["comparator"]]
    treated = own[own["arm"] != own["comparator"]]
    if treated.empty or control.empty:
        query.refuse("no_first_period", "the means of the first period's arms are not printed")
    one, other = query.one(treated, "mean on ketamine"), query.one(control, "mean on comparator")
    return result(float(one["value"] - other["value"]), f"means of the first period; {SIGN}",
                  [one["row"], other["row"]], unit=one["unit"])  # fmt: skip


def small_sample_factor(df: float) -> float:
    """Hedges' J by its usual approximation, doi:10.3102/10769986006002107."""
    return 1 - 3 / (4 * df - 1)


def change_from_means(query: Query) -> dict[str, Any]:
    """Mean after minus mean before in one arm, where both rest on the same number of people."""
    before, after = means_before_and_after(query)
    method = "mean after minus mean before in one arm: not a treatment effect; no SE follows"
    return result(
        round(float(after["value"] - before["value"]), 10), method, [before["row"], after["row"]],
        unit=after["unit"],
    )  # fmt: skip


def standardised_change(query: Query) -> dict[str, Any]:
    """Published, else change / SD of change; refused where source and interval disagree."""
    published = query.figures[query.figures["kind"] == "standardised change"]
    if len(published):
        figure = query.one(query.narrowed(published), "standardised change")
        return result(
            float(figure["estimate"]), "published, within one arm: not a treatment effect",
            figure["rows"], ci_low=figure["ci_low"], ci_high=figure["ci_high"], unit="SD",
        )  # fmt: skip
    figure = query.figure(("change",), "within-arm change")
    printed = PRINTED_STANDARDISED.get((query.study_id, figure["instrument"]))
    if printed is not None:
        implied = implied_standardised_change(figure)
        query.refuse(
            "inconsistent",
            f"the abstract prints a standardised change of {printed} (sign changed) on "
            f"{figure['instrument']}, and the interval beside it implies {implied:.2f} before "
            "any small-sample factor; which of them is wrong is not known, so none is given",
        )
    row = query.one(
        query.narrowed(query.table[query.table["statistic"] == "sd_change"]), "SD of change"
    )
    return result(
        float(figure["estimate"] / row["value"]),
        "change / SD of change, within one arm: not a treatment effect",
        [figure["rows"][0], row["row"]], unit="SD",
    )  # fmt: skip


def implied_standardised_change(figure: pd.Series) -> float:
    """Change / SD of change with the SD behind a t interval of n people."""
    n = int(figure["n"])
    se, estimate, _ = se_from_interval(figure, n - 1)
    return estimate / (se * math.sqrt(n))


def _arm_sizes(query: Query) -> pd.DataFrame:
    """People who started in each arm of a two-arm parallel trial."""
    _parallel(query)
    started = query.table[query.table["statistic"] == "n_started"]
    if len(started) != 2:
        told = "arm sizes are not printed" if started.empty else f"{len(started)} arms are printed"
        query.refuse("no_n", f"{told}, and a model's SE needs those of two")
    return started


def _parallel(query: Query) -> None:
    if "parallel" not in query.table["design"].iloc[0]:
        query.refuse(
            "crossover",
            "participants are their own controls in part here, and neither an SD nor the number "
            "analysed is printed, so no standardised difference follows from the SE",
        )


def _from_model_se(query: Query, figure: pd.Series) -> dict[str, Any]:
    started = _arm_sizes(query)
    n1, n2 = (int(v) for v in started["value"])
    inverse = 1 / n1 + 1 / n2
    d = float(figure["estimate"] / (figure["se"] / math.sqrt(inverse)))
    df = n1 + n2 - 2
    se = math.sqrt(inverse + d**2 / (2 * (n1 + n2)))
    factor = critical(None)[0]
    assumed = f"all {n1}/{n2} who started are in the model"
    method = (
        "difference / SD with SD = SE of the model / sqrt(1/n1 + 1/n2), assumed: "
        f"{assumed}; the SD is what the model leaves, not that of raw scores; interval by the "
        f"large-sample SE; {SIGN}, so the value is below zero"
    )
    return result(
        d, method, [*figure["rows"], *started["row"]], df=df, se=se, ci_low=d - factor * se,
        ci_high=d + factor * se, assumptions=[assumed], unit="SD",
    )  # fmt: skip


def _from_sd_of_change(query: Query, figure: pd.Series) -> dict[str, Any]:
    arms = query.table[
        (query.table["statistic"] == "sd_change")
        & (query.table["instrument"] == figure["instrument"])
        & (query.table["hours_since_first_infusion"] == figure["hours_since_first_infusion"])
    ]
    if len(arms) != 2:
        if query.table["level"].iloc[0] != "trial":
            query.refuse("pooled", "no standardised difference follows from a pooled difference")
        _parallel(query)
        query.refuse("no_sd", "neither a model's SE nor both arms' SD of change is printed")
    n = [int(v) for v in arms["n"]]
    squares = sum((k - 1) * float(s) ** 2 for k, s in zip(n, arms["value"], strict=True))
    df = sum(n) - 2
    d = float(figure["estimate"]) / math.sqrt(squares / df)
    se = math.sqrt(1 / n[0] + 1 / n[1] + d**2 / (2 * sum(n)))
    factor = critical(None)[0]
    method = (
        "difference / pooled SD of CHANGE (not of scores: not comparable with an effect size on "
        f"the scores' SD); interval by the large-sample SE; {SIGN}"
    )
    return result(
        d, method, [figure["rows"][0], *arms["row"]], df=df, se=se, ci_low=d - factor * se,
        ci_high=d + factor * se, unit="SD",
    )  # fmt: skip
