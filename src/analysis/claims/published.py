"""The claims on the published evidence: figures of whole trials, each named by its row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from analysis import evidence
from analysis.claims.case import data_sha256
from analysis.claims.definitions import Claim, Definitions
from analysis.claims.evaluators.common import Finding
from analysis.claims.gates import weigh_share
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, ClaimResult, Ledger, Reason
from analysis.claims.verdict import combine, decide
from analysis.estimates.proportions import exact_share, share_difference
from analysis.estimates.table import row
from analysis.paths import PUBLISHED

__all__ = ["check_published", "judge_published"]

NOTE = "Absence from this table is not absence from the literature."


def judge_published(definitions: Definitions) -> Ledger:
    """Judge every claim on the published results.

    Raises
    ------
    EvidenceError
        When the table does not hold what its dictionary says.
    """
    table = evidence.load()
    results: dict[str, ClaimResult] = {}
    for claim_id in sorted(definitions.claims, key=lambda name: name == "headline"):
        claim = definitions.claims[claim_id]
        finding = EVALUATORS[claim_id](claim_id, claim, definitions, table)
        parts = {
            part: decide(gates, finding.reasons, finding.points_to)
            for part, gates in claim.parts.items()
        }
        if claim_id == "headline":
            parts = results["onset"].parts | {"WILL": results["certainty_within_hours"].verdict}
        verdict = (
            combine(parts.values())
            if parts
            else decide(claim.gates, finding.reasons, finding.points_to)
        )
        results[claim_id] = ClaimResult(
            claim=claim_id,
            title=claim.title,
            verdict=verdict,
            estimate=finding.estimate,
            reasons=tuple(finding.reasons[gate] for gate in claim.gates if gate in finding.reasons),
            wording=claim.sentence(verdict, finding.cap),
            parts=parts,
            beside=tuple(finding.beside),
        )
    return Ledger(
        study="published",
        title="Published results of ketamine for PTSD",
        synthetic=False,
        claims_sha256=definitions.sha256,
        data_sha256=_sha256(),
        claims=tuple(results[claim_id] for claim_id in definitions.claims),
    )


def check_published() -> dict[str, Any]:
    """Issues and flow of the table, in the shape of ``relief check``."""
    table = evidence.load()
    flow = [
        {"stage": "rows read", "arm": level, "reason": "", "rule": "", "n": int(n)}
        for level, n in table["level"].value_counts().sort_index().items()
    ]
    numeric = table[table["value"].notna() & table["ptsd"]]
    flow += [
        {"stage": "rows with a number on PTSD", "arm": level, "reason": "", "rule": "", "n": int(n)}
        for level, n in numeric["level"].value_counts().sort_index().items()
    ]
    issues = []
    conflicts = evidence.interval_conflicts(table)
    if len(conflicts):
        issues.append(
            {
                "rule": "evidence.interval-conflict",
                "severity": "FLAG",
                "scope": "row",
                "file": "published_results.csv",
                "row": None,
                "column": "value",
                "count": len(conflicts),
                "message": "Published standardised changes that do not follow from the interval "
                "beside them are not used.",
            }
        )
    return {"issues": issues, "flow": flow}


def _sha256() -> str:
    import hashlib

    name = "published_results.csv"
    text = (PUBLISHED / name).read_bytes().replace(b"\r\n", b"\n")
    return data_sha256({name: hashlib.sha256(text).hexdigest()})


def _reason(gate: str, passed: bool | None, text: str) -> dict[str, Reason]:
    return {gate: Reason(gate, passed, text)}


def _named(rows: Iterable[Any]) -> str:
    """Row ids in brackets, each once, runs of one study drawn together."""
    ids = {name for entry in rows for name in (entry if isinstance(entry, list) else [entry])}
    runs: list[list[str]] = []
    for name in sorted(ids):
        study, _, number = name.rpartition("-")
        before = f"{study}-{int(number) - 1:03d}"
        if runs and runs[-1][-1] == before:
            runs[-1].append(name)
        else:
            runs.append([name])
    told = [r[0] if len(r) == 1 else f"{r[0]} to -{r[-1].rpartition('-')[2]}" for r in runs]
    return f"[{', '.join(told)}]"


def _contrasts(rows: pd.DataFrame, claim_id: str) -> list[dict[str, Any]]:
    """Published contrasts as rows of the table of estimates."""
    return [
        row(
            claim=claim_id,
            estimand=f"published {c['kind']} ({c['unit']})",
            contrast="ketamine - comparator",
            instrument=c["instrument"],
            window=_hours(c["hours_since_first_infusion"]),
            estimate=c["estimate"],
            ci_low=c["ci_low"],
            ci_high=c["ci_high"],
            method=" ".join(f"{c['study_id']} {c['analysis']} {_named(c['rows'])}".split()),
        )
        | {"unit": c["unit"]}
        for c in rows.to_dict("records")
    ]


def _hours(value: float) -> str:
    return f"{value:g} h" if pd.notna(value) else "time points combined"


def _no_hours(table: pd.DataFrame) -> str:
    """What the table holds before 24 h and at 24 h, in one sentence with its rows."""
    early, day = evidence.controlled_before(24, table), evidence.rows_at(24, table)
    trials, pooled = (int((day["level"] == level).sum()) for level in ("trial", "pooled"))
    maybe = evidence.possibly_earlier(table)
    return (
        (
            f"The table holds {len(early)} controlled PTSD scores with numbers before 24 h "
            f"{_named(early['row']) if len(early) else ''}; "
            f"at 24 h it holds {trials} trial-level contrast(s) and {pooled} pooled ones "
            f"{_named(day['rows'])}; "
            f"{maybe['study_id'].nunique()} intramuscular trial may have sampled earlier, "
            f"scores unknown {_named(maybe['row'])}. {NOTE}"
        )
        .replace("  ", " ")
        .replace(" ;", ";")
    )


def _hours_gates(claim: Claim, table: pd.DataFrame) -> dict[str, Reason]:
    """Construct, time, recall and comparator for what would have to be known within hours."""
    early, day = evidence.controlled_before(24, table), evidence.rows_at(24, table)
    trial = day[day["level"] == "trial"]
    share = f"{trial['share_before_low'].min():.1%}"
    made = (
        _reason("construct", True, f"PTSD severity scales were used {_named(trial['rows'])}.")
        | _reason("time", bool(len(early)), _no_hours(table))
        | _reason(
            "recall",
            False if early.empty else None,
            f"At 24 h the trial-level contrast is on a form that looks back a week: {share} of "
            "its window lies before the infusion "
            "(the window as administered was not seen); the pooled ones mix forms "
            f"{_named(day['rows'])}.",
        )
        | _reason(
            "comparator", True, f"Randomised comparators exist at 24 h {_named(trial['rows'])}."
        )
        | _reason(
            "robustness",
            None,
            "Not evaluated: published figures cannot be re-analysed for missing data.",
        )
        | _reason(
            "calibration",
            None,
            "Not evaluated: the false-supported rate is measured for people's scores, not for "
            "published figures.",
        )
    )
    return {gate: reason for gate, reason in made.items() if gate in claim.gates}


def _within_hours(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """headline, onset, certainty_within_hours."""
    reasons = _hours_gates(claim, table)
    reasons |= _reason(
        "estimate", None, "Not evaluated: there is no score within hours to estimate from."
    )
    beside = (
        []
        if claim_id == "certainty_within_hours"
        else _contrasts(evidence.rows_at(24, table), claim_id)
    )
    return Finding(reasons, row(claim=claim_id), NOT_DECIDED, beside)


def _certainty_ever(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Responders on ketamine, by the only definition that a table gives."""
    rows = evidence.responders(table)
    treated = rows[~rows["comparator_arm"]]
    decides = treated[treated["use"] == "may decide"].iloc[0]
    words = {
        "claim": claim_id,
        "window": f"{decides['hours_since_first_infusion']:g} h, after six infusions",
    }
    main = exact_share(
        int(decides["events"]),
        int(decides["n"]),
        estimand=f"share with {decides['definition']}",
        contrast=f"ketamine, {decides['study_id']}",
        instrument="CAPS-5",
        **words,
    )
    points_to = weigh_share(main, definitions.rule("certain_share"))
    other = treated[treated["use"] == "descriptive"].iloc[0]
    no_fall = int(other["n"] - other["events"])
    text = (
        f"{decides['study_id']}: {main['method'].split(',')[0]} people on ketamine met "
        f"{decides['definition']} at week 2, after six infusions "
        f"({main['estimate']:.0%}, exact 95 % interval {main['ci_low']:.1%} to "
        f"{main['ci_high']:.1%}); the claim needs "
        f"{definitions.rule('certain_share'):.0%} or more. The count is derived from the "
        "printed percentage with the denominator assumed to be all "
        f"{int(decides['n'])} randomised {_named([decides['rows']])}. Beside it, not deciding: "
        f"in {other['study_id']} {no_fall} of {int(other['n'])} on ketamine "
        f"were no better at day 6, after psychotherapy in both arms {_named([other['rows']])}."
    )
    beside = [
        _published_share(r, claim_id)
        for r in rows.to_dict("records")
        if r["rows"] != decides["rows"]
    ]
    control = rows[rows["comparator_arm"] & (rows["study_id"] == decides["study_id"])].iloc[0]
    beside.append(
        share_difference(
            (int(decides["events"]), int(control["events"])),
            (int(decides["n"]), int(control["n"])),
            claim=claim_id,
            estimand="difference in shares",
            contrast=f"ketamine - midazolam, {decides['study_id']}",
            instrument="CAPS-5",
            window=words["window"],
        )
    )
    reasons = _reason(
        "construct", True, f"CAPS-5 measures PTSD severity {_named([decides['rows']])}."
    )
    cap = f" by the one definition given ({decides['definition']}, week 2, after six infusions)"
    return Finding(
        reasons | _reason("estimate", points_to == SUPPORTED, text), main, points_to, beside, cap
    )


def _published_share(r: dict[Any, Any], claim_id: str) -> dict[str, Any]:
    therapy = ", psychotherapy in both arms" if r["psychotherapy"] else ""
    return exact_share(
        int(r["events"]),
        int(r["n"]),
        claim=claim_id,
        estimand=f"share with {r['definition']}",
        contrast=f"{r['arm']}, {r['study_id']} {_named(r['rows'])}",
        window=_hours(r["hours_since_first_infusion"]) + therapy,
    )


def _difference(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Magnitude and attribution: the one trial of ketamine alone with a number after 24 h."""
    contrasts = evidence.controlled_contrasts(table)
    trial = contrasts[
        (contrasts["study_id"] == "Feder2021") & (contrasts["kind"] == "difference")
    ].iloc[0]
    standard = evidence.derive("Feder2021", "hedges_g")
    main = _contrasts(pd.DataFrame([trial]), claim_id)[0]
    text = (
        f"Week 2, after six infusions: {trial['estimate']:.1f} points on CAPS-5 "
        f"({trial['ci_low']:.1f} to {trial['ci_high']:.1f}; Hedges g {standard['value']:.2f}, "
        f"{'; '.join(standard['assumptions'])}) {_named([trial['rows']])}. No smallest "
        "difference in CAPS-5 points is verified for this project, one trial of 30 people "
        "cannot be re-analysed from its figures, and no randomised share in remission is in "
        "the table."
    )
    reasons = (
        _reason("construct", True, f"CAPS-5 measures PTSD severity {_named([trial['rows']])}.")
        | _reason(
            "comparator",
            True,
            f"Randomised against midazolam, an active comparator {_named([trial['rows']])}.",
        )
        | _reason("estimate", None, f"Not evaluated: {text}")
        | _reason(
            "robustness",
            None,
            "Not evaluated: published figures cannot be re-analysed for missing data.",
        )
    )
    return Finding(reasons, main, NOT_DECIDED, _contrasts(evidence.rows_at(24, table), claim_id))


def _absent(construct: bool | None, about: str, gate: str, missing: str) -> Callable[..., Finding]:
    """A claim for which the table holds nothing."""

    def evaluate(
        claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
    ) -> Finding:
        reasons = _reason("construct", construct, about) if gate != "construct" else {}
        reasons |= _reason(gate, False, f"{missing} {NOTE}")
        for other in claim.gates:
            if other not in reasons:
                reasons |= _reason(
                    other, None, "Not evaluated: there is nothing in the table to evaluate."
                )
        return Finding(reasons, row(claim=claim_id))

    return evaluate


def _infusion_length(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """Lengths that protocols state: planned, not recorded, so they decide nothing."""
    rows = evidence.infusion_minutes(table)
    rows = rows[~rows["arm"].isin(["midazolam"])]
    limit = claim.thresholds["minutes"].number
    under = int((rows["value"] < limit).sum())
    told = ", ".join(f"{r.study_id} {r.value:g} min [{r.row}]" for r in rows.itertuples())
    reasons = _reason("time", True, f"Protocols state the length of the infusion: {told}.")
    reasons |= _reason(
        "estimate",
        False,
        f"{under} of {len(rows)} protocols stay under {limit:g} min; these are planned "
        "lengths, not records, and decide nothing.",
    )
    main = row(
        claim=claim_id,
        estimand="planned infusion length (minutes)",
        contrast="ketamine",
        n=len(rows),
        estimate=float(rows["value"].median()),
        method=f"median of protocols {_named(rows['row'])}",
    )
    return Finding(reasons, main, NOT_DECIDED)


def _monitoring_length(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    rows = evidence.monitoring(table)
    told = ", ".join(f"{r.study_id} at least {r.value:g} h [{r.row}]" for r in rows.itertuples())
    reasons = _reason("time", True, f"A protocol states the shortest stay: {told}.")
    reasons |= _reason(
        "estimate",
        False,
        "A shortest stay says nothing about the longest; no record of stays is in the table.",
    )
    main = row(
        claim=claim_id,
        estimand="planned shortest stay (hours)",
        contrast="ketamine",
        n=len(rows),
        estimate=float(rows["value"].min()),
        method=f"as stated {_named(rows['row'])}",
    )
    return Finding(reasons, main, NOT_DECIDED)


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
        _reason("construct", True, f"CADSS measures dissociation {_named(rows['row'])}.")
        | _reason("time", True, f"Words on its course: {told}.")
        | _reason(
            "estimate",
            None,
            "Not evaluated: words only; no CADSS score, share or interval is in the table.",
        ),
        row(claim=claim_id),
    )


_SEVERITY = "PTSD severity scales were used."
EVALUATORS: dict[str, Callable[..., Finding]] = {
    "headline": _within_hours,
    "onset": _within_hours,
    "certainty_within_hours": _within_hours,
    "certainty_ever": _certainty_ever,
    "magnitude": _difference,
    "attribution": _difference,
    "speed_vs_exposure": _absent(
        True,
        _SEVERITY,
        "comparator",
        "No row compares ketamine with exposure therapy on one form and threshold.",
    ),
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
    "brain_mechanism": _absent(
        None,
        "",
        "construct",
        "Symptom scores do not measure the brain; no score could answer this.",
    ),
}
