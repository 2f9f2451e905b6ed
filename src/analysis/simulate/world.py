"""What decides how a simulated cohort comes about: visits, forms, parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis import instruments

NOW_ITEMS = len(instruments.get("PCL-5-now").numbers)
CLUSTERS = {"intrusion": 0, "avoidance": 1, "cognition_mood": 2, "arousal": 3, "hyperarousal": 3}
GRID = np.arange(-800, 181)  # hours since the start of the infusion, for recall averages
# Visit: clock, nominal minutes, earliest and latest deviation in minutes. Assumptions.
VISITS = {
    "other day": ("start", 0, 0, 0),  # drawn at recruitment: 21 to 75 h before
    "before": ("start", -40, -20, 15),
    "40 min": ("start", 40, -2, 2),
    "80 min": ("start", 80, -5, 5),
    "120 min": ("start", 120, -5, 10),
    "3 h": ("end", 180, -10, 20),
    "5 h": ("end", 300, -15, 25),
    "24 h": ("end", 1440, -90, 120),
    "72 h": ("end", 4320, -240, 360),
    "168 h": ("end", 10080, -360, 480),
}
BASELINE = ("other day", "before")
AFTER = ("3 h", "5 h", "24 h", "72 h", "168 h")
# Table: instrument, version, visits, minutes after the visit's first form.
FORMS = {
    "pcl5_now": ("PCL-5-now", "ad-hoc", (*BASELINE, *AFTER), 4),
    "pcl5_week": ("PCL-5", "past-week", (*BASELINE, *AFTER[1:]), 9),
    "iesr": ("IES-R", "standard", ("before", "24 h", "168 h"), 14),
    "cadss": ("CADSS", "23-item", ("before", "40 min", "80 min", "120 min", "3 h", "5 h"), 0),
}
GUESSES = np.array(["midazolam", "unsure", "ketamine"])
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class World:
    """Everything that decides how a cohort comes about.

    Severity is in points of PCL-5-now (14 items, 0-56); other forms get the same points an
    item. Falls are negative. Hours unless named otherwise. A number whose comment gives no
    source is an assumption.
    """

    # Who there is, and who is let in
    population_mean: float = 21.0  # people who ask for treatment, before selection
    trait_sd: float = 8.5  # lasting differences
    cluster_sd: float = 0.30  # item points, lasting; clusters then correlate near 0.8
    item_sd: float = 0.45  # item points: a person's lasting way with an item
    noise_sd: float = 0.70  # item points, anew in each form; alpha about .9 as in Blevins 2015
    slow_sd: float = 4.0  # good and bad spells
    slow_hours: float = 240.0  # after which a spell's correlation is 1/e
    momentary_sd: float = 6.5  # large over hours: Black 2016 doi:10.1016/j.jad.2015.10.039
    momentary_hours: float = 6.0
    entry_threshold: int = 33  # past-month PCL-5; cut 31-33: Forkus 2023 doi:10.1037/cps0000111
    screening_window: int = 720
    screening_state: float = 0.4  # weight of the moment: people volunteer on bad days
    recall_state: float = 0.08  # weight of the moment in later look-back forms
    # What happens in both arms; controls move too: Wilkinson 2019 doi:10.1038/s41386-019-0317-8
    anticipation: float = 2.0  # what waiting for the infusion adds
    anticipation_rise: float = 3.0  # e-folding
    expectancy: float = -2.0
    expectancy_sd: float = 1.5
    expectancy_rise: float = 1.0  # e-folding, from the start of the infusion
    expectancy_half_life: float = 168.0
    belief: float = -1.6  # more expectancy in those who guess ketamine, half of it if unsure
    guess_cuts: tuple[float, float] = (1.9, 2.6)  # log of felt CADSS points: midazolam | ketamine
    guess_sd: float = 0.6
    # What ketamine does; every number is an assumption
    drug: float = -8.4  # full effect, mean of those who have any
    drug_sd: float = 4.0  # between them: a few get worse
    drug_none: float = 0.15  # share without any effect
    drug_onset: float = 1.0  # after the end of the infusion
    drug_full: float = 4.0  # after the end of the infusion
    drug_half_life: float = 96.0  # from full effect on
    # By cluster; arousal did not move in Feder 2021 doi:10.1176/appi.ajp.2020.20050596
    drug_clusters: tuple[float, float, float, float] = (1.1, 1.1, 1.1, 0.8)
    # Peak near 40 min, gone near 120 min: Feder 2014 doi:10.1001/jamapsychiatry.2014.62
    cadss_baseline: float = 2.5  # medians, CADSS points
    cadss_ketamine: float = 16.0
    cadss_midazolam: float = 2.5
    cadss_log_sd: float = 0.6
    cadss_half_life: float = 0.30  # after the end
    stopped: float = 1 / 30  # share of ketamine infusions stopped early: the most dissociated
    # What is lost
    dropout: float = 0.045  # before each visit from 24 h on, if the last seen score had not moved
    dropout_slope: float = 0.04  # added log odds for each point that it had risen
    missed: float = 0.012  # share of forms after the start that nobody filled in
    blank: float = 0.012  # share of forms with one blank item


EXAMPLE = World()
NULL = replace(  # selection and fluctuation, nothing else
    EXAMPLE, drug=0.0, drug_sd=0.0, expectancy=0.0, expectancy_sd=0.0, belief=0.0, anticipation=0.0
)
