"""Tables for readers: contrasts, response shares, within-arm changes, and what is missing.

Every row carries the ids of the rows it came from. Functions take a loaded table or load it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import EvidenceError
from analysis.estimates.proportions import exact_share
from analysis.evidence.derivation import effects
from analysis.evidence.derivation.assemble import estimates
from analysis.evidence.derivation.derive import derive
from analysis.evidence.derivation.responses import counts
from analysis.evidence.table.load import load

NOT_AN_EFFECT = "not a treatment effect: no concurrent comparison"
HOURS = ["hours_since_first_infusion", "hours_since_last_infusion"]
RECALL = ["recall_window", "share_before_low", "share_before_high"]
CONTRASTS = [
    "study_id", "level", "comparator", "comparator_type", "instrument", *HOURS, "analysis", "kind",
    "unit", "estimate", "ci_low", "ci_high", "interval_from", "psychotherapy", *RECALL, "note",
    "rows",
]  # fmt: skip
SHARES = [
    "study_id", "randomised", "arm", "comparator_arm", "instrument", "definition", *HOURS, "events",
    "n", "share", "ci_low", "ci_high", "count_from", "psychotherapy", "note", "rows",
]  # fmt: skip
CHANGES = [
    "study_id", "randomised", "arm", "instrument", *HOURS, "analysis", "kind", "unit", "estimate",
    "ci_low", "ci_high", "method", "treatment_effect", "psychotherapy", "note", "rows",
]  # fmt: skip
MISSING = ["study_id", "instrument", *HOURS, "what_is_there", "what_is_missing", "note", "rows"]
TIMELINE = [
    "evidence", "study_id", "instrument", *HOURS, "estimate", "ci_low", "ci_high", "unit", "words",
    "rows",
]  # fmt: skip


def recall_share(
    recall_hours: pd.Series | float, hours: pd.Series | float
) -> pd.Series | np.ndarray | float:
    """Share of a recall window that precedes the infusion: max(0, W - h) / W.

    Parameters
    ----------
    recall_hours
        Window W in hours, above zero; NaN where unknown.
    hours
        Hours h since the infusion's start.

    Returns
    -------
    Series, array or float
        Between 0 and 1; NaN where either is unknown, 0 for a right-now form.
    """
    window = recall_hours if np.ndim(recall_hours) == 0 else np.asarray(recall_hours, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.maximum(0.0, np.subtract(window, hours)) / window
    out = np.where(np.equal(window, 0), 0.0, share)
    return float(out) if out.ndim == 0 else out


def controlled_contrasts(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """PTSD severity, ketamine against a comparator, with numbers.

    Returns
    -------
    DataFrame
        study_id, level (trial or pooled), comparator, comparator_type, instrument, hours since
        the first and latest infusion, analysis, kind, unit, estimate (negative = fewer symptoms
        on ketamine), ci_low, ci_high, interval_from, psychotherapy, recall_window,
        share_before_low and share_before_high (share of the shortest and longest form's window
        that precedes the first infusion), note, rows.
    """
    table = load() if table is None else table
    found = estimates(table)
    kinds = ["difference", "standardised difference"]
    found = found[found["contrast"] & found["ptsd"] & found["kind"].isin(kinds)].copy()
    found["interval_from"] = np.where(found["ci_low"].notna(), "published", "none")
    for index, row in found[found["ci_low"].isna() & found["se"].notna()].iterrows():
        df = derive(row["study_id"], "standardised_difference", table=table)["df"]
        low, high = derive(row["study_id"], "interval", df=df, table=table)["value"]
        found.loc[index, ["ci_low", "ci_high"]] = low, high
        found.loc[index, "interval_from"] = f"published SE, t with {df} df (arm sizes assumed)"
    found["psychotherapy"] = _psychotherapy(found)
    found["share_before_low"] = recall_share(found["recall_hours_low"], found[HOURS[0]])
    found["share_before_high"] = recall_share(found["recall_hours_high"], found[HOURS[0]])
    return _sorted(found, CONTRASTS)


def response_shares(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Share of people who responded, by arm and definition, with exact intervals.

    Returns
    -------
    DataFrame
        study_id, randomised, arm, comparator_arm (bool), definition, hours, events, n, share,
        ci_low, ci_high (Clopper-Pearson), count_from, psychotherapy, note, rows. A count of
        people no lower than at baseline is turned into its complement, any fall.
    """
    found = counts(load() if table is None else table)
    harm = found["direction"] == "higher_is_more_harm"
    found["n"] = found["n"].astype(int)
    found["events"] = np.where(harm, found["n"] - found["count"], found["count"])
    found["definition"] = found["instrument_printed"].mask(
        harm, found["instrument"] + " below baseline (any fall)"
    )
    found["count_from"] = found["count_from"].mask(
        harm, "people in all minus people no lower than at baseline"
    )
    found["share"] = found["events"] / found["n"]
    shares = [exact_share(k, n) for k, n in zip(found["events"], found["n"], strict=True)]
    found["ci_low"], found["ci_high"] = (
        [one[end] for one in shares] for end in ("ci_low", "ci_high")
    )
    found["comparator_arm"] = found["arm"] == found["comparator"]
    found["psychotherapy"] = _psychotherapy(found)
    return _sorted(found, SHARES)


def within_arm_changes(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """PTSD severity before and after in one arm, each flagged as no treatment effect.

    Returns
    -------
    DataFrame
        study_id, randomised, arm, instrument, hours, analysis, kind, unit, estimate (negative =
        fewer symptoms), ci_low, ci_high, method, treatment_effect (the flag), psychotherapy,
        note, rows.
    """
    table = load() if table is None else table
    found = estimates(table)
    kinds = ["change", "standardised change"]
    found = found[found["ptsd"] & found["kind"].isin(kinds)].assign(method="published")
    found = pd.concat([found, _from_means(table, found), _percentages(table)])
    found["treatment_effect"] = NOT_AN_EFFECT
    found["psychotherapy"] = _psychotherapy(found)
    return _sorted(found.reset_index(drop=True), CHANGES)


def missing_numbers(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Randomised trials and times for which the table has words, or nothing, but no contrast.

    Returns
    -------
    DataFrame
        study_id, instrument, hours, what_is_there (the words), what_is_missing, note, rows.
        Missing here means: not in this table. It does not mean not in the literature.
    """
    table = load() if table is None else table
    ptsd = table[table["randomised"] & table["ptsd"]]
    words = ptsd[(ptsd["text_value"] != "") & ptsd["outcome"].isin(["score", "schedule"])]
    out = [
        {**row, "what_is_there": row["text_value"], "rows": [row["row"]],
         "what_is_missing": "the difference between arms, with its interval"}
        for _, row in words.iterrows()
        if row["statistic"] != "registry_primary_timeframe"
    ]  # fmt: skip
    for study, rows in table[table["randomised"]].groupby("study_id", sort=False):
        if study not in set(ptsd["study_id"]):
            out.append(
                {**rows.iloc[0], "instrument": "", **dict.fromkeys(HOURS, np.nan),
                 "what_is_there": "only " + ", ".join(dict.fromkeys(rows["instrument_printed"])),
                 "what_is_missing": "any PTSD severity score", "rows": list(rows["row"])}
            )  # fmt: skip
    return _sorted(pd.DataFrame(out), MISSING)


def interval_conflicts(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Published standardised changes that do not follow from the interval beside them.

    Returns
    -------
    DataFrame
        study_id, instrument, n, printed (sign changed), implied (change / SD of change, SD from
        the t interval), ratio, rows.
    """
    found = estimates(table)
    out = []
    for (study, instrument), printed in effects.PRINTED_STANDARDISED.items():
        mine = found[(found["study_id"] == study) & (found["instrument"] == instrument)]
        for _, row in mine[mine["kind"] == "change"].iterrows():
            implied = effects.implied_standardised_change(row)
            out.append((study, instrument, row["n"], printed, implied, printed / implied,
                        row["rows"]))  # fmt: skip
    columns = ["study_id", "instrument", "n", "printed", "implied", "ratio", "rows"]
    return pd.DataFrame(out, columns=columns)


def timeline_of_evidence(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """All evidence on PTSD severity in the order of hours since the first infusion.

    Returns
    -------
    DataFrame
        evidence (contrast, response share, within-arm change, words only), study_id, instrument,
        hours since the first and latest infusion, estimate, ci_low, ci_high, unit, words, rows.
        Rows whose hours are not told come last.
    """
    table = load() if table is None else table
    shares = response_shares(table).rename(columns={"share": "estimate", "definition": "words"})
    shares["words"] = shares["arm"] + ": " + shares["words"]
    shares["unit"] = "share"
    parts = {
        "contrast": controlled_contrasts(table),
        "response share": shares,
        "within-arm change": within_arm_changes(table).rename(columns={"arm": "words"}),
        "words only": missing_numbers(table).rename(columns={"what_is_there": "words"}),
    }
    out = pd.concat([part.assign(evidence=name) for name, part in parts.items()])
    out[["words", "instrument", "unit"]] = out[["words", "instrument", "unit"]].fillna("")
    return _sorted(out.reset_index(drop=True), TIMELINE)


def _sorted(found: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    ordered = found.sort_values(HOURS[0], kind="stable", na_position="last")
    return ordered[columns].reset_index(drop=True)


def _psychotherapy(found: pd.DataFrame) -> pd.Series:
    return found["co_therapy"] == "psychotherapy"


def _from_means(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Changes that only the means give, where both means rest on the same number of people."""
    means = table[(table["statistic"] == "mean") & (table["outcome"] == "score") & table["ptsd"]]
    keys = ["study_id", "arm", "instrument", HOURS[0]]
    changes = published.loc[published["kind"] == "change", keys]
    done = set(changes.itertuples(index=False, name=None))
    out = []
    for _, row in means[means["phase"] != "before"].iterrows():
        if tuple(row[keys]) in done:
            continue
        where = {"definition": row["instrument_printed"], "arm": row["arm"]}
        where |= {"analysis": row["analysis"]} if row["analysis"] else {}
        try:
            got = derive(row["study_id"], "change_from_means", table=table, **where)
        except EvidenceError:
            continue
        new = {"kind": "change", "estimate": got["value"], "method": got["method"]}
        out.append({**row, **new, "ci_low": np.nan, "ci_high": np.nan, "rows": got["rows"]})
    return pd.DataFrame(out)


def _percentages(table: pd.DataFrame) -> pd.DataFrame:
    found = table[table["ptsd"] & (table["statistic"] == "pct_change")]
    return found.assign(
        kind="percentage change", estimate=found["value"], ci_low=np.nan, ci_high=np.nan,
        method="published", rows=found["row"].map(lambda row: [row]),
    )  # fmt: skip
