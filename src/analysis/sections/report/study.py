"""The chapters of the page that answers: each a section, made of the tables and pictures of others.

What a study cannot feed ends in one sentence, as everywhere in this room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.checks.findings_text import grouped
from analysis.claims.case import Case
from analysis.claims.ledger import Ledger
from analysis.describe.answer.over_time import over_time
from analysis.describe.answer.rests_on import bounds_by_word, power_cited
from analysis.describe.common import issues_shown
from analysis.describe.display import DASH, MINUS, number
from analysis.describe.explanations import harms
from analysis.describe.in_words import interval, lines_of, percent
from analysis.describe.participants import (
    NOT_READ,
    baselines_by_arm,
    routes,
    treatment_by_arm,
)
from analysis.describe.plan import people_by_arm, plan_table, unchecked
from analysis.describe.scores.by_window import Described
from analysis.figures.over_time import picture_over_time
from analysis.sections import data, explanations
from analysis.sections.robustness import missing, multiverse
from analysis.sections.scores import change, crossover, responders
from analysis.sections.section import Picture, Section, Table, section

__all__ = ["CHAPTERS", "Chapter", "the_answer"]


# Claims about a difference, within hours and later.
DIFFERENCES = ("onset", "attribution")
# Of a mean: a smaller spread comes from the last digits of floating point.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Chapter:
    """A part of the page: its anchor, its heading, a short name, and what makes it."""

    anchor: str
    title: str
    short: str
    make: Callable[[Case, Ledger, Described], Section]


def _parts(made: Section, *kinds: type) -> Iterator[Any]:
    """The pictures of another section (or what else is asked for), and why it ends, if it does."""
    kept = kinds or (Picture,)
    for block in made.blocks:
        if isinstance(block, kept) or block in made.missing:
            yield block


@section()
def the_answer(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """The picture that answers: the difference over time."""
    shown = over_time(found)
    if shown.rows["estimate"].isna().all():
        raise ValueError("No window has an estimate that may be shown.")
    ax = picture_over_time(shown)
    yield Picture(ax, shown.alt)


@section()
def _participants(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """Who they were and what they were given."""
    columns = {arm: {"participants": str(n)} for arm, n in people_by_arm(case).items()}
    for name, rows in (("before: {instrument}", baselines_by_arm(case)),
                       ("{estimand}, first infusion", treatment_by_arm(case))):  # fmt: skip
        # A mean and its SD follow one another.
        lines = lines_of(rows)
        for mean, sd in zip(lines[::2], lines[1::2], strict=True):
            told = _mean_sd(mean, sd["estimate"])
            columns.setdefault(mean["contrast"], {})[name.format(**mean)] = told
    for arm, told in routes(case).items():
        columns.setdefault(arm, {})["route, first infusion"] = told
    frame = pd.DataFrame(columns).fillna(DASH).rename_axis("characteristic")
    chance = "; no p-values, since randomised" if case.design.randomised else ""
    yield Table(frame, f"Mean (SD), n by arm{chance}")
    yield f"This project does not read {NOT_READ}: nothing is known of them here."


def _mean_sd(line: dict[str, Any], sd: float) -> str:
    """``34.1 (7.2), n = 30``; why not, where it is withheld."""
    if math.isnan(line["estimate"]):
        return "withheld"
    # Of equal values the last digits of their mean leave a spread that is none.
    spread = 0.0 if abs(sd) < ROUNDING * abs(line["estimate"]) else sd
    return f"{number(line['estimate'])} ({number(spread)}), n = {number(line['n'])}"


@section()
def _planned(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """What was planned and declared, beside the data."""
    yield Table(plan_table(case), "Declared in study.toml, and what the data show of it")


@section()
def _harms(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """Harms by arm beside the answer."""
    told: dict[str, dict[str, str]] = {}
    arms = [str(arm) for arm in (case.design.active_arm, case.design.comparator_arm) if arm]
    for line in lines_of(harms.harms_table(case)):
        own = told.setdefault(_harm(line), {})
        # What nobody recorded was recorded of no arm.
        for arm in [line["contrast"]] if line["contrast"] else arms:
            own[arm.replace(" - ", f" {MINUS} ")] = _share(line)
    frame = pd.DataFrame.from_dict(told, orient="index").fillna(DASH).rename_axis("harm")
    yield Table(frame, "Share of participants with each harm, 95 % interval, n")
    yield "What was not recorded may have happened."


def _harm(line: dict[str, Any]) -> str:
    form = ", ".join(str(line[name]) for name in ("instrument", "window") if line[name])
    return f"{line['estimand']} ({form})" if form else str(line["estimand"])


def _share(line: dict[str, Any]) -> str:
    if math.isnan(line["estimate"]):
        return str(line["method"]).partition(":")[0]
    if "(points)" in line["estimand"]:
        return interval(line)
    limits = ""
    if not math.isnan(line["ci_low"]):
        limits = f" ({percent(line['ci_low'])} to {percent(line['ci_high'])})"
    return f"{percent(line['estimate'])}{limits}, n = {number(line['n'])}"


@section()
def _scores(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """Raw mean, SD and n by arm and visit; the course; the difference by window."""
    if not found.windows:
        yield from _parts(crossover.contrast(case), str, Picture)
        yield " ".join(found.limits)
        return
    rows = []
    for window in found.windows:
        for arm, own in window.arms.groupby("contrast", sort=False):
            told = {line["estimand"]: line for line in lines_of(own)}
            n, before = told["mean score"]["n"], told["mean score before"]["estimate"]
            rows.append({
                "window after the infusion": window.label, "arm": arm, "n": number(n),
                "before, mean": number(before), "mean": number(told["mean score"]["estimate"]),
                "SD": number(told["SD of scores"]["estimate"]),
                "change (95 % interval)": interval(told["mean change"]),
            })  # fmt: skip
    frame = pd.DataFrame(rows).set_index("window after the infusion")
    form = f", {case.primary_form[0]}" if case.primary_form else ""
    yield Table(frame, f"Scores as they are, points of {case.scale.name}{form}; lower is better")
    # Where every number is withheld there is nothing to draw.
    if found.arms["estimate"].notna().any():
        yield from _parts(change.by_window(case))
    if found.differences["estimate"].notna().any():
        yield from _parts(change.differences(case))
    if case.design.design == "crossover":
        yield from _parts(crossover.contrast(case), str, Picture)
    yield "Limits: " + " ".join(found.limits)


@section()
def _rests_on(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """The bound on bias, what nobody can check, the power of the row cited."""
    line = _deciding(ledger)
    stretches = bounds_by_word(case, line)
    if stretches.empty:
        yield "There is no difference that may be shown, so no bound on bias is held against one."
    else:
        own = stretches[stretches["declared"]].iloc[0]
        window = line["window"]
        when = f"{window[0].upper()}{window[1:]} after: " if window else ""
        yield f"{when}{_turning(own, case.definitions.rule('bias_bound_sd'))}"
        frame = pd.DataFrame({
            "bias bound B, SD": [_stretch(one, "sd") for one in lines_of(stretches)],
            "points": [_stretch(one, "points") for one in lines_of(stretches)],
            "the difference alone says": stretches["word"],
            "declared": stretches["declared"].map({True: "here", False: DASH}),
        })  # fmt: skip
        yield Table(frame.set_index("bias bound B, SD"), "Verdict of gate estimate by bound")
    yield power_cited(case)
    declared = unchecked(case)
    if declared:
        told = pd.Series(declared, name="declared").rename_axis("key of study.toml").to_frame()
        yield Table(told, "Declared; the files cannot show it")
    else:
        yield "Nothing is declared of how the study was done, which counts as unfavourable."


def _deciding(ledger: Ledger) -> Mapping[str, Any]:
    """The difference that decides: within hours, else in the later window."""
    found = [one.estimate for name in DIFFERENCES for one in ledger.claims if one.claim == name]
    return next((line for line in found if not math.isnan(line["estimate"])), found[0])


def _turning(own: pd.Series, bound: float) -> str:
    """The smallest bound at which the word changes, in a sentence."""
    said = (
        f'With the declared bound on bias, {bound:g} SD, the difference alone says "{own["word"]}"'
    )
    if math.isfinite(own["to_sd"]):
        more = f"{number(own['to_sd'])} SD ({number(own['to_points'])} points)"
        return f"{said}; the smallest larger bound at which that changes is {more}."
    if own["from_sd"] > 0:
        less = f"{number(own['from_sd'])} SD ({number(own['from_points'])} points)"
        return f"{said}; it would change only with a bound below {less}."
    return f"{said}, and no other bound would change that."


def _stretch(one: dict[str, Any], unit: str) -> str:
    low, high = one[f"from_{unit}"], one[f"to_{unit}"]
    if math.isinf(high):
        return f"{number(low)} and more" if low else "any"
    return f"{number(low)} to {number(high)}"


@section()
def _flow(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """The participant flow."""
    yield from _parts(data.flow(case))


@section()
def _who(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """Who improves, by every threshold in use."""
    made = responders.at_every_threshold(case)
    yield from _parts(made)
    # The first sentence names the form, of which the picture tells.
    yield from made.prose[1:][-1:] if not made.missing else ()


@section()
def _expectancy(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """What is left of the difference as more of it is put down to expectancy."""
    yield from _parts(explanations.expectancy_needed(case))
    yield from explanations.blinding_lost(case).prose[-1:]


@section()
def _missing(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """What missing scores could change."""
    counts = missing.by_window(case)
    made = Section(()) if counts.missing else missing.strategies(case)
    if not (counts.blocks or made.alternatives or made.missing):
        raise ValueError("What is missing is withheld: it would tell of a few participants.")
    for block in counts.blocks:
        if isinstance(block, pd.DataFrame):
            frame = block.astype(str).rename_axis("arm")
            yield Table(frame, "Participants without a score, by window after the infusion")
        else:
            yield block
    if not counts.missing:
        yield from _parts(made)
        yield from made.prose[-1:] if not made.missing else ()


@section()
def _other_analyses(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """Every defensible analysis."""
    yield from _parts(multiverse.specifications(case))


@section()
def _quality(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """What the checks found."""
    issues = [issue.as_dict() for issue in issues_shown(case)]
    if not issues:
        yield "The checks found nothing."
        return
    frame = pd.DataFrame(
        [(one["rule"], one["severity"], str(one["count"]), one["message"]) for one in issues],
        columns=["rule", "severity", "count", "what was found"],
    ).set_index("rule")
    words = "; ".join(f"{name}, {said}" for name, said, _ in grouped(issues))
    yield Table(frame, f"Findings by rule: {words}")


@section()
def _methods(case: Case, ledger: Ledger, found: Described) -> Iterator[Any]:
    """How the numbers were made, with links."""
    line = _deciding(ledger)
    if line.get("method") and not math.isnan(line["estimate"]):
        yield f"The difference that decides: {line['method']}."
    yield "\n".join(f"- {text}" for text in METHODS)


METHODS = (
    "Mixed model for repeated measures, restricted maximum likelihood, degrees of freedom by "
    "[Kenward and Roger](https://doi.org/10.2307/2533558); of one window, analysis of covariance "
    "with robust standard errors.",
    "A participant belongs to the arm of the first infusion; scores after a stopped infusion "
    "count (treatment policy, ICH E9(R1)).",
    "Minimal important difference: published for the scale, else half an SD of baseline "
    "([Norman 2003](https://doi.org/10.1097/01.MLR.0000062554.74615.4C)).",
    "What expectancy and unblinding may add is an assumption, declared before the data were read "
    "(why it matters: [Wilkinson 2019](https://doi.org/10.1038/s41386-019-0317-8)).",
    "Missing scores: jump to reference and shifts "
    "([Carpenter 2013](https://doi.org/10.1080/10543406.2013.834911)); every defensible analysis "
    "beside it ([Steegen 2016](https://doi.org/10.1177/1745691616658637)).",
    "The flow of participants is told as [CONSORT 2025](https://doi.org/10.1136/bmj-2024-081123) "
    "asks; withheld numbers follow [Hundepool 2012](https://doi.org/10.1002/9781118348239).",
)


CHAPTERS = (
    Chapter("planned", "What was planned", "Plan", _planned),
    Chapter(
        "participants", "Who they were and what they were given", "Participants", _participants
    ),
    Chapter("harms", "Harms", "Harms", _harms),
    Chapter("rests-on", "What the verdict rests on", "Rests on", _rests_on),
    Chapter("scores", "Scores by arm and visit", "Scores", _scores),
    Chapter("flow", "Who was followed", "Flow", _flow),
    Chapter("who", "Who improves", "Who", _who),
    Chapter("expectancy", "What expectancy could explain", "Expectancy", _expectancy),
    Chapter("missing", "What missing scores could change", "Missing", _missing),
    Chapter("other-analyses", "What other analyses say", "Other analyses", _other_analyses),
    Chapter("quality", "Data quality", "Data", _quality),
    Chapter("methods", "Methods", "Methods", _methods),
)
