"""What decides how a simulated cohort comes about: visits, forms, parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from analysis import instruments

NOW_ITEMS = len(instruments.get("PCL-5-now").numbers)
CLUSTERS = {"intrusion": 0, "avoidance": 1, "cognition_mood": 2, "arousal": 3, "hyperarousal": 3}
# Visit: clock, nominal minutes, earliest and latest deviation in minutes. Assumptions.
VISITS = {
    "other day": ("start", 0, 0, 0),  # drawn at recruitment: 21 to 75 h before
    "before": ("start", -40, -20, 15),
    "40 min": ("start", 40, -2, 2),
    "80 min": ("start", 80, -5, 5),
    "120 min": ("start", 120, -5, 10),
    "3 h": ("end", 180, -10, 20),
    "4 h": ("end", 240, -10, 20),
    "5 h": ("end", 300, -15, 25),
    "24 h": ("end", 1440, -90, 120),
    "72 h": ("end", 4320, -240, 360),
    "168 h": ("end", 10080, -360, 480),
}
BASELINE = ("other day", "before")
DURING = ("40 min", "80 min", "120 min")
LATER = ("24 h", "72 h", "168 h")
Forms = dict[str, tuple[str, str, tuple[str, ...], int]]
GUESSES = np.array(["midazolam", "unsure", "ketamine"])
FULL_DOSE = 0.5  # mg/kg, the dose whose effects the parameters state
Arrays = dict[str, np.ndarray]
T = TypeVar("T")

_WILKINSON = "doi:10.1038/s41386-019-0317-8"
_FEDER_2014 = "doi:10.1001/jamapsychiatry.2014.62"
_FEDER_2021 = "doi:10.1176/appi.ajp.2020.20050596"
_ABDALLAH = "doi:10.1038/s41386-022-01266-9"


def _told(default: T, meaning: str, source: str = "assumption", *, off: bool = False) -> T:
    """A parameter with what it means and where its value comes from.

    ``off`` marks what the example study does not have: at its default it draws nothing.
    """
    told: T = field(default=default, metadata={"meaning": meaning, "source": source, "off": off})
    return told


def _off(default: T, meaning: str, source: str = "assumption") -> T:
    return _told(default, meaning, source, off=True)


@dataclass(frozen=True)
class World:
    """Everything that decides how a cohort comes about.

    Severity is in points of PCL-5-now (14 items, 0-56); other forms get the same points an
    item. Falls are negative. Hours unless named otherwise. :func:`parameters` lists each
    parameter with its meaning and source.
    """

    # Who there is, and who is let in
    population_mean: float = _told(21.0, "people who ask for treatment, before selection")
    trait_sd: float = _told(8.5, "lasting differences between participants")
    cluster_sd: float = _told(0.30, "item points, lasting; clusters then correlate near 0.8")
    item_sd: float = _told(0.45, "item points: a person's lasting way with an item")
    noise_sd: float = _told(
        0.70, "item points, anew in each assessment", "alpha about .9 as in doi:10.1002/jts.22059"
    )
    slow_sd: float = _told(4.0, "good and bad spells")
    slow_hours: float = _told(240.0, "after which a spell's correlation is 1/e")
    momentary_sd: float = _told(
        6.5, "change from hour to hour", "assumption; it is large: doi:10.1016/j.jad.2015.10.039"
    )
    momentary_hours: float = _told(6.0, "after which a moment's correlation is 1/e")
    entry_threshold: int = _told(
        33, "past-month PCL-5 total of those let in", "cut 31-33: doi:10.1037/cps0000111"
    )
    screening_window: int = _told(720, "hours the screening scale asks about")
    screening_state: float = _told(0.4, "weight of the moment: people volunteer on bad days")
    recall_state: float = _told(0.08, "weight of the moment in later look-back scales")
    # What happens in both arms
    anticipation: float = _told(2.0, "what waiting for the infusion adds")
    anticipation_rise: float = _told(3.0, "its e-folding time before the start")
    expectancy: float = _told(
        -2.0, "what expectancy does in both arms", f"assumption; controls move: {_WILKINSON}"
    )
    expectancy_sd: float = _told(1.5, "of that between participants")
    expectancy_rise: float = _told(1.0, "e-folding time from the start of the infusion")
    expectancy_half_life: float = _told(168.0, "of expectancy")
    belief: float = _told(
        -1.6,
        "more expectancy in those who guess ketamine, half of it if unsure",
        f"assumption; contrasts shrink with an active comparator: {_WILKINSON}",
    )
    guess_cuts: tuple[float, float] = _told(
        (1.9, 2.6), "log of felt CADSS points from which participants are unsure, guess ketamine"
    )
    guess_sd: float = _told(0.6, "of the feeling, log points")
    # What ketamine does
    drug: float = _told(-8.4, "full effect of the drug, mean of those who have any")
    drug_sd: float = _told(4.0, "of that between participants")
    drug_none: float = _told(0.15, "share without any effect")
    drug_onset: float = _told(1.0, "start of the effect after the end of the infusion")
    drug_full: float = _told(4.0, "full effect after the end of the infusion")
    drug_half_life: float = _told(96.0, "from full effect on")
    drug_clusters: tuple[float, float, float, float] = _told(
        (1.1, 1.1, 1.1, 0.8),
        "weight of the effect in intrusion, avoidance, cognition and mood, arousal",
        f"assumption; arousal did not move: {_FEDER_2021}",
    )
    cadss_baseline: float = _told(2.5, "median, CADSS points")
    cadss_ketamine: float = _told(
        16.0, "median peak, CADSS points", f"assumption; peak near 40 min: {_FEDER_2014}"
    )
    cadss_midazolam: float = _told(2.5, "median peak, CADSS points")
    cadss_log_sd: float = _told(0.6, "of the log of the peak")
    cadss_half_life: float = _told(
        0.30, "after the end", f"assumption; gone near 120 min: {_FEDER_2014}"
    )
    stopped: float = _told(
        1 / 30, "share of ketamine infusions stopped early: the most dissociated"
    )
    # What is lost
    dropout: float = _told(
        0.045, "share lost before each visit from 24 h on, if the last score had not moved"
    )
    dropout_slope: float = _told(0.04, "added log odds for each point that the last score rose")
    missed: float = _told(0.012, "share of assessments missed after the start")
    blank: float = _told(0.012, "share of assessments with one missing item")
    # What the example study does not have
    expectancy_ketamine: float = _off(
        0.0, "more expectancy in everyone on ketamine, whatever they guess"
    )
    euphoria: float = _off(
        0.0, "what intoxication adds for each CADSS point left from ketamine, after its start"
    )
    drug_worse: float = _off(0.0, "share whom the drug makes worse")
    drug_worse_by: float = _off(6.0, "what it adds in them at full effect")
    doses: tuple[float, ...] = _off(
        (FULL_DOSE,),
        "mg/kg, given in turn; effect and dissociation in proportion",
        f"assumption; doses of 0.2 and 0.5: {_ABDALLAH}",
    )
    sites: int = _off(1, "sites that recruit, each as likely")
    site_sd: float = _off(0.0, "of the level between sites")
    site_response_sd: float = _off(0.0, "of the response in both arms between sites")
    drift_visit: float = _off(0.0, "what each further rating adds in both arms")
    drift_calendar: float = _off(
        0.0, "what the last person let in has more than the first, after the infusion"
    )
    visit_jitter: float = _off(1.0, "times the usual deviation of visits after the infusion")
    one_rating: float = _off(0.0, "share without the rating of another day")
    dropout_hours: float = _off(0.0, "share lost before each of the two visits within hours")
    dropout_unseen: float = _off(
        0.0, "added log odds for each point that the score nobody will see rose (not at random)"
    )
    dropout_unseen_ketamine: float = _off(0.0, "more of that on ketamine")
    washout: int = _off(
        0,
        "hours to a second infusion, of the other treatment, which the first one's effects carry "
        "into; none at 0",
        f"second infusion after two weeks: {_FEDER_2014}",
    )
    now_form: bool = _off(True, "a right-now scale; else the past-week scale at every visit")
    week_form: bool = _off(True, "a past-week scale of the same symptoms at baseline too")
    hours_visits: tuple[str, ...] = _off(("3 h", "5 h"), "visits within hours")
    allocation: tuple[int, int] = _off(
        (1, 1), "participants on ketamine to those on the comparator"
    )
    response_sd: tuple[float, float] = _off(
        (0.0, 0.0), "more of the change in a person, on ketamine and on the comparator"
    )
    lost_hours: float = _off(
        0.0, "share of a trial, rounded down to whole people, lost before the first visit after"
    )
    entry_now: tuple[int, ...] = _off(
        (), "let in by the right-now scale of another day, from one total to another"
    )
    allocated_by: str = _off(
        "chance",
        "what decides who is given ketamine: chance; illness, the less ill; calendar, the last to "
        "come; site, chance, but all of an arm at one site",
    )
    illness_noise: float = _off(0.0, "SD of what else decides than illness, in SD of illness")
    clock_late: tuple[int, int] = _off(
        (0, 0), "minutes by which visits within hours are late on ketamine, on the comparator"
    )
    dip: float = _off(0.0, "what ketamine adds for some hours, whatever the cause")
    dip_hours: float = _off(4.0, "after the end until which half of that is gone")
    cadss_form: bool = _off(True, "dissociation is measured")
    instruments_tried: int = _off(1, "right-now scales filled in, of which the best is reported")
    instrument_sd: float = _off(0.0, "what each of those scales adds of its own")
    entered_twice: bool = _off(False, "everybody stands in the data twice, under two ids")
    stops_early: bool = _off(False, "the data are looked at halfway, and the trial may end there")
    looks: int = _off(1, "what is declared: times that the data are judged")
    look_level: float = _off(0.025, "what is declared: one-sided level of each look")
    randomised: bool = _off(True, "what is declared")
    concurrent: bool = _off(True, "what is declared")
    frugal: bool = _off(
        False,
        "only the forms that claims within hours need, and severity drawn only at the hours they "
        "ask about, with its sums between: the same distribution from fewer random numbers; for "
        "one infusion alone",
        "algebra of the process",
    )

    @property
    def first_hour(self) -> int:
        """Hour since the start of the infusion from which on severity is drawn hourly."""
        return -244 if self.frugal else -800

    @property
    def hours(self) -> np.ndarray:
        """Hours since the start of the infusion at which severity is drawn."""
        latest = 172 + math.ceil(8 * max(self.visit_jitter, 1.0))
        return np.arange(self.first_hour, self.washout + latest + 1)

    @property
    def after(self) -> tuple[str, ...]:
        """Visits after the infusion at which the primary form is filled in."""
        return (*self.hours_visits, *LATER)

    @property
    def visits(self) -> tuple[str, ...]:
        """All visits, in their order."""
        return (*BASELINE, *DURING, *self.after)

    @property
    def people_per_n(self) -> int:
        """People in both arms for each one in the smaller arm."""
        return sum(self.allocation)

    @property
    def forms(self) -> Forms:
        """Table: instrument, version, visits, minutes after the visit's first form."""
        whole = (*BASELINE, *self.after)
        forms: Forms = {}
        if self.now_form:
            forms["pcl5_now"] = ("PCL-5-now", "ad-hoc", whole, 4)
        if not self.now_form or self.week_form:
            week = whole if not self.now_form else (*BASELINE, *self.after[-4:])
            if self.now_form and self.frugal:
                week = BASELINE[1:]
            forms["pcl5_week"] = ("PCL-5", "past-week", week, 9)
        if not self.frugal:
            forms["iesr"] = ("IES-R", "standard", ("before", "24 h", "168 h"), 14)
        if self.cadss_form:
            forms["cadss"] = ("CADSS", "23-item", ("before", *DURING, *self.hours_visits), 0)
        return forms

    @property
    def primary(self) -> str:
        """Table of the primary form."""
        return "pcl5_now" if self.now_form else "pcl5_week"


EXAMPLE = World()
NULL = replace(  # selection and fluctuation, nothing else
    EXAMPLE, drug=0.0, drug_sd=0.0, expectancy=0.0, expectancy_sd=0.0, belief=0.0, anticipation=0.0
)


def in_use(world: World) -> dict[str, Any]:
    """The parameters of a world but for those that are off."""
    values = {told.name: getattr(world, told.name) for told in fields(world)}
    return {
        told.name: values[told.name]
        for told in fields(world)
        if not told.metadata["off"] or values[told.name] != told.default
    }


def parameters(world: World = EXAMPLE) -> pd.DataFrame:
    """Every parameter of a world: value, meaning, and the source of the example's value.

    Returns
    -------
    DataFrame
        parameter, value, example, meaning, source ("assumption" where nobody published one).
    """
    rows = [
        (told.name, getattr(world, told.name), told.default, *map(told.metadata.get, _WORDS))
        for told in fields(world)
    ]
    return pd.DataFrame(rows, columns=["parameter", "value", "example", *_WORDS])


_WORDS = ("meaning", "source")
