"""What must hold of the verdict for any study: asserted over random ones, not over examples.

Gate 7 is taken as passed throughout, so that "supported" is within reach of what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from analysis.checks import Checked, check
from analysis.claims import decision_rule, judge, judge_checked
from analysis.claims.calibration import trial as judging
from analysis.claims.decision_rule import decide_by_interval
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.evaluators import common
from analysis.claims.gates import data_gates, robustness_of_scores
from analysis.claims.gates.robustness_of_scores import doubt_missing_scores, survives_missing
from analysis.claims.ledger import (
    CONTRADICTED,
    NOT_DECIDED,
    NOT_TESTABLE,
    SUPPORTED,
    WORDS,
    Ledger,
    Reason,
)
from analysis.claims.primary_analysis import Scores, primary_analysis
from analysis.claims.verdict import DATA_GATES, combine_parts, decide_by_gates
from analysis.errors import Issue
from analysis.estimates.proportions import exact_share
from analysis.instruments import known
from analysis.readers.assemble import read_study
from analysis.simulate import Declared, Trial
from analysis.timeline import recall_share_before
from tests.factory import tables, with_cadss, write_study
from tests.length import examples

pytestmark = pytest.mark.simulates

RULES = load_definitions()
ABOUT_HOURS = ("headline", "onset", "certainty_within_hours", "magnitude", "attribution")
ONLY = RULES.model_copy(
    update={"claims": {name: claim for name, claim in RULES.claims.items()
                       if name in (*ABOUT_HOURS, "dissociation_brief")}}
)  # fmt: skip

# Examples of arrays are cheap, whole studies are not.
many = examples(short=400, long=2000)
some = examples(short=6, long=150)
TOO_SLOW = [HealthCheck.too_slow]
few = examples(short=2, long=10, suppress_health_check=TOO_SLOW)

points = st.floats(-60, 60, allow_nan=False)
wider = st.floats(0, 60, allow_nan=False)
bars = st.floats(0.01, 30, allow_nan=False)
passed = st.sampled_from([True, False, None])
reasons = st.fixed_dictionaries(
    {gate: passed.map(lambda p, g=gate: Reason(g, p, "")) for gate in
     ("construct", "time", "recall", "comparator", "estimate", "robustness", "calibration")}
)  # fmt: skip


@pytest.fixture(autouse=True)
def _gate_7_passes(monkeypatch) -> None:
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


# From an interval to a word


@many
@given(ends=st.tuples(points, points, points).map(sorted), more=st.tuples(wider, wider),
       smallest=bars, bias=bars)  # fmt: skip
def test_a_wider_interval_never_decides_what_a_narrower_one_left_open(ends, more, smallest, bias):
    low, estimate, high = ends
    held = {"smallest": smallest, "bias": bias}
    narrow = decide_by_interval(low, high, estimate, **held)
    wide = decide_by_interval(low - more[0], high + more[1], estimate, **held)
    assert wide in (narrow, NOT_DECIDED)


@many
@given(ends=st.tuples(points, points, points).map(sorted), smallest=bars, bias=bars,
       more=st.tuples(wider, wider))  # fmt: skip
def test_higher_bars_never_support_what_lower_ones_do_not(ends, smallest, bias, more):
    low, estimate, high = ends
    harder = decide_by_interval(
        low, high, estimate, smallest=smallest + more[0], bias=bias + more[1]
    )
    if harder == SUPPORTED:
        assert decide_by_interval(low, high, estimate, smallest=smallest, bias=bias) == SUPPORTED


@examples(short=200, long=1000)
@given(fell=st.integers(0, 300), others=st.integers(0, 300), certain=st.floats(0.5, 0.999),
       more=st.floats(0, 0.4), slack=st.tuples(st.floats(0, 1), st.floats(0, 1)))  # fmt: skip
def test_shares_keep_the_same_order(fell, others, certain, more, slack):
    assume(fell + others)
    share = exact_share(fell, fell + others)
    word = decision_rule.decide_by_share(share, certain)
    wide = {"ci_low": share["ci_low"] - slack[0], "ci_high": share["ci_high"] + slack[1]}
    assert decision_rule.decide_by_share(wide, certain) in (word, NOT_DECIDED)
    if decision_rule.decide_by_share(share, certain + more) == SUPPORTED:
        assert word == SUPPORTED


# From gates to a word


@many
@given(found=reasons, gate=st.sampled_from(list(RULES.claims["onset"].gates)),
       worse=st.sampled_from([False, None]), points_to=st.sampled_from(WORDS),
       claim=st.sampled_from(sorted(RULES.claims)))  # fmt: skip
def test_a_gate_that_no_longer_passes_never_supports(found, gate, worse, points_to, claim):
    required = RULES.claims[claim].gates
    less = found | {gate: Reason(gate, worse, "")}
    word = decide_by_gates(required, less, points_to)
    if word == SUPPORTED:
        assert gate not in required
        assert decide_by_gates(required, found, points_to) == SUPPORTED
    if gate in required and gate in DATA_GATES and worse is False:
        assert word == NOT_TESTABLE


@many
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
       more=st.lists(st.sampled_from(WORDS), max_size=3))  # fmt: skip
def test_a_further_part_never_supports_a_claim(words, more):
    if combine_parts(words + more) == SUPPORTED:
        assert combine_parts(words) == SUPPORTED


@examples(short=100, long=500)
@given(window=st.sampled_from([24.0, 168.0, 336.0, 720.0]), minutes=st.floats(5, 240),
       hours=st.lists(st.floats(2, 6, exclude_max=True), min_size=1, max_size=6),
       claim=st.sampled_from([n for n in RULES.claims if "recall" in RULES.claims[n].gates]),
       points_to=st.sampled_from(WORDS))  # fmt: skip
def test_no_form_that_looks_back_a_day_or_more_reaches_a_word_about_hours(
    window, minutes, hours, claim, points_to
):
    """Whatever the score is: it is not even an argument."""
    since_start = np.array(hours) + minutes / 60
    share = recall_share_before(np.full(len(hours), window), since_start)
    case: Any = SimpleNamespace(
        design=SimpleNamespace(active_arm="ketamine"),
        scale=SimpleNamespace(name="a PTSD scale", total_range=lambda _: (0.0, 80.0)),
        primary_form=("any", window),
        later=None,
        primary_changes=pd.DataFrame(
            {
                "phase": "hours",
                "share_before": share,
                "recall_hours": window,
                "subject": range(len(share)),
                "arm": "ketamine",
                "baseline": 40.0,
                "change": -20.0,
            }
        ),
    )
    others = {gate: Reason(gate, True, "") for gate in RULES.claims[claim].gates}
    found = others | {"recall": data_gates.recall(case)}
    assert decide_by_gates(RULES.claims[claim].gates, found, points_to) == NOT_TESTABLE


# On the arrays of a trial


def any_trial(seed: int, n: int, effect: float, recall_hours: int) -> Trial:
    """A trial of any course, with lost scores and flagged people."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    level = rng.normal(32, 6, n)
    forms = level[:, None] + rng.normal(0, 3, (n, 2))
    after = level[:, None] * 0.7 + 8 + rng.normal(0, 2, (n, 1)) + rng.normal(0, 2, (n, 5))
    after[treated] -= effect
    filled = after.copy()
    after[rng.random((n, 5)) < 0.08] = np.nan
    hours = np.array([3.0, 5.0, 24.0, 72.0, 168.0]) + rng.normal(0, 0.1, (n, 5))
    groups = {name: rng.random(n) < 0.07 for name in ("stopped", "one rating")}
    rise = np.where(rng.random((n, 5)) < 0.07, 10.0, 0.0)
    since = hours - 0.1
    week, site = np.full(n, np.nan), np.zeros(n, dtype=int)
    own = (treated, forms, hours, after, forms, filled, groups, since, rise, recall_hours)
    planned = {"ketamine": int(treated.sum()), "midazolam": int((~treated).sum())}
    declared = Declared(True, True, planned, looks=1, look_level=0.025, enrolment_reason="")
    return Trial(*own, week, week, site, declared)


trials = st.builds(
    any_trial, st.integers(0, 2**31), st.integers(12, 40), st.floats(-5, 14), st.just(0)
)


@contextmanager
def without_common_analyses() -> Iterator[None]:
    """They say nothing of the verdict and cost most of the time."""
    with patch.object(judging, "relief_by_common_analyses", lambda trials, _: [{}] * len(trials)):
        yield


def words_of(trial: Trial, rules: Definitions = RULES) -> dict[str, str]:
    with without_common_analyses():
        return dict(judging.judge_trial(trial, rules).words)


def with_rules(**numbers: float) -> Definitions:
    """The rules with other numbers."""
    other = {name: RULES.rules[name].model_copy(update={"value": value})
             for name, value in numbers.items()}  # fmt: skip
    return RULES.model_copy(update={"rules": RULES.rules | other})


@some
@given(trial=trials, smallest=st.floats(0, 1.5), bias=st.floats(0, 1.5))
def test_higher_bars_never_support_a_trial(trial, smallest, bias):
    plain = words_of(trial)
    harder = with_rules(
        smallest_difference_sd=RULES.rule("smallest_difference_sd") + smallest,
        bias_bound_sd=RULES.rule("bias_bound_sd") + bias,
    )
    for claim, word in words_of(trial, harder).items():
        assert word != SUPPORTED or plain[claim] == SUPPORTED


@some
@given(trial=trials, times=st.floats(1, 4))
def test_wider_intervals_never_decide_a_trial(trial, times):
    """Every fit of the trial with its error made larger, those of gate 6 too."""

    def with_larger_error(scores: Scores):
        found = primary_analysis(scores)
        below, above = found.estimate - found.ci_low, found.ci_high - found.estimate
        return replace(
            found, se=times * found.se, ci_low=found.estimate - times * below,
            ci_high=found.estimate + times * above,
        )  # fmt: skip

    plain = words_of(trial)["onset"]
    with ExitStack() as stack:
        for module in (judging, robustness_of_scores):
            stack.enter_context(patch.object(module, "primary_analysis", with_larger_error))
        wide = words_of(trial)["onset"]
    assert wide != SUPPORTED or plain == SUPPORTED
    assert wide != CONTRADICTED or plain == CONTRADICTED


@some
@given(trial=trials, seed=st.integers(0, 2**31), smallest=st.floats(0, 1.5))
def test_gate_6_never_passes_for_more_flags_or_a_higher_bar(trial, seed, smallest):
    scores = judging.scores_of(trial, RULES)
    held = judging.bars_of(scores, RULES)
    higher = replace(held, smallest=held.smallest * (1 + smallest))
    try:
        primary = primary_analysis(scores)
    except ValueError:
        return
    stands = []
    for asked in (higher, held):
        missing = doubt_missing_scores(scores, primary, asked.holds(SUPPORTED))
        stands.append(survives_missing(missing, primary, asked, SUPPORTED))
    assert not stands[0] or stands[1]
    members = np.random.default_rng(seed).random((4, len(scores.baseline))) < 0.1
    groups = {f"flag {number}": own for number, own in enumerate(members)}
    some_words, every = (
        [robustness_of_scores.try_on(what, others, held).word
         for what, others in robustness_of_scores.without_each(scores, of)]
        for of in (dict(list(groups.items())[:2]), groups)
    )  # fmt: skip
    assert every[: len(some_words)] == some_words


def test_the_trials_above_get_every_word_that_gates_5_and_6_can_give():
    """Else the monotone properties would hold of nothing."""
    words = [words_of(any_trial(seed, 30, 1.0 * (seed % 15), 0))["onset"] for seed in range(60)]
    assert {SUPPORTED, CONTRADICTED, NOT_DECIDED} == set(words)


# On whole studies

effects = st.sampled_from([-1.0, 0.0, 0.7, 1.5, 2.5, 4.0])
people = st.integers(4, 14)


def ledger(content: dict | None = None, rules: Definitions = ONLY, **changes: Any) -> Ledger:
    """Files, readers, checks, judge."""
    with TemporaryDirectory() as folder:
        return judge(read_study(write_study(Path(folder), content, **changes)), rules)


def test_a_clear_effect_on_a_right_now_form_is_supported():
    """What the properties below take away from."""
    found = ledger(with_cadss(tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))))
    assert found["onset"].verdict == SUPPORTED
    assert found["attribution"].verdict == SUPPORTED


PTSD_BACK = [(name, version, hours) for name, scale in sorted(known().items())
             if scale.construct == "ptsd" for version, hours in scale.versions.items()
             if hours > 0]  # fmt: skip


def with_totals(content: dict, scale: Any, version: str, effect: float) -> dict:
    """The same study with a form's total in place of its items."""
    low, high = scale.total_range(version)
    for row in content["scores"]:
        items = [row.pop(name) for name in [*row] if name.startswith("item_")]
        share = sum(items) / (4 * len(items))
        row["total"] = round(low + share * (high - low))
    return content


@few
@given(effect=effects, n=people, form=st.sampled_from(PTSD_BACK))
def test_a_study_with_a_form_that_looks_back_says_nothing_of_hours(effect, n, form):
    name, version, hours = form
    content = tables(n_per_arm=n, effect=effect, hours_after_end=(3, 5))
    found = ledger(
        with_totals(content, known()[name], version, effect), instrument=name, version=version,
        recall_hours=hours, values='total = "total"',
    )  # fmt: skip
    for claim in ABOUT_HOURS:
        assert found[claim].verdict in (NOT_TESTABLE, NOT_DECIDED)
    for claim in ("headline", "onset", "certainty_within_hours"):
        assert found[claim].verdict == NOT_TESTABLE


@few
@given(effect=effects, n=st.integers(4, 20), declared=st.booleans())
def test_a_single_arm_never_tells_the_cause(effect, n, declared):
    single = {"design": "single-arm", "comparator": "none", "arms": '{ ket = "ketamine" }',
              "arm": ""}  # fmt: skip
    content = tables(arms=("ket",), n_per_arm=n, effect=effect, hours_after_end=(3, 5))
    found = ledger(content, **(single if declared else {}))
    for claim in ("onset", "magnitude", "attribution"):
        assert found[claim].verdict == NOT_TESTABLE
    # That not everyone fell can be told without a comparator, and contradicts the headline.
    assert found["headline"].verdict in (NOT_TESTABLE, CONTRADICTED)
    assert "because" not in " ".join(c.wording for c in found.claims if c.verdict == SUPPORTED)


OTHER = [(name, version) for name, scale in sorted(known().items())
         if scale.construct != "ptsd" and scale.construct != "suicidality"
         for version in scale.versions]  # fmt: skip


@examples(short=2, long=24, suppress_health_check=TOO_SLOW)
@given(effect=effects, n=people, form=st.sampled_from(OTHER))
def test_no_scale_of_anything_else_stands_in_for_ptsd(effect, n, form):
    """Even asked about right now, on people with PTSD, with any effect."""
    name, version = form
    content = tables(n_per_arm=n, effect=effect, hours_after_end=(3, 5, 24))
    found = ledger(
        with_totals(content, known()[name], version, effect), RULES, instrument=name,
        version=version, recall_hours=0, values='total = "total"',
    )  # fmt: skip
    for claim in found.claims:
        about_ptsd = "construct" in RULES.claims[claim.claim].gates
        if about_ptsd and claim.claim != "dissociation_brief":
            assert claim.verdict not in (SUPPORTED, CONTRADICTED), claim.claim
    for claim in (*ABOUT_HOURS, "certainty_ever", "clusters"):
        assert found[claim].verdict == NOT_TESTABLE


@few
@given(effect=effects, n=people, short=st.sampled_from(["scores", "infusions", "both"]),
       day=st.booleans())  # fmt: skip
def test_dates_without_times_never_tell_of_hours(effect, n, short, day):
    content = tables(n_per_arm=n, effect=effect, hours_after_end=(3, 5, 24) if day else (3, 5))
    for row in content["scores"] if short != "infusions" else []:
        row["when"] = row["when"][:10]
    for row in content["infusions"] if short != "scores" else []:
        row["start"], row["end"] = row["start"][:10], row["end"][:10]
    found = ledger(content)
    for claim in ABOUT_HOURS:
        assert found[claim].verdict not in (SUPPORTED, CONTRADICTED)
    for claim in ("headline", "onset", "certainty_within_hours"):
        assert found[claim].verdict == NOT_TESTABLE


@cache
def checked_study(effect: float) -> Checked:
    with TemporaryDirectory() as folder:
        content = with_cadss(tables(n_per_arm=10, effect=effect, hours_after_end=(3, 5)))
        return check(read_study(write_study(Path(folder), content)))


@examples(short=2, long=24, suppress_health_check=TOO_SLOW)
@given(effect=st.sampled_from([0.7, 1.0, 2.5]), who=st.sets(st.integers(0, 19), max_size=20),
       forms=st.sets(st.integers(0, 79), max_size=8))  # fmt: skip
def test_a_further_flag_never_supports_a_study(effect, who, forms):
    checked = checked_study(effect)
    flag = Issue("made.up", "FLAG", "subject", "made up").about(people=who, forms=forms)
    before = judge_checked(checked, ONLY)
    after = judge_checked(replace(checked, issues=(*checked.issues, flag)), ONLY)
    for claim in ABOUT_HOURS:
        assert after[claim].verdict != SUPPORTED or before[claim].verdict == SUPPORTED


@few
@given(effect=st.sampled_from([0.7, 1.0, 2.5]), smallest=st.floats(0, 1.5), bias=st.floats(0, 1.5))
def test_higher_bars_never_support_a_study(effect, smallest, bias):
    harder = with_rules(
        smallest_difference_sd=RULES.rule("smallest_difference_sd") + smallest,
        bias_bound_sd=RULES.rule("bias_bound_sd") + bias,
    ).model_copy(update={"claims": ONLY.claims})
    before = judge_checked(checked_study(effect), ONLY)
    after = judge_checked(checked_study(effect), harder)
    for claim in ABOUT_HOURS:
        assert after[claim].verdict != SUPPORTED or before[claim].verdict == SUPPORTED
