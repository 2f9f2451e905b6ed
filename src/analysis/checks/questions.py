"""Rules about what a study can and cannot answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.study import Issue, Study

__all__ = ["check_questions"]

# Plausible single doses in mg/kg: sub-anaesthetic ketamine, and any agent at all.
_KETAMINE_DOSE = (0.05, 2.0)
_LARGEST_DOSE = 5.0
_YEAR = 366 * 24.0


def check_questions(study: Study, forms: pd.DataFrame) -> list[Issue]:
    """Issues of scope ``question``, and flags that every verdict must mention."""
    primary = forms[(forms["instrument"] == study.design.primary) & forms["total"].notna()]
    rules = (
        _wrong_scale,
        _times,
        _recall,
        _no_scores_after,
        _comparator,
        _baseline,
        _mixed_recall,
        _versions,
        _distant,
        _treatments,
        _stopped,
        _doses,
    )
    return [issue for rule in rules for issue in rule(study, forms, primary)]


def _issue(
    rule: str, severity: str, message: str, count: int = 1, scope: str = "question"
) -> Issue:
    return Issue(rule, severity, scope, message, count=count)


def _wrong_scale(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    scale = instruments.get(study.design.primary)
    if study.design.population != "PTSD":
        yield _issue(
            "question.population",
            "STOP",
            'study.toml does not declare population = "PTSD": the page is about nobody else.',
        )
    held = set(study.assessments["instrument"])
    if held and scale.name not in held:
        yield _issue(
            "question.no-primary",
            "STOP",
            f"No form of the primary instrument {scale.name} was given; the study holds "
            f"{', '.join(sorted(held))}. Another instrument never takes its place.",
        )
    if scale.construct != "ptsd":
        yield _issue(
            "question.construct",
            "STOP",
            f"The primary instrument {scale.name} does not measure PTSD severity.",
        )
    elif not scale.validated:
        yield _issue(
            "question.ad-hoc",
            "FLAG",
            f"The primary instrument {scale.name} is an ad hoc form; no validation of it is known.",
        )


def _times(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    if study.design.times == "nominal":
        yield _issue(
            "time.nominal",
            "STOP",
            "Times are nominal (planned), not actual: no claim about hours can be tested.",
        )
        return
    vague = (primary["hours_high"] > primary["hours_low"]) & (primary["phase"] == "")
    if vague.any():
        yield _issue(
            "time.imprecise",
            "FLAG",
            "Forms whose time is not known well enough to fall into one phase belong to none.",
            int(vague.sum()),
        )
    after = primary[primary["phase"].isin(["hours", "day", "later"])]
    if (
        after["subject"].nunique() >= 5
        and (after["since_start_low"] == after["since_start_low"].round()).all()
    ):
        yield _issue(
            "time.looks-nominal",
            "FLAG",
            "Every score stands at a whole number of hours: the times look planned, not actual.",
            len(after),
        )


def _recall(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    hours = primary[primary["phase"] == "hours"]
    if len(hours) and (hours["share_before"] > 0).all():
        yield _issue(
            "recall.reaches-back",
            "STOP",
            f"Every {study.design.primary} form within hours asks about a window that is mostly "
            "before the infusion "
            f"({hours['share_before'].min():.0%} or more of it): it cannot show relief within "
            "hours.",
            len(hours),
        )


def _no_scores_after(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    after = primary[(primary["latest_infusion"] > 0) & ~primary["phase"].isin(["during", "acute"])]
    if after.empty:
        yield _issue(
            "score.no-post",
            "STOP",
            f"No {study.design.primary} score was collected after an infusion.",
        )
    elif not (primary["phase"] == "hours").any():
        yield _issue(
            "score.none-in-hours",
            "STOP",
            f"No {study.design.primary} score is known to lie 2 to 6 h after an infusion's end.",
        )
    if not (primary["phase"] == "before").any():
        yield _issue(
            "score.no-baseline",
            "STOP",
            f"No {study.design.primary} score was collected before the first infusion.",
        )


def _comparator(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    if study.design.comparator == "none":
        yield _issue(
            "comparator.none",
            "STOP",
            "There is no comparator: a change can be described, never attributed to the infusion.",
        )
    if study.subjects["entry_threshold"].notna().any():
        yield _issue(
            "subject.entry-threshold",
            "FLAG",
            "People were taken in for scoring at or above a threshold: their scores fall back "
            "by themselves.",
            int(study.subjects["entry_threshold"].notna().sum()),
        )


def _baseline(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    before = primary[primary["phase"] == "before"]
    if before.empty or (before["recall_hours"] > 0).any():
        return
    ratings = before.groupby("subject")["form"].count()
    if (ratings < 2).any():
        yield _issue(
            "baseline.one-rating",
            "FLAG",
            "People with a single right-now rating before the infusion: waiting for it may have "
            "raised that rating.",
            int((ratings < 2).sum()),
            "subject",
        )


def _mixed_recall(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    for name, rows in forms.groupby("instrument", sort=True):
        before = set(rows.loc[rows["phase"] == "before", "recall_hours"])
        after = set(rows.loc[rows["latest_infusion"] > 0, "recall_hours"])
        if before and after - before:
            yield _issue(
                "recall.differs",
                "FLAG",
                f"{name} asks about another window after the infusion than before; "
                "such forms are not compared.",
                int((rows["recall_hours"].isin(after - before)).sum()),
                "form",
            )


def _versions(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """A person whose form changes on the way cannot be compared with themselves."""
    scored = forms[forms["total"].notna()]
    own = scored.groupby(["subject", "instrument", "version"])["latest_infusion"]
    has = pd.DataFrame({"before": own.min() == 0, "after": own.max() > 0}).reset_index()
    has["only_after"] = has["after"] & ~has["before"]
    changed = has.groupby(["instrument", "subject"])[["before", "only_after"]].any().all(axis=1)
    for name, people in changed.groupby(level="instrument", sort=True):
        if people.any():
            yield _issue(
                "form.version-changes",
                "FLAG",
                f"People answered one version of {name} before the infusion and another after it; "
                "versions are not compared with each other.",
                int(people.sum()),
                "subject",
            )


def _distant(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    with np.errstate(invalid="ignore"):
        low, high = forms["hours_low"].to_numpy(float), forms["hours_high"].to_numpy(float)
        far = (low > _YEAR) | (np.isfinite(low) & (high < -_YEAR))
    if far.any():
        yield _issue(
            "time.distant",
            "FLAG",
            "Forms more than a year from the person's first infusion; check the years.",
            int(far.sum()),
            "form",
        )


def _treatments(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Analysed as allocated; who was given something else is told."""
    arm = study.infusions["subject"].map(study.subjects.set_index("subject")["arm"])
    agent = study.infusions["agent"]
    other = arm.notna() & agent.notna() & (agent != arm)
    if other.any() and study.design.design == "parallel":
        yield _issue(
            "infusion.other-agent",
            "FLAG",
            "People were given another agent than their arm's; they are analysed in the arm they "
            "were allocated to.",
            study.infusions.loc[other, "subject"].nunique(),
            "subject",
        )


def _stopped(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    stopped = study.infusions["status"].astype("str") == "stopped"
    if stopped.any():
        yield _issue(
            "infusion.stopped",
            "FLAG",
            "Infusions that were stopped early are kept (treatment policy).",
            int(stopped.sum()),
            "subject",
        )


def _doses(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Doses that look like another unit: milligrams, or micrograms per kilogram."""
    doses = study.infusions["dose_mg_per_kg"].to_numpy(float)
    ketamine = (study.infusions["agent"] == "ketamine").to_numpy()
    low, high = _KETAMINE_DOSE
    with np.errstate(invalid="ignore"):
        odd = (doses < 0) | (doses > _LARGEST_DOSE) | (ketamine & ((doses < low) | (doses > high)))
    if odd.any():
        yield _issue(
            "dose.unit",
            "FLAG",
            f"Doses that are not plausible in mg/kg (ketamine {low:g} to {high:g}, anything up to "
            f"{_LARGEST_DOSE:g}); check the unit.",
            int(odd.sum()),
            "row",
        )
