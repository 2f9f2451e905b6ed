"""Published trials together: pools and why not, certainty, recall, speed, a study beside them."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.claims.case import Case
from analysis.describe.display import number, rounded, sentences
from analysis.describe.scores.control import difference_by_window
from analysis.evidence import pooling
from analysis.evidence.look_back import look_back_falls
from analysis.evidence.pooling.pools import window_of
from analysis.evidence.therapy import speeds
from analysis.paths import PUBLISHED
from analysis.rules import catalogue

__all__ = [
    "beside_study",
    "beyond_literal",
    "certainty_table",
    "differences_table",
    "hours_table",
    "linked",
    "look_back_arms",
    "look_back_table",
    "meta_alt",
    "nobody_compared",
    "pools_table",
    "refused_table",
    "sources_table",
    "speeds_alt",
    "speeds_figure",
    "speeds_table",
]

_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s<,;]+)")


class _Linked:
    """A table of sentences whose DOIs can be clicked."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.shown = sentences(table)

    def _repr_html_(self) -> str:
        return _DOI.sub(r'<a href="https://doi.org/\1">\1</a>', self.shown._repr_html_())

    def __repr__(self) -> str:
        return repr(self.shown)


def linked(table: pd.DataFrame) -> _Linked:
    """The table to display, its cells to the left, every DOI a link."""
    return _Linked(table)


def differences_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each randomised trial's standardised difference, or why there is none."""
    found = pooling.trial_differences(table)
    shown = pd.DataFrame(
        {
            "source": found["study_id"],
            "hours": found["hours_since_first_infusion"],
            "scale": found["instrument"],
            "comparator": found["comparator"],
            "what was read": found["source_kind"],
            "g": found["g"],
            "se": found["variance"] ** 0.5,
            "or why not": found["why_not"],
            "doi": found["doi"],
            "rows": [", ".join(rows) for rows in found["rows"]],
        }
    )
    return rounded(shown).set_index("source")


def pools_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """A line a window: the pool, or the sentence that says why there is none."""
    found = pooling.pools(table)
    told = [row["why_not"] or _pool_told(row) for row in found.to_dict("records")]
    return pd.DataFrame(
        {"window": found["window"], "comparator": found["comparator_type"], "trials": found["k"],
         "participants": found["people"], "not in it": found["left_out"].replace("", "–"),
         "pool, or why there is none": told}
    ).set_index("window")  # fmt: skip


def _pool_told(row: dict[Any, Any]) -> str:
    ahead = (
        f"; one more trial: {number(row['prediction_low'])} to {number(row['prediction_high'])}"
        if row["prediction_low"] == row["prediction_low"]
        else ""
    )
    return (
        f"{number(row['estimate'])} SD ({number(row['ci_low'])} to "
        f"{number(row['ci_high'])}{ahead}); without the safeguard {number(row['plain_low'])} to "
        f"{number(row['plain_high'])}; "
        f"SD between trials {number(row['tau'])} ({number(row['tau_low'])} to "
        f"{number(row['tau_high'])})"
    )


def certainty_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Certainty of each body of evidence with GRADE's reasons."""
    found = pooling.certainty(table).drop(columns="rows").set_index("body")
    for column in ("effect", "reasons"):
        found[column] = found[column].str.replace(r"-(\d)", r"−\1", regex=True)
    return found.astype(object).where(found.notna(), "–")


def look_back_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Falls of look-back scores beside the largest literal ones, arm by arm."""
    found = look_back_falls(table)
    at_least = found["at_least"].map({True: "at least ", False: ""})
    shown = pd.DataFrame(
        {
            "source": found["study_id"],
            "arm": found["arm"].str.replace("_", " "),
            "scale": found["instrument"],
            "hours": [number(h) for h in found["hours"]],
            "fall": at_least + found["fall"].map("{:.0%}".format),
            "a literal answer allows": _range_told(found, "largest", "{:.0%}"),
            "times that": _range_told(found, "ratio", "{:.1f}"),
            "what was read": found["source_kind"] + found["assumed"].map(_behind),
            "rows": [", ".join(rows) for rows in found["rows"]],
        }
    )
    unknown = found["why_not"] != ""
    shown.loc[unknown, ["a literal answer allows", "times that"]] = found["why_not"]
    return shown.set_index("source")


def _behind(assumed: str) -> str:
    return f"; {assumed}" if assumed else ""


def _range_told(found: pd.DataFrame, stem: str, form: str) -> list[str]:
    ends = zip(found[f"{stem}_low"], found[f"{stem}_high"], strict=True)
    told = [(form.format(low), form.format(high)) for low, high in ends]
    return [low if low == high else f"{low} to {high}" for low, high in told]


def look_back_arms(table: pd.DataFrame | None = None) -> str:
    """Of how many published arms the falls are, and that no other arm tells one."""
    found = look_back_falls(table)
    arms = found[["study_id", "arm"]].drop_duplicates()
    timed = found.loc[found["why_not"] == "", ["study_id", "arm"]].drop_duplicates()
    return (
        f"The falls are of {len(arms)} arms of {arms['study_id'].nunique()} sources, {len(timed)} "
        "of them with hours since the infusion. What was read of no other arm tells a fall on a "
        "scale that looks back."
    )


def beyond_literal(table: pd.DataFrame | None = None) -> str:
    """How many published falls no literal answer on any version of the scale could show."""
    found = look_back_falls(table)
    known = found[found["why_not"] == ""]
    beyond = known[known["ratio_low"] > 1]
    arms = ", ".join(
        f"{r.study_id} {r.arm} at {r.hours:g} h ({r.ratio_low:.1f} times)"
        for r in beyond.itertuples()
    )
    early = known[known["hours"] < 48]
    all_early = " Those within two days all are." if early["ratio_low"].gt(1).all() else ""
    return (
        f"{len(beyond)} of {len(known)} published falls are larger than a literal answer allows on "
        f"any version of the scale: {arms}.{all_early}"
    )


def hours_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """What each randomised trial can and cannot say about hours."""
    table = evidence.load() if table is None else table
    perhaps = set(evidence.possibly_earlier(table)["study_id"])
    rows = []
    for study, own in table[table["randomised"]].groupby("study_id", sort=False):
        first = own.iloc[0]
        scores = own[own["ptsd"] & own["outcome"].isin(["score", "schedule"])]
        scores = scores[scores["phase"] != "before"]
        early = scores["hours_since_first_infusion"].min()
        numbers = scores[scores["value"].notna() & scores["hours_since_first_infusion"].eq(early)]
        rows.append({
            "trial": study,
            "earliest PTSD score": f"{early:g} h" if early == early else "hours not given",
            "a number there": "yes" if len(numbers) else "no number",
            "comparator": f"{first['comparator'] or '–'} ({first['comparator_type']})",
            "blinding": first["blinding"],
            "about hours": "unknown: scores before 24 h possible"
            if study in perhaps
            else _of_hours(scores, early),
            "doi or registry": first["doi"] or first["registry_id"],
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("trial")


def _of_hours(scores: pd.DataFrame, early: float) -> str:
    if scores.empty:
        return "nothing: no PTSD score is in the table"
    if early != early:
        return "nothing yet: the hours of its scores are unknown"
    if early >= 24:
        own = scores[scores["hours_since_first_infusion"].eq(early)]
        windows = own["recall_hours_low"].min(), own["recall_hours_high"].max()
        least, most = (evidence.recall_share(float(hours), float(early)) for hours in windows)
        if most == most and most > 0:
            back = f"{most:.0%}" if least == most else f"{least:.0%} to {most:.0%}"
            return f"nothing: the first score is at {early:g} h, {back} of its window earlier"
        return f"nothing: the first score is at {early:g} h"
    return "a score within hours"


def speeds_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Ketamine's hours and therapy's weeks in one list, standardised."""
    found = speeds(table)
    shown = found.drop(columns="rows").assign(
        trials=[number(n) for n in found["trials"]],
        after=[_time_told(h) for h in found["hours"]],
    )
    columns = ["treatment", "comparator", "after", "estimate", "ci_low", "ci_high", "trials",
               "source"]  # fmt: skip
    return rounded(shown[columns]).set_index("treatment")


def speeds_figure(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """The rows that the figure draws: pooled ones, and therapy against any control."""
    found = speeds(table)
    pooled = found["treatment"].str.contains("meta-analysis")
    therapy = (found["treatment"] == "psychological treatment") & (
        found["comparator"] == "any control"
    )
    return found[(pooled & (found["comparator"] == "any control")) | therapy]


def speeds_alt(table: pd.DataFrame | None = None) -> str:
    """The figure of speeds in words."""
    found = speeds_figure(table)
    parts = []
    for name, rows in found.groupby("treatment", sort=False):
        told = ", ".join(
            f"{number(r['estimate'])} at {_time_told(r['hours'])}"
            for r in rows.sort_values("hours").to_dict("records")
        )
        parts.append(f"{name}: {told}")
    return (
        "Standardised differences from control over time on a logarithmic axis, with intervals. "
        f"{'; '.join(parts)}."
    )


def meta_alt(rows: pd.DataFrame) -> str:
    """A forest of pooled differences in words."""
    told = "; ".join(
        f"{r.label} {number(r.estimate)} ({number(r.ci_low)} to {number(r.ci_high)})"
        for r in rows.itertuples()
    )
    return f"Forest of standardised differences: {told}."


def _time_told(hours: float) -> str:
    if hours < 48:
        return f"{hours:g} h"
    return f"{hours / 24:.0f} days" if hours < 336 else f"{hours / 168:.0f} weeks"


def nobody_compared(table: pd.DataFrame | None = None) -> str:
    """Whether a head-to-head comparison with therapy was found, and which trial will be first."""
    ended = evidence.registered(table)
    first = ended[ended["co_therapy"] == "psychotherapy"]
    told = "No head-to-head comparison of ketamine with exposure therapy was found."
    for row in first.to_dict("records"):
        told += (
            f" {row['study_id']} ({row['registry_id']}: {row['enrolled']:.0f} enrolled, completed "
            f"{row['completed']}) gives ketamine with prolonged exposure and will be the first "
            "randomised one to report."
        )
    return told


def sources_table(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """How many rows are of each kind of source, and how many of them are numbers on PTSD."""
    table = evidence.load() if table is None else table
    numbers = table["ptsd"] & table["value"].notna()
    return pd.DataFrame(
        {
            "rows": table["source_kind"].value_counts(),
            "numbers on PTSD": table.loc[numbers, "source_kind"].value_counts(),
        }
    ).rename_axis("what was read")


def refused_table() -> pd.DataFrame:
    """Sources that were read and are kept out, each by a rule."""
    text = (PUBLISHED / "refused_sources.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["source"]
    for row in rows:
        row["because"] = catalogue()[row["rule"]].sentence.replace(": {why}", "")
    return pd.DataFrame(rows)[["study_id", "what", "because", "doi"]].set_index("study_id")


def beside_study(case: Case) -> pd.DataFrame:
    """A study's own standardised differences, each beside the pool of its window; never in it.

    Returns
    -------
    DataFrame
        A row a window: estimate and interval in SD of the study's baseline (taken as known),
        and whether the pool predicts it. Empty where the study has no comparator.
    """
    columns = ["window", "here", "pooled by others", "within what the pool predicts?"]
    if case.design.comparator_arm is None:
        return pd.DataFrame(columns=columns).set_index("window")
    found = difference_by_window(case).set_index("window")
    published = evidence.controlled_contrasts()
    pools = pooling.pools()
    pools = pools[pools["comparator_type"] == "all"]
    labels = {case.windows[name].label: case.windows[name].at for name in case.visit_windows}
    out = []
    for window, hours in labels.items():
        if window not in found.index:
            continue
        own = {r["estimand"]: r for r in found.loc[[window]].to_dict("records")}
        points, g = own["adjusted difference"], own["standardised difference"]["estimate"]
        unit = abs(g / points["estimate"])
        low, high = sorted((points["ci_low"] * unit, points["ci_high"] * unit))
        pool = pools[pools["window"] == window_of(hours)].iloc[0]
        out.append({
            "window": window,
            "here": f"{number(g)} SD ({number(low)} to {number(high)})",
            "pooled by others": _by_others(published, hours),
            "within what the pool predicts?": pooling.surprise(g, points["se"] * unit, pool),
        })  # fmt: skip
    return pd.DataFrame(out, columns=columns).set_index("window")


def _by_others(published: pd.DataFrame, hours: float) -> str:
    """Meta-analyses over all controls in the same window of time."""
    own = published[(published["level"] == "pooled") & (published["unit"] == "SD")]
    own = own[(own["comparator_type"] == "pooled") & own["hours_since_first_infusion"].notna()]
    same = [window_of(h) == window_of(hours) for h in own["hours_since_first_infusion"]]
    told = [
        f"{r.study_id} {number(r.estimate)} SD ({number(r.ci_low)} to {number(r.ci_high)})"
        for r in own[same].itertuples()
    ]
    return "; ".join(told) or "–"
