"""Worlds without an effect in which the study itself is flawed: how it was done, or reported.

The sum of the biases is at the bound wherever a flaw that no gate stops leaves room for more, so
that what the flaw itself does to the rate of "supported" is seen where it does most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.simulate.scenarios.by_size import NO_EFFECT, hopeful, unblinded
from analysis.simulate.scenarios.design import Design
from analysis.simulate.scenarios.entries import BOUND, Entry

__all__ = ["FLAWED"]

_NOTHING = "nothing"
_AT_BOUND = unblinded(BOUND)
# Both arms settle after an infusion, and are themselves again at night. Assumption.
_SETTLING = replace(NO_EFFECT, expectancy=-20.0, expectancy_half_life=2.5)
# The score that nobody sees decides who is not there to give it, each arm's own way.
_SELECTIVE: dict[str, Any] = {
    "dropout_unseen": -0.3,
    "dropout_unseen_ketamine": 0.6,
    "dropout": 0.0,
}
_POCOCK = "one-sided level 0.0147 at each of two looks: Pocock 1977 doi:10.1093/biomet/64.2.191"

FLAWED: dict[str, Entry] = {
    "wide-small-ketamine": Entry(
        "Allocation 1:2, twice the SD in the smaller arm",
        _NOTHING,
        Design(allocation=(1, 2), sd_ratio=2.0).of(_AT_BOUND),
        bias=BOUND,
        holds="unblinding",
    ),
    "wide-small-comparator": Entry(
        "Allocation 2:1, twice the SD in the smaller arm",
        _NOTHING,
        Design(allocation=(2, 1), sd_ratio=2.0).of(_AT_BOUND),
        bias=BOUND,
        holds="unblinding",
    ),
    "hidden-improvers": Entry(
        "Selective loss: improved on the comparator, unimproved on ketamine",
        _NOTHING,
        replace(unblinded(0.24), **_SELECTIVE),
        bias=BOUND,
        holds="unblinding 0.24, selective scores 0.06 at 2 % lost (0.12 at 5 %, 0.21 at 10 %, "
        "0.31 at 15 %, 0.57 at 30 %)",
    ),
    "other-clock": Entry(
        "Ketamine rated an hour earlier, while both arms still settle",
        _NOTHING,
        replace(_SETTLING, clock_late=(-30, 30)),
        bias=0.18,
        holds="other hours",
        stopped_by="comparator",
    ),
    "other-clock-25": Entry(
        "Ketamine rated 25 minutes earlier, while both arms still settle",
        _NOTHING,
        replace(_SETTLING, clock_late=(-12, 13)),
        bias=0.08,
        holds="other hours, fewer than a gate asks for",
    ),
    "by-illness": Entry(
        "Ketamine to the less ill, declared randomised",
        _NOTHING,
        replace(unblinded(0.13), allocated_by="illness"),
        bias=BOUND,
        holds="illness beyond what baseline shows 0.17, unblinding 0.13; baselines 0.85 SD apart, "
        "so that gate comparator stops about every other trial",
    ),
    "not-by-chance": Entry(
        "Ketamine to the less ill, and that is declared",
        _NOTHING,
        replace(unblinded(0.13), allocated_by="illness", randomised=False),
        bias=BOUND,
        holds="illness beyond what baseline shows 0.17, unblinding 0.13",
        stopped_by="comparator",
    ),
    "by-calendar": Entry(
        "Arms one after the other, and that is declared",
        _NOTHING,
        replace(NO_EFFECT, allocated_by="calendar", drift_calendar=-8.0, concurrent=False),
        bias=0.52,
        holds="drift by calendar",
        stopped_by="comparator",
    ),
    "by-calendar-untold": Entry(
        "Arms one after the other, declared concurrent",
        _NOTHING,
        replace(NO_EFFECT, allocated_by="calendar", drift_calendar=-8.0),
        bias=0.52,
        holds="drift by calendar, which hours without dates hide",
    ),
    "by-site": Entry(
        "All of an arm at one site, and sites differ in response",
        _NOTHING,
        replace(
            NO_EFFECT, allocated_by="site", sites=2, site_response_sd=3.0
        ),
        holds="a difference between two sites, none on average, SD 0.6",
        stopped_by="comparator",
    ),
    "narrow-entry": Entry(
        "Included at 28 to 34 points of the same scale, and expectancy on ketamine",
        _NOTHING,
        # 2.1 points, 0.30 SD of people who were not chosen so; of these people 0.45 SD.
        replace(hopeful(0.29), entry_now=(28, 34)),
        bias=BOUND,
        holds="expectancy of 2.1 points, in SD of the reference population",
    ),
    "dip": Entry(
        "12 points lower at 3 h, gone by 5 h, dissociation not measured",
        _NOTHING,
        replace(NO_EFFECT, dip=-12.0, cadss_form=False),
        bias=0.75,
        holds="intoxication at the first visit alone",
        stopped_by="robustness",
    ),
    "dip-measured": Entry(
        "12 points lower at 3 h, gone by 5 h, dissociation measured and resolved",
        _NOTHING,
        replace(NO_EFFECT, dip=-12.0),
        bias=0.75,
        holds="intoxication at the first visit alone",
        stopped_by="robustness",
    ),
    "best-of-three": Entry(
        "Three scales were filled in, the best is reported",
        _NOTHING,
        replace(unblinded(0.22), instruments_tried=3, instrument_sd=5.0),
        bias=BOUND,
        holds="unblinding 0.22, choice of the scale 0.08 at 30 participants per arm",
    ),
    "looks": Entry(
        "Looked at halfway and at the end, at a level that is declared",
        _NOTHING,
        Design(look_level=0.0147).of(_AT_BOUND),
        bias=BOUND,
        holds="unblinding",
        source=_POCOCK,
    ),
    "peeking": Entry(
        "Looked at halfway, ended if it shows enough; one look is declared",
        _NOTHING,
        replace(_AT_BOUND, stops_early=True),
        bias=BOUND,
        holds="unblinding; gate comparator stops trials that end early, half of the plan",
    ),
    "entered-twice": Entry(
        "Everybody is in the data twice",
        _NOTHING,
        replace(_AT_BOUND, entered_twice=True),
        bias=BOUND,
        holds="unblinding; half as many participants as it seems, counted without the check of "
        "a study's files that excludes who is entered twice",
        stopped_by="time",
    ),
    "no-covariate": Entry(
        "No past-week scale at baseline",
        _NOTHING,
        replace(_AT_BOUND, week_form=False),
        bias=BOUND,
        holds="unblinding",
    ),
    "no-other-day": Entry(
        "One rating before, just before the infusion, which waiting raises",
        _NOTHING,
        # One rating spreads wider, 8.9 points.
        replace(unblinded(0.365), one_rating=1.0, anticipation=6.0),
        bias=BOUND,
        holds="unblinding",
        stopped_by="robustness",
    ),
}  # fmt: skip
