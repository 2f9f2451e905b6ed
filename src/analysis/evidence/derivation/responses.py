"""Shares of people: exact intervals and differences between arms."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.estimates.proportions import exact_share, share_difference
from analysis.evidence.derivation.query import Query, describe, result

EXACT = "exact (Clopper-Pearson) 95 % interval"


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """People who responded, by arm and definition.

    Parameters
    ----------
    table
        As ``load`` returns it.

    Returns
    -------
    DataFrame
        Rows of the table, one for each arm and definition, with ``count`` (people), ``count_from``
        and ``rows`` (row ids). A count that is only printed as a percentage is given
        where exactly one whole number of the stated people rounds to it.
    """
    out = []
    ptsd = table[table["ptsd"] & (table["outcome"] == "response") & table["n"].notna()]
    for _, row in ptsd[ptsd["statistic"] == "events"].iterrows():
        out.append({**row, "count": int(row["value"]), "count_from": _source(row)})
    for _, row in ptsd[ptsd["statistic"].isin(["pct", "pct_responders"])].iterrows():
        same = [o for o in out if describe(pd.Series(o)) == describe(row) and o["n"] == row["n"]]
        if same:
            same[0].setdefault("percentage_row", row["row"])
            continue
        fits = [k for k in range(int(row["n"]) + 1) if _rounds(k, row)]
        if len(fits) == 1:
            source = f"the only whole number of {row['n']} that rounds to the printed percentage"
            out.append({**row, "count": fits[0], "count_from": source})
    for entry in out:
        extra = entry.pop("percentage_row", None)
        entry["rows"] = [entry["row"], extra] if isinstance(extra, str) else [entry["row"]]
    return pd.DataFrame(out).reset_index(drop=True) if out else pd.DataFrame()


def response_share(query: Query) -> dict[str, Any]:
    """Share of one arm (ketamine's unless ``arm`` says otherwise) that responded."""
    found = _counts(query, "higher_is_more_responders")
    if "arm" not in query.where:
        found = found[~_comparator(found)]
    row = query.one(query.narrowed(found), "count of responders on ketamine with its denominator")
    return _share(row, int(row["count"]), row["instrument_printed"])


def share_any_fall(query: Query) -> dict[str, Any]:
    """Share whose score fell at all: everyone but those no lower than at baseline."""
    found = _counts(query, "higher_is_more_harm")
    found = found[found["instrument_printed"].str.contains("no lower than baseline")]
    if "arm" not in query.where:
        found = found[~_comparator(found)]
    row = query.one(query.narrowed(found), "count of people no lower than at baseline")
    out = _share(row, int(row["n"]) - int(row["count"]), "score below baseline (any fall)")
    out["method"] += f"; {row['n']} people minus {row['count']} no lower than at baseline"
    return out


def response_difference(query: Query) -> dict[str, Any]:
    """Share on ketamine minus share on the comparator, Newcombe's interval."""
    found = query.narrowed(_counts(query, "higher_is_more_responders"), without=["arm"])
    ketamine, control = found[~_comparator(found)], found[_comparator(found)]
    if control.empty:
        query.refuse("no_comparator", "the table holds no responder count of a comparator arm")
    one = query.one(ketamine, "count of responders on ketamine")
    other = query.one(
        control[control["instrument_printed"] == one["instrument_printed"]],
        "count of responders on the comparator",
    )
    (k1, n1), (k0, n0) = ((int(r["count"]), int(r["n"])) for r in (one, other))
    difference = share_difference((k1, k0), (n1, n0))
    method = (
        f"{k1}/{n1} on {one['arm']} minus {k0}/{n0} on {other['arm']}, "
        f"{one['instrument_printed']}; Newcombe 95 % interval; positive = more responders"
    )
    assumptions = [a for a in dict.fromkeys((_assumed(one), _assumed(other))) if a]
    if assumptions:
        method += f"; assumed: {'; '.join(assumptions)}"
    rows = [*one["rows"], *other["rows"]]
    return result(
        difference["estimate"], method, rows, ci_low=float(difference["ci_low"]),
        ci_high=float(difference["ci_high"]), assumptions=assumptions, unit="share",
    )  # fmt: skip


def _counts(query: Query, direction: str) -> pd.DataFrame:
    found = counts(query.table)
    withheld = query.table["statistic"] == "withheld"
    if found.empty and withheld.any():
        told = query.table.loc[withheld, "text_value"].iloc[0]
        query.refuse("withheld", f"{told}, is not shown")
    if found.empty:
        query.refuse(
            "nothing",
            "the table holds no count of participants by PTSD response with a denominator",
        )
    return found[found["direction"] == direction]


def _comparator(found: pd.DataFrame) -> pd.Series:
    return found["arm"] == found["comparator"]


def _share(row: pd.Series, count: int, definition: str) -> dict[str, Any]:
    n = int(row["n"])
    share = exact_share(count, n)
    assumptions = [a for a in [_assumed(row)] if a]
    method = f"{count}/{n} on {row['arm']}, {definition}; {EXACT}"
    if assumptions:
        method += f"; assumed: {assumptions[0]}"
    return result(
        share["estimate"], method, row["rows"], ci_low=float(share["ci_low"]),
        ci_high=float(share["ci_high"]), events=count, n=n, assumptions=assumptions, unit="share",
    )  # fmt: skip


def _source(row: pd.Series) -> str:
    return _assumed(row) or "printed count"


def _assumed(row: pd.Series) -> str:
    if "derived count" in row["note"]:
        return f"denominator {row['n']} assumed (count derived from the printed percentage)"
    if row["unit"] == "%":
        return f"denominator {row['n']} (count from the printed percentage)"
    return ""


def _rounds(count: int, row: pd.Series) -> bool:
    half = 0.5 * 10.0 ** -len(row["printed_value"].partition(".")[2])
    return bool(abs(100 * count / int(row["n"]) - row["value"]) <= half + 1e-9)
