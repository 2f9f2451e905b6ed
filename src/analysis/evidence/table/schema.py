"""The columns of the published table, declared once: loader, dictionary and builder read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: name, type (text, integer, number, boolean), unit, allowed values, meaning."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    required: bool = False


# Statistics whose sign says who did better. Their limits change places when the sign changes.
SIGNED = {
    "diff", "md", "md_pre_post", "mean_change", "pct_change", "g", "smd", "d", "t",
    "ci_low", "ci_high", "g_ci_low", "g_ci_high", "smd_ci_low", "smd_ci_high",
    "d_ci_low", "d_ci_high",
}  # fmt: skip
# Of one arm, before and after; a limit or standard error of an arm is of such a change.
CHANGES = {
    "mean_change", "sd_change", "pct_change", "md_pre_post", "t", "d", "d_ci_low", "d_ci_high",
    "ci_low", "ci_high", "se",
}  # fmt: skip
ODDS = {"or", "or_ci_low", "or_ci_high"}
SHARES = {"events", "pct", "pct_responders", "n_still_improved"}
WORDS = {
    "direction", "group_by_time", "time_course", "assessment_times", "registry_primary_timeframe",
    "completion", "posted", "withheld",
}  # fmt: skip
COUNTS = {
    "n_randomised", "n_started", "n_completed", "n_completed_week1", "n_started_second_infusion",
    "n_completed_second", "n_still_improved", "n_analysed", "n_not_completed", "n_enrolled",
    "n_trials_meaningful", "events", "infusions",
}  # fmt: skip

_SCORE_UNITS = {"points", "mmHg", "bpm"}
UNITS: dict[str, set[str]] = {
    **dict.fromkeys(("md", "ci_low", "ci_high"), _SCORE_UNITS),
    **{s: {"points"} for s in ("diff", "se", "mean_change", "sd_change", "md_pre_post")},
    **{s: {"points", "days", "years"} for s in ("mean", "sd")},
    **{s: {"SD"} for s in SIGNED if (s[0] in "gd" and s != "diff") or s.startswith("smd")},
    **{s: {"people"} for s in COUNTS},
    **{s: {"ratio"} for s in ODDS},
    **{s: {"%"} for s in ("pct", "pct_responders", "pct_change")},
    **{s: {""} for s in WORDS | {"p", "t"}},
    "infusions": {"count"},
    "n_trials_meaningful": {"trials"},
    "infusion_minutes": {"min"},
    "min_stay_hours": {"h"},
    "median_days": {"days"},
    "threshold": {"points"},
}

# What was read: print, a registry's posted results, or individual data of an open file.
PRINTED, POSTED, COMPUTED = "printed", "posted in a registry", "computed from individual data"
SOURCE_KINDS = (PRINTED, POSTED, COMPUTED)
# What a figure compares. Only the first is a difference between people who were given different
# things; the second is one between two times of the same people in a randomised order.
BETWEEN, WITHIN, BEFORE_AFTER = "between arms", "within person", "before and after"
COMPARISONS = (BETWEEN, WITHIN, BEFORE_AFTER, "over trials", "none")
MINIMUM_CELL = 10
"""A count of fewer people that was computed from individual data is not shown."""

DIRECTIONS = (
    "negative_is_fewer_symptoms",
    "higher_is_more_symptoms",
    "higher_is_more_responders",
    "higher_is_longer_response",
    "higher_is_more_harm",
    "none",
)
OUTCOMES = (
    "score", "response", "duration", "harm", "vital sign", "flow", "design", "characteristic",
    "schedule", "review", "blinding",
)  # fmt: skip

COLUMNS = (
    Column(
        "row",
        "text",
        "Row id: study_id and a serial number in the order of the evidence file.",
        required=True,
    ),
    Column("study_id", "text", "Trial, series, review or meta-analysis.", required=True),
    Column("registry_id", "text", "Trial registry number, where there is one."),
    Column("doi", "text", "DOI of the publication."),
    Column("citation", "text", "Citation where no DOI is known."),
    Column("year", "integer", "Year of the publication or of the posted results."),
    Column(
        "identifier_added",
        "boolean",
        "True: the evidence file named no source; the builder added one whose abstract "
        "prints the same figures.",
    ),
    Column(
        "level",
        "text",
        "Whether the figure is of one trial or series, pooled over trials, or a count in a review.",
        allowed=("trial", "pooled", "review"),
        required=True,
    ),
    Column("design", "text", "Design as the evidence file words it.", required=True),
    Column("randomised", "boolean", "True for a single randomised trial; False for pooled rows."),
    Column(
        "ptsd",
        "boolean",
        "True: the outcome is a PTSD severity score, or a response or remission defined on one.",
    ),
    Column(
        "comparator",
        "text",
        "What the trial compared ketamine with; empty where nothing or several.",
    ),
    Column(
        "comparator_type",
        "text",
        "Kind of comparator; pooled = several kinds, or not told.",
        allowed=("active", "passive", "pooled", "none"),
        required=True,
    ),
    Column(
        "co_therapy",
        "text",
        "What everyone was given beside; psychotherapy in both arms changes what is compared.",
        allowed=("psychotherapy", "none told"),
        required=True,
    ),
    Column(
        "blinding",
        "text",
        "double: participants and raters at least.",
        allowed=("double", "masked by anaesthesia", "open", "not told"),
        required=True,
    ),
    Column("arm", "text", "Arm or contrast behind the figure.", required=True),
    Column(
        "contrast", "boolean", "True: ketamine against the comparator; False: one arm or everyone."
    ),
    Column(
        "comparison",
        "text",
        "What the figure compares; between arms is the only one that is pooled with its like.",
        allowed=COMPARISONS,
        required=True,
    ),
    Column(
        "dose",
        "text",
        "Dose of the arm's own agent as printed; a|b = several doses, a-b = a range.",
        unit="mg/kg",
    ),
    Column("dose_low", "number", "Lowest dose in dose.", unit="mg/kg"),
    Column("dose_high", "number", "Highest dose in dose.", unit="mg/kg"),
    Column(
        "route",
        "text",
        "Route of ketamine; intravenous unless the evidence file says otherwise.",
        allowed=(
            "intravenous",
            "intramuscular",
            "intranasal",
            "inhaled",
            "oral",
            "sublingual",
            "mixed or not stated",
        ),
        required=True,
    ),
    Column(
        "period",
        "text",
        "Crossover period; second periods hold only people still ill.",
        allowed=("all", "first", "second"),
        required=True,
    ),
    Column("n", "integer", "People behind the figure, where stated.", unit="people"),
    Column("outcome", "text", "What is measured.", allowed=OUTCOMES, required=True),
    Column(
        "instrument",
        "text",
        "Scale id; a|b = several scales in one row; empty where the row is not on a scale.",
    ),
    Column(
        "instrument_printed",
        "text",
        "Scale, response definition or topic as the evidence file words it.",
        required=True,
    ),
    Column("recall_window", "text", "The scale's published recall window, in words."),
    Column(
        "recall_hours",
        "number",
        "Recall window by the scale's standard form; empty where forms differ or none is told.",
        unit="h",
    ),
    Column("recall_hours_low", "number", "Shortest window among the scale's forms.", unit="h"),
    Column("recall_hours_high", "number", "Longest window among the scale's forms.", unit="h"),
    Column(
        "recall_known",
        "boolean",
        "True only where no window is needed (a vital sign); no document showed a scale's "
        "window as it was administered.",
    ),
    Column("phase", "text", "before = before the first infusion.", allowed=("before",)),
    Column(
        "hours_since_first_infusion",
        "number",
        "Nominal hours since the start of the first infusion (of the period in a crossover).",
        unit="h",
    ),
    Column(
        "hours_since_last_infusion",
        "number",
        "Nominal hours since the start of the latest infusion.",
        unit="h",
    ),
    Column("analysis", "text", "Which of several analyses or visits of one report."),
    Column(
        "statistic",
        "text",
        "Statistic under the project's sign: a negated lower limit becomes an upper one.",
        allowed=tuple(sorted(UNITS)),
        required=True,
    ),
    Column(
        "statistic_printed",
        "text",
        "Statistic as printed.",
        allowed=tuple(sorted(UNITS)),
        required=True,
    ),
    Column(
        "value",
        "number",
        "Value under the project's sign (negative = fewer symptoms, ketamine minus comparator, "
        "after minus before); empty where the source gives words.",
    ),
    Column("text_value", "text", "What the source says, where it gives words."),
    Column(
        "unit",
        "text",
        "Unit of value; empty for p, t and words.",
        allowed=tuple(sorted({u for units in UNITS.values() for u in units if u})),
    ),
    Column("direction", "text", "How to read the value.", allowed=DIRECTIONS, required=True),
    Column("printed_value", "text", "Number or words exactly as printed.", required=True),
    Column(
        "printed_sign",
        "text",
        "Which sign of the printed value means better; harm for harms.",
        allowed=("positive", "negative", "harm"),
    ),
    Column("sign_changed", "boolean", "True: value is the printed value negated."),
    Column(
        "source_kind",
        "text",
        "What was read: print, a registry's posted results, or a file of individual people, from "
        "which the figure was computed.",
        allowed=SOURCE_KINDS,
        required=True,
    ),
    Column(
        "derived",
        "text",
        "How the value follows from what is printed, with what is assumed; empty where it is "
        "printed itself.",
    ),
    Column("read_from", "text", "What was read.", required=True),
    Column("found_at", "text", "Where in the document or record the figure stands."),
    Column(
        "documents_seen",
        "integer",
        "Documents that show the same figure: a check of transcription, not a replication.",
        required=True,
    ),
    Column(
        "note",
        "text",
        "What a careful reader must know; where a note speaks of a sign, it means the printed one.",
    ),
)
NAMES = tuple(column.name for column in COLUMNS)
