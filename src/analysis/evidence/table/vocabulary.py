"""How the words of the evidence file become typed values. Data, with the reason where needed."""

from __future__ import annotations

# Printed name: (scale id, what is measured, is it PTSD severity or a response defined on it).
INSTRUMENTS: dict[str, tuple[str, str, bool]] = {
    "IES-R": ("IES-R", "score", True),
    "IES-R (severity)": ("IES-R", "score", True),
    "PCL-5": ("PCL-5", "score", True),
    "PCL-5 (within-arm)": ("PCL-5", "score", True),
    "PCL-5 no lower than baseline": ("PCL-5", "response", True),
    "PCL-5 drop >=10": ("PCL-5", "response", True),
    "PCL-5 >=50% drop": ("PCL-5", "response", True),
    "CAPS-5": ("CAPS-5", "score", True),
    "CAPS-5 response >=30%": ("CAPS-5", "response", True),
    "response >=30%": ("CAPS-5", "response", True),
    "durable response": ("CAPS-5", "response", True),
    "PTSD remission": ("PCL-5", "response", True),
    "ITQ": ("ITQ", "score", True),
    # Impairment goes with severity but is not severity.
    "ITQ functional impairment": ("ITQ-functional", "score", False),
    # The pooled scales' versions are not told, so they keep ids of their own.
    "CAPS": ("CAPS", "score", True),
    "PCL": ("PCL", "score", True),
    "PTSD scales pooled": ("PTSD-pooled", "score", True),
    "chronic PTSD severity": ("PTSD-pooled", "score", True),
    "PTSD response": ("PTSD-pooled", "response", True),
    "PTSD scale (unnamed)": ("PTSD-unnamed", "score", True),
    "PTSD scales": ("PTSD-pooled", "review", True),
    "ANXIETY scales (NOT PTSD)": ("anxiety-pooled", "score", False),
    "MADRS": ("MADRS", "score", False),
    "MADRS response >=50%": ("MADRS", "response", False),
    "PHQ-9": ("PHQ-9", "score", False),
    "CADSS": ("CADSS", "score", False),
    "CADSS/PANSS-type": ("CADSS|PANSS", "score", False),
    "dissociation": ("", "harm", False),
    "MADRS; QIDS-SR16; CGI": ("MADRS|QIDS-SR16|CGI", "schedule", False),
    "CAPS-5; IES-R; MADRS": ("CAPS-5|IES-R|MADRS", "schedule", True),
    "global improvement": ("", "response", False),
    "days of sustained response": ("", "duration", False),
    "time to loss of response": ("", "duration", False),
    "time to relapse": ("", "duration", False),
    "worsening": ("", "harm", False),
    "AE dry mouth": ("", "harm", False),
    "AE dizziness": ("", "harm", False),
    "AE blurred vision": ("", "harm", False),
    "SBP": ("SBP", "vital sign", False),
    "DBP": ("DBP", "vital sign", False),
    "HR": ("HR", "vital sign", False),
    "blinding guess": ("", "blinding", False),
    "registration": ("", "schedule", False),
    "flow": ("", "flow", False),
    "design": ("", "design", False),
    "monitoring": ("", "design", False),
    "CAPS-5 entry": ("CAPS-5", "design", False),
    "age": ("", "characteristic", False),
    "sex female": ("", "characteristic", False),
}

WEEK, MONTH = "168", "720"
# Words of the window: (standard form, shortest form, longest form), hours as text.
RECALL: dict[str, tuple[str, str, str]] = {
    "": ("", "", ""),
    "mixed": ("", "", ""),
    "now": ("0", "0", "0"),
    "past 7 days": (WEEK, WEEK, WEEK),
    "past 7 days (scale standard)": (WEEK, WEEK, WEEK),
    "IES-R: past 7 days (scale standard; as-administered window not visible)": (WEEK, WEEK, WEEK),
    "past 2 weeks (scale standard)": ("336", "336", "336"),
    "past month (scale standard)": (MONTH, MONTH, MONTH),
    "PCL-5: past month standard (weekly form exists; as-administered window not visible)": (
        MONTH,
        WEEK,
        MONTH,
    ),
    "CAPS-5: past-week or past-month form (as-administered window not visible)": ("", WEEK, MONTH),
    # The open data file does not say which form was used.
    "PCL-5 (public file labels pcl5_total; window not stated)": ("", WEEK, MONTH),
    # Several scales in one row: no single window.
    "CAPS-5: past-week or past-month form (as-administered window not visible) / "
    "IES-R: past 7 days (scale standard; as-administered window not visible)": ("", "", ""),
}

# Sources that the evidence file leaves unnamed, found by their printed figures: the abstract of
# each shows the very numbers of these rows.
ADDED_IDENTIFIERS: dict[str, tuple[str, str]] = {
    "KA-EMDR": (
        "",
        "Topel & Ciccone, Ketamine Assisted EMDR Therapy for PTSD, European Journal of "
        "Psychotraumatology, 4 November 2025",
    ),
    "meta_haemodynamics": ("10.3389/fpsyt.2021.549080", ""),
}

# Read in abstract, title or registry record; what is not here was not told in what was read.
BLINDING = {
    "Feder2014": "double",
    "Feder2021": "double",
    "Abdallah2022": "double",
    "Dadabayev2020": "double",
    "Beaglehole2025": "double",
}

# Years that the study's id does not hold.
YEARS = {"KA-EMDR": "2025", "meta_haemodynamics": "2021"}

# Arms of a combined treatment, where the design does not say so.
THERAPIES = ("EMDR", "WET", "TIMBER", "psychotherapy")

READ_FROM_PEOPLE = "open data file, arm-level summary computed from it"
REGISTRY = "trial registry record"
DERIVED_COUNT = "derived from the published percentage"

ROUTES = {
    "Beaglehole2025": "intramuscular",
    "Quigley2024": "oral",
    # Told by the abstract that identified the series; the evidence file gives no route.
    "KA-EMDR": "sublingual",
    # A systematic review of intravenous ketamine, by its note.
    "Review2025": "intravenous",
}

# Borgogna 2024 split the comparators; no other pooled row does.
POOLED_COMPARATORS = {"passive_controls": "passive", "active_controls": "active"}
