"""How fast psychological treatment works: its course by weeks, beside ketamine's by hours.

In: the trial-level file of the Metapsy database (data-ptsd-psyctr, doi:10.5281/zenodo.10027042,
ODC-By 1.0), hash-pinned and never copied. Out: pooled standardised differences by time since
randomisation, which are stored in data/processed, and ketamine's beside them on one axis.
"""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates import pooling
from analysis.evidence.pooling.pools import one_a_trial
from analysis.evidence.pooling.trial_differences import trial_differences
from analysis.evidence.summaries import controlled_contrasts
from analysis.evidence.table.load import load
from analysis.paths import DATA_PROCESSED
from analysis.readers.open_data.fetch import present
from analysis.rules import refusal
from analysis.writing import write_atomic

__all__ = ["COURSE", "course", "read_trials", "speeds", "stored_course", "write_course"]

SHA256 = "adb091325b1af991b99cdbc8ded7f0341b8038fb6706334f02dfdd8e26df0bec"
COURSE = "therapy_course.csv"
WEEKS = ((0.0, 2.0), (2.0, 6.0), (6.0, 10.0), (10.0, 14.0), (14.0, 27.0))
"""Weeks since randomisation, lower end included, that are pooled together."""
_HOURS = 168.0
COLUMNS = [
    "comparator", "weeks_low", "weeks_high", "hours", "trials", "people", "estimate", "ci_low",
    "ci_high", "prediction_low", "prediction_high", "tau", "slope_per_doubling", "slope_low",
    "slope_high", "slope_df",
]  # fmt: skip
SPEEDS = [
    "treatment", "comparator", "hours", "estimate", "ci_low", "ci_high", "trials", "source", "rows",
]  # fmt: skip


def read_trials(path: Path | None = None) -> pd.DataFrame:
    """Scores of the database's trials at the end of treatment, by weeks since randomisation.

    Parameters
    ----------
    path
        The database's data.csv; None looks for ``metapsy-ptsd`` under RELIEF_DATA and in the
        cache of downloads.

    Returns
    -------
    DataFrame
        A row a comparison and scale: trial, comparator (waitlist, treatment as usual, other),
        hours since randomisation (NaN where not told), n (people), g (negative = fewer symptoms
        on therapy) and variance. Diagnoses counted are left out: they are no scores.

    Raises
    ------
    ReliefError
        ``evidence.therapy-absent``, ``evidence.therapy-changed``.
    """
    path = path or (present("metapsy-ptsd") or Path()) / "data.csv"
    try:
        content = path.read_bytes()
    except OSError:
        raise refusal("evidence.therapy-absent") from None
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise refusal("evidence.therapy-changed", file=path.name)
    # Its own declaration: semicolons, decimal commas, Latin-1.
    raw = pd.read_csv(io.BytesIO(content), sep=";", decimal=",", encoding="latin-1")
    raw = raw[raw["outcome_type"] != "dich"]
    names = {"Waitlist": "waitlist", "TAU": "treatment as usual", "Other": "other"}
    return pd.DataFrame(
        {
            "trial": raw["study"],
            "comparator": raw["condition_arm2"].map(names),
            "hours": raw["time_weeks"] * _HOURS,
            "n": raw["n_arm1"] + raw["n_arm2"],
            "g": -raw[".g"],
            "variance": raw[".g_se"] ** 2,
        }
    ).reset_index(drop=True)


def course(trials: pd.DataFrame) -> pd.DataFrame:
    """Pooled difference by weeks since randomisation, against a waiting list and any control.

    Scales and arms of one trial are averaged within its weeks and keep one variance, as if they
    agreed wholly; across weeks the slope on log hours is cluster-robust by trial (CR2).

    Parameters
    ----------
    trials
        As :func:`read_trials` returns it; rows without hours are left out.

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``; ``hours`` is the geometric mean of the trials' times, ``slope_*`` the
        change of the difference for each doubling of time (the same in every row of a
        comparator).
    """
    timed = trials[trials["hours"].notna()]
    out = []
    for comparator in ("waitlist", "any control"):
        own = timed if comparator == "any control" else timed[timed["comparator"] == comparator]
        slope = pooling.meta_regression(
            own["g"], own["variance"], np.log2(own["hours"]), list(own["trial"])
        )
        for low, high in WEEKS:
            inside = own[own["hours"].between(low * _HOURS, high * _HOURS, inclusive="left")]
            out.append(_window(comparator, low, high, inside) | {
                "slope_per_doubling": slope.estimate, "slope_low": slope.ci_low,
                "slope_high": slope.ci_high, "slope_df": slope.df,
            })  # fmt: skip
    return pd.DataFrame(out, columns=COLUMNS)


def _window(comparator: str, low: float, high: float, inside: pd.DataFrame) -> dict[str, Any]:
    each = inside.groupby("trial", sort=True).agg(
        g=("g", "mean"), variance=("variance", "mean"), hours=("hours", "mean"), n=("n", "max")
    )
    told = {
        "comparator": comparator, "weeks_low": low, "weeks_high": high, "trials": len(each),
        "people": int(each["n"].sum()), "hours": float(np.exp(np.log(each["hours"]).mean())),
    }  # fmt: skip
    found = pooling.pool(each["g"], each["variance"])
    names = ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "tau")
    return told | {name: getattr(found, name) for name in names}


def write_course(path: Path | None = None, folder: Path = DATA_PROCESSED) -> Path:
    """Compute the course from the database and store it, rounded to four digits after the point."""
    place = folder / COURSE
    made = course(read_trials(path))
    write_atomic(place, made.to_csv(index=False, float_format="%.4f", lineterminator="\n"))
    return place


def stored_course(folder: Path = DATA_PROCESSED) -> pd.DataFrame:
    """The course that :func:`write_course` stored."""
    return pd.read_csv(folder / COURSE)


def speeds(table: pd.DataFrame | None = None, therapy: pd.DataFrame | None = None) -> pd.DataFrame:
    """Ketamine's hours and therapy's weeks on one axis, all standardised, each against a control.

    No trial compared the two head to head: controls, people, scales and recall windows differ.

    Returns
    -------
    DataFrame
        Columns ``SPEEDS``: treatment, comparator, hours since the first infusion or since
        randomisation, estimate with its interval (SD, negative = fewer symptoms), trials (NaN
        where a meta-analysis does not tell it for the time), source (a DOI), rows (ids).
    """
    table = load() if table is None else table
    therapy = stored_course() if therapy is None else therapy
    out = [
        {
            "treatment": "psychological treatment", "comparator": row["comparator"],
            "source": "10.5281/zenodo.10027042", "rows": [],
            **{k: row[k] for k in ("hours", "estimate", "ci_low", "ci_high", "trials")},
        }
        for row in therapy.to_dict("records")
    ]  # fmt: skip
    pooled = controlled_contrasts(table)
    pooled = pooled[(pooled["level"] == "pooled") & (pooled["unit"] == "SD")]
    pooled = pooled[pooled["hours_since_first_infusion"].notna()]
    dois = table.drop_duplicates("study_id").set_index("study_id")["doi"]
    for row in pooled.to_dict("records"):
        kinds = {"active": "active drug", "passive": "saline", "pooled": "any control"}
        out.append({
            "treatment": "ketamine, meta-analysis", "comparator": kinds[row["comparator_type"]],
            "hours": row["hours_since_first_infusion"], "trials": math.nan,
            "source": dois[row["study_id"]],
            **{k: row[k] for k in ("estimate", "ci_low", "ci_high", "rows")},
        })  # fmt: skip
    single = one_a_trial(trial_differences(table))
    for row in single[single["hours_since_first_infusion"].notna()].to_dict("records"):
        reach = 1.959964 * math.sqrt(row["variance"])
        both = " with psychotherapy" if row["co_therapy"] == "psychotherapy" else ""
        out.append({
            "treatment": f"ketamine{both}, one trial", "comparator": row["comparator"],
            "hours": row["hours_since_first_infusion"], "estimate": row["g"],
            "ci_low": row["g"] - reach, "ci_high": row["g"] + reach, "trials": 1,
            "source": row["doi"], "rows": row["rows"],
        })  # fmt: skip
    return pd.DataFrame(out, columns=SPEEDS).sort_values(
        ["treatment", "comparator", "hours"], kind="stable", ignore_index=True
    )
