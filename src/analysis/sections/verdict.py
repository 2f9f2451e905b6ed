"""The verdict on every claim, for the open study and for the published results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from analysis import evidence
from analysis.claims import judge_checked
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import NOT_TESTABLE, WORDS, Ledger
from analysis.claims.published import judge_published
from analysis.claims.sensitivity.assumptions import in_words, under_other_assumptions
from analysis.describe.answer.over_time import over_time, published_over_time
from analysis.describe.answer.verdicts import (
    beside_table,
    permitted,
    reasons_table,
    verdict_table,
    wording_table,
)
from analysis.describe.common import policy
from analysis.describe.display import rounded, sentences
from analysis.describe.in_words import difference_sentence, listed
from analysis.describe.robustness.multiverse import claims_together
from analysis.describe.scores.by_window import described
from analysis.describe.scores.control import bias_table
from analysis.disclosure.release import exact_arms, released_ledger
from analysis.figures.over_time import picture_over_time
from analysis.sections.section import Picture, section

__all__ = ["answers", "beside_published", "bias", "difference_over_time",
           "difference_over_time_published", "ledger_of", "other_assumptions",
           "other_assumptions_published", "reasons", "reasons_published", "several_claims",
           "wording", "wording_published"]  # fmt: skip


def ledger_of(case: Case) -> Ledger:
    """The ledger of a case, as its view shows it; judged once."""
    key = f"ledger for {case.view}"
    if key not in case.found:
        ledger = judge_checked(case.checked, case.definitions)
        if (rules := policy(case)) is not None:
            rules = replace(rules, exact_arms=exact_arms(case.checked.flow, rules))
            ledger = replace(released_ledger(ledger, rules), private=True)
        case.found[key] = ledger
    found: Ledger = case.found[key]
    return found


@cache
def _published() -> Ledger:
    return judge_published(load_definitions())


@section()
def answers(case: Case) -> Iterator[Any]:
    """The word for every claim: the published results, and the study beside them."""
    ledgers = (_published(), ledger_of(case))
    yield verdict_table(*ledgers)
    for ledger in ledgers:
        yield f"{_name(ledger)}: {_counts(ledger)}."
        yield f"{_name(ledger)}: {_headline(ledger)}"


def _name(ledger: Ledger) -> str:
    if ledger.study == "published":
        return "By the published results"
    return f"By {ledger.study}" + (" (synthetic)" if ledger.synthetic else "")


def _counts(ledger: Ledger) -> str:
    """How many claims have each verdict."""
    said = [result.verdict for result in ledger.claims]
    return listed(f"{said.count(word)} {word}" for word in WORDS if word in said)


def _headline(ledger: Ledger) -> str:
    return ledger["headline"].wording


@section()
def difference_over_time(case: Case) -> Iterator[Any]:
    """The picture that answers: the difference from hours to days, beside what would count."""
    found = described(case)
    drawn = over_time(found)
    yield Picture(picture_over_time(drawn), drawn.alt)
    yield "\n".join(f"- {sentence}" for sentence in found.limits)


@section()
def difference_over_time_published() -> Iterator[Any]:
    """The same for the published trials, in SD."""
    drawn = published_over_time()
    yield Picture(picture_over_time(drawn), drawn.alt)


@section()
def wording(case: Case) -> Iterator[Any]:
    """The sentence that each verdict on the study permits."""
    yield sentences(wording_table(ledger_of(case)))


@section()
def wording_published() -> Iterator[Any]:
    """The same for the published results."""
    yield sentences(wording_table(_published()))


@section()
def reasons(case: Case, claim: str, *gates: str) -> Iterator[Any]:
    """What each gate found for a claim, or some of them."""
    yield from _reasons(ledger_of(case), claim, gates)


@section()
def reasons_published(claim: str, *gates: str) -> Iterator[Any]:
    """The same for the published results."""
    yield from _reasons(_published(), claim, gates)


def _reasons(ledger: Ledger, claim: str, gates: tuple[str, ...]) -> Iterator[Any]:
    result = ledger[claim]
    mark = " (synthetic)" if ledger.synthetic else ""
    yield f"{result.title}: **{result.verdict}**{mark}. {permitted(result)}"
    table = reasons_table(ledger, claim)
    own = [gate for gate in gates if gate in table.index] or list(table.index)
    yield sentences(table.loc[own])


@section()
def beside_published(claim: str) -> Iterator[Any]:
    """Numbers beside the word on the published results; none but the first decides."""
    yield sentences(beside_table(_published(), claim))


@section()
def bias(case: Case) -> Iterator[Any]:
    """What the difference would be held to say under every declared bound on bias."""
    ledger = ledger_of(case)
    estimates = [ledger[claim].estimate for claim in ("onset", "attribution")]
    # Hours where they can be judged, else what is judged later.
    estimate = next((one for one in estimates if np.isfinite(one["estimate"])), estimates[0])
    found = bias_table(case, estimate)
    if found.empty:
        raise ValueError("No difference is judged from which to subtract a bias.")
    yield difference_sentence(case, estimate)
    yield rounded(found).set_index("bound_sd")
    bounds = found.groupby("points_to", sort=False)["bound_sd"].agg(["min", "max"])
    first, *others = bounds.index
    words = [f"{first} up to {bounds['max'][first]:g} SD of bias"]
    words += [f"{word} from {bounds['min'][word]:g} SD" for word in others]
    yield f"By the gate estimate alone the verdict would be {', '.join(words)}."


@section()
def other_assumptions(case: Case) -> Iterator[Any]:
    """Which verdicts on the study depend on numbers that nobody has published."""
    judge = partial(judge_checked, case.checked)
    yield from _hanging(in_words(under_other_assumptions(judge, case.definitions)))


@section()
def other_assumptions_published() -> Iterator[Any]:
    """The same for the published results, for the claims that they can speak to."""
    judge = partial(judge_published, table=evidence.load())
    found = in_words(under_other_assumptions(judge, load_definitions()))
    yield from _hanging(found[found["verdict"] != NOT_TESTABLE])


def _hanging(found: Any) -> Iterator[Any]:
    if found.empty:
        raise ValueError("No claim that can be tested depends on an assumption.")
    yield sentences(found.rename(index=_titles(), level="claim"))


def _titles() -> dict[str, str]:
    """What the claims are called, by the name that the rules give them."""
    return {name: one.title for name, one in load_definitions().claims.items()}


@section()
def several_claims(case: Case) -> Iterator[Any]:
    """Claims with a test of their own, held together by three procedures."""
    found = claims_together(ledger_of(case))
    if found.empty:
        raise ValueError("No claim about a difference has a test.")
    yield rounded(found.replace({"claim": _titles()})).set_index(["claim", "procedure"])
