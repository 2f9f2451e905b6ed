"""One evaluator a claim on published figures, each naming its rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.claims.decision_rule import decide_by_share
from analysis.claims.definitions import Claim, Definitions
from analysis.claims.evaluators.common import Finding, in_parts, reason
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, Reason
from analysis.claims.published.rows import NOTE, contrast_rows, named, share_row
from analysis.claims.published.within_hours import NOT_ON_FIGURES, within_hours
from analysis.errors import EvidenceError
from analysis.estimates.proportions import exact_share, share_difference
from analysis.estimates.table import row
from analysis.quantity import joined

_SEVERITY = "PTSD severity scales were used."
NUMBERS = {1: "one", 2: "two", 3: "three", 6: "six", 8: "eight"}


def _certainty_ever(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Responders on ketamine, by the only definition that a table gives."""
    rows = evidence.responders(table)
    treated = rows[~rows["comparator_arm"]]
    # The most people, not the earliest or the best share.
    may = treated[treated["use"] == "may decide"]
    decides = may.sort_values("n", ascending=False, kind="stable").iloc[0]
    scale = decides["instrument"]
    when = f"{_when(decides['hours_since_first_infusion'])}{_infusions_told(table, decides)}"
    words: dict[str, Any] = {"claim": claim_id, "instrument": scale, "window": when}
    main = exact_share(
        int(decides["events"]),
        int(decides["n"]),
        estimand=f"share with {decides['definition']}",
        contrast=f"ketamine, {decides['study_id']}",
        **words,
    )
    certain = definitions.rule("certain_share")
    points_to = decide_by_share(main, certain)
    reasons = reason(
        "construct", True, f"{scale} measures PTSD severity {named([decides['rows']])}."
    ) | reason("estimate", points_to == SUPPORTED, _share_told(decides, main, certain))
    cap = f" by the one definition given ({decides['definition']}, {when})"
    return Finding(reasons, main, points_to, _shares_beside(rows, decides, words), cap)


def _share_told(decides: pd.Series, main: dict[str, Any], certain: float) -> str:
    """The share that decides, and what it needs."""
    return (
        f"{decides['study_id']}: {main['method'].split(',')[0]} participants on ketamine met "
        f"{decides['definition']} at {main['window']} "
        f"({main['estimate']:.0%}, exact 95 % interval {main['ci_low']:.1%} to "
        f"{main['ci_high']:.1%}); the claim needs {certain:.0%} or more. "
        f"The count: {decides['count_from']} {named([decides['rows']])}."
    )


def _when(hours: float) -> str:
    weeks = hours / 168
    return f"week {weeks:g}" if weeks >= 1 and weeks == int(weeks) else f"{hours:g} h"


def _infusions_told(table: pd.DataFrame, row: pd.Series) -> str:
    """How many infusions came before a figure, where the trial tells it."""
    own = table[(table["study_id"] == row["study_id"]) & (table["statistic"] == "infusions")]
    if own.empty:
        return ""
    number = int(own["value"].iloc[0])
    return f", after {NUMBERS.get(number, str(number))} infusion{'s' if number > 1 else ''}"


def _shares_beside(
    rows: pd.DataFrame, decides: pd.Series, words: dict[str, Any]
) -> list[dict[str, Any]]:
    """Every other published share, and the difference in the trial that decides."""
    beside = [
        share_row(r, words["claim"])
        for r in rows.to_dict("records")
        if r["rows"] != decides["rows"]
    ]
    own = rows["comparator_arm"] & (rows["study_id"] == decides["study_id"])
    both = [decides, rows[own].iloc[0]]
    compared = share_difference(
        (int(both[0]["events"]), int(both[1]["events"])),
        (int(both[0]["n"]), int(both[1]["n"])),
        estimand="difference in shares",
        contrast=f"ketamine - {both[1]['arm']}, {decides['study_id']}",
        **words,
    )
    return [*beside, compared]


def _difference(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Beyond hours: the first difference after a day in a trial of ketamine alone."""
    trial = _later_trial(definitions, table)
    if trial is None:
        missing = "No trial of ketamine alone has a difference between arms after a day."
        return _absent(True, _SEVERITY, "time", missing)(claim_id, claim, definitions, table)
    scale, rows = trial["instrument"], named([trial["rows"]])
    when = _when(trial["hours_since_first_infusion"])
    since = f"{when}{_infusions_told(table, trial)}"
    people = table.loc[table["row"].isin(trial["rows"]), "n"].max()
    main = contrast_rows(pd.DataFrame([trial]), claim_id)[0]
    text = (
        f"{_capital(since)}: {trial['estimate']:.1f} points on {scale} "
        f"({trial['ci_low']:.1f} to {trial['ci_high']:.1f}{_standardised(table, trial)}) {rows}. "
        f"No minimal important difference in {scale} points is verified for this project, one "
        f"trial of {_people(people)} cannot be re-analysed from its figures, and no randomised "
        "share in remission is in the table."
    )
    back = (
        f"Up to {trial['share_before_high']:.0%} of the time that {scale} asks about lay before "
        "the first infusion (assuming the scale's usual window)"
    )
    kind, comparator = trial["comparator_type"], trial["comparator"]
    article = "an" if kind[0] in "aeiou" else "a"
    reasons = (
        reason("construct", True, f"{scale} measures PTSD severity {rows}.")
        | reason("time", True, f"{scale} was rated at {when} {rows}.")
        | reason("recall", True, f"{back} {rows}. Beyond hours this is allowed.")
        | reason(
            "comparator",
            kind == "active" or None,
            f"Randomised against {comparator}, {article} {kind} comparator {rows}.",
        )
        | reason("estimate", None, f"Not evaluated: {text}")
        | NOT_ON_FIGURES
    )
    return Finding(
        reasons,
        main,
        NOT_DECIDED,
        contrast_rows(evidence.rows_at(24, table), claim_id),
        after=f" This is said of {since}. {back}.",
    )


def _later_trial(definitions: Definitions, table: pd.DataFrame) -> pd.Series | None:
    """The earliest randomised difference beyond a day, of ketamine without psychotherapy."""
    contrasts = evidence.controlled_contrasts(table)
    own = contrasts[
        (contrasts["level"] == "trial")
        & (contrasts["kind"] == "difference")
        & ~contrasts["psychotherapy"]
        & (contrasts["hours_since_first_infusion"] > definitions.windows["day"].high)
    ]
    own = own.sort_values("hours_since_first_infusion", kind="stable")
    return own.iloc[0] if len(own) else None


def _standardised(table: pd.DataFrame, trial: pd.Series) -> str:
    """Hedges' g of a difference, where it follows from what was printed."""
    where = {"instrument": trial["instrument"], "hours": trial["hours_since_first_infusion"]}
    try:
        standard = evidence.derive(trial["study_id"], "hedges_g", table=table, **where)
    except EvidenceError:
        return ""
    assumed = "".join(f", {one}" for one in standard["assumptions"])
    return f"; Hedges g {standard['value']:.2f}{assumed}"


def _people(number: Any) -> str:
    return "participants whose number is not told" if pd.isna(number) else f"{number} participants"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _attribution(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Nobody published a controlled score within hours, so that the word is that of later."""
    parts = {
        "later": _difference(claim_id, claim, definitions, table),
        "hours": within_hours(claim_id, claim, definitions, table),
    }
    trial = _later_trial(definitions, table)
    later = "Later" + (
        f" ({_when(trial['hours_since_first_infusion'])})" if trial is not None else ""
    )
    found = in_parts(claim, parts, {"hours": "Within hours", "later": later})
    # What is missing within hours, the claims about hours tell; beside a tick it would contradict.
    alone = {
        gate: Reason(gate, True, joined((f"{later}:", own.said)))
        for gate, own in parts["later"].reasons.items()
        if own.passed and gate in found.reasons
    }
    return replace(found, reasons=found.reasons | alone)


def _absent(construct: bool | None, about: str, gate: str, missing: str) -> Callable[..., Finding]:
    """A claim for which the table holds nothing."""

    def evaluate(
        claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
    ) -> Finding:
        reasons = reason("construct", construct, about) if gate != "construct" else {}
        reasons |= reason(gate, False, f"{missing} {NOTE}")
        for other in claim.gates:
            if other not in reasons:
                reasons |= reason(
                    other, None, "Not evaluated: there is nothing in the table to evaluate."
                )
        return Finding(reasons, row(claim=claim_id))

    return evaluate


def _brain_mechanism(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Never testable with scores, be they in this table or elsewhere in the literature."""
    told = "Symptom scores do not measure the brain; no score could answer this."
    return Finding(reason("construct", False, told), row(claim=claim_id))


def _speed_vs_exposure(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Nobody was found to have compared them head to head; which trial will be the first."""
    missing = "No head-to-head comparison of ketamine with exposure therapy was found in the table."
    first = evidence.registered(table)
    first = first[first["co_therapy"] == "psychotherapy"]
    for trial in first.to_dict("records"):
        missing += (
            f" {trial['study_id']} ({trial['registry_id']}), ketamine with prolonged exposure, "
            f"{trial['enrolled']:.0f} enrolled, completed {trial['completed']}, has posted no "
            f"results: it will be the first {named([trial['rows']])}."
        )
    return _absent(True, _SEVERITY, "comparator", missing)(claim_id, claim, definitions, table)


def _infusion_length(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    rows = evidence.infusion_minutes(table)
    rows = rows[~rows["arm"].isin(["midazolam"])]
    limit = claim.thresholds["minutes"].number
    under = int((rows["value"] < limit).sum())
    told = ", ".join(f"{r.study_id} {r.value:g} min [{r.row}]" for r in rows.itertuples())
    return _planned(
        claim_id,
        f"Protocols state the length of the infusion: {told}.",
        f"{under} of {len(rows)} protocols stay under {limit:g} min; these are planned "
        "lengths, not records, and decide nothing.",
        estimand="planned infusion length (minutes)",
        n=len(rows),
        estimate=float(rows["value"].median()),
        method=f"median of protocols {named(rows['row'])}",
    )


def _monitoring_length(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    rows = evidence.monitoring(table)
    told = ", ".join(f"{r.study_id} at least {r.value:g} h [{r.row}]" for r in rows.itertuples())
    return _planned(
        claim_id,
        f"A protocol states the shortest stay: {told}.",
        "A shortest stay says nothing about the longest; no record of stays is in the table.",
        estimand="planned shortest stay (hours)",
        n=len(rows),
        estimate=float(rows["value"].min()),
        method=f"as stated {named(rows['row'])}",
    )


def _planned(claim_id: str, stated: str, decides: str, **numbers: Any) -> Finding:
    """Lengths that protocols state: planned, not recorded, so they decide nothing."""
    reasons = reason("time", True, stated) | reason("estimate", False, decides)
    return Finding(reasons, row(claim=claim_id, contrast="ketamine", **numbers), NOT_DECIDED)


def _dissociation_brief(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    rows = evidence.dissociation(table)
    told = "; ".join(
        f"{r['study_id']}: {r['text_value']} [{r['row']}]"
        for r in rows.to_dict("records")
        if not math.isnan(r["hours_since_first_infusion"])
    )
    return Finding(
        reason("construct", True, f"CADSS measures dissociation {named(rows['row'])}.")
        | reason("time", True, f"Its course is described in words only: {told}.")
        | reason(
            "estimate",
            None,
            "Not evaluated: no CADSS score, share or interval is in the table.",
        ),
        row(claim=claim_id),
    )


EVALUATORS: dict[str, Callable[..., Finding]] = {
    "headline": within_hours,
    "onset": within_hours,
    "certainty_within_hours": within_hours,
    "certainty_ever": _certainty_ever,
    "magnitude": _difference,
    "attribution": _attribution,
    "speed_vs_exposure": _speed_vs_exposure,
    "infusion_length": _infusion_length,
    "monitoring_length": _monitoring_length,
    "dissociation_brief": _dissociation_brief,
    "dissociation_mechanism": _absent(
        None, "", "construct", "No row relates dissociation to later PTSD scores."
    ),
    "clusters": _absent(None, "", "construct", "No row gives cluster scores with a comparator."),
    "first_session_guides": _absent(
        True, _SEVERITY, "time", "No row gives scores around single sessions of a course."
    ),
    "brain_mechanism": _brain_mechanism,
}
