"""Rules about what a study can and cannot answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.checks import comparison, made_alike, patterns, treatments
from analysis.errors import Issue
from analysis.rules import issue, of_people
from analysis.study import Study
from analysis.timeline import of_visit

__all__ = ["check_questions"]

# Plausible single doses in mg/kg: sub-anaesthetic ketamine, midazolam, and any agent at all.
_KETAMINE_DOSE = (0.05, 2.0)
_MIDAZOLAM_MOST, _LARGEST_DOSE = 0.5, 5.0
# Weights in kg between which a dose in mg may be that of a person whose own is not known.
_WEIGHTS = (20.0, 350.0)
_YEAR = 366 * 24.0
# Hours by which a person's last form before the infusion is older than most people's.
_OTHER_VISIT = 7 * 24.0


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
        _lost_scores,
        _mixed_recall,
        _versions,
        _distant,
        _treatments,
        _stopped,
        _doses,
        patterns.straight_lines,
        patterns.directions,
        patterns.few_people,
        patterns.empty_arms,
        patterns.means_of_few,
        made_alike.copied_answers,
        made_alike.same_change,
        made_alike.older_totals,
        treatments.carry_over,
        treatments.one_period,
        treatments.third_period,
        treatments.routes,
        comparison.other_than_given,
        comparison.rated_at_other_hours,
        comparison.rated_in_shares,
        comparison.baselines,
        comparison.shared_out,
    )
    return [found for rule in rules for found in rule(study, forms, primary)]


def _wrong_scale(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    scale = instruments.get(study.design.primary)
    if study.design.population != "PTSD":
        yield issue("question.population")
    if not study.design.ketamine_arms:
        yield issue("question.no-ketamine")
    held = set(study.assessments["instrument"].unique())
    if held and scale.name not in held:
        yield issue("question.no-primary", scale=scale.name, held=", ".join(sorted(held)))
    if scale.construct != "ptsd":
        yield issue("question.construct", scale=scale.name)
    elif not scale.validated:
        yield issue("question.ad-hoc", scale=scale.name)


def _times(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    if study.design.times == "nominal":
        yield issue("time.nominal")
        return
    vague = (primary["hours_high"] > primary["hours_low"]) & (primary["phase"] == "")
    if vague.any():
        yield issue("time.imprecise", count=int(vague.sum())).about(
            forms=primary.loc[vague, "form"]
        )
    exact = primary["hours_high"] == primary["hours_low"]
    after = primary[primary["phase"].isin(["hours", "day", "later"]) & exact]
    if (
        after["subject"].nunique() >= 5
        and (after["since_start_low"] == after["since_start_low"].round()).all()
    ):
        yield issue("time.looks-nominal", count=len(after))


def _recall(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    hours = primary[primary["phase"] == "hours"]
    if len(hours) and (hours["share_before"] > 0).all():
        share = f"{hours['share_before'].min():.0%}"
        yield issue(
            "recall.reaches-back", count=len(hours), scale=study.design.primary, share=share
        )


def _no_scores_after(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    after = primary[(primary["latest_infusion"] > 0) & ~primary["phase"].isin(["during", "acute"])]
    if after.empty:
        yield issue("score.no-post", scale=study.design.primary)
    elif not (primary["phase"] == "hours").any():
        yield issue("score.none-in-hours", scale=study.design.primary)
    if not (primary["phase"] == "before").any():
        yield issue("score.no-baseline", scale=study.design.primary)


def _comparator(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    if study.design.comparator == "none":
        yield issue("comparator.none")
    chosen = study.subjects["entry_threshold"].notna()
    if chosen.any():
        # It tells how the study was made up, and is about no group in it to be left out.
        yield issue("subject.entry-threshold", count=int(chosen.sum()))


def _baseline(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    before = primary[primary["phase"] == "before"]
    declared = study.design.baseline
    if declared is None:
        yield from _of_people_by_arm(study, "baseline.of-another-visit", _of_another_visit(before))
    else:
        of_it = of_visit(before, declared)
        if len(before) and not of_it.any():
            yield issue("score.no-baseline-visit", scale=study.design.primary)
            return
        without = set(before["subject"]) - set(before.loc[of_it, "subject"])
        yield from _of_people_by_arm(study, "baseline.not-at-visit", without)
        before = before[of_it]
    if before.empty or (before["recall_hours"] > 0).any():
        return
    ratings = before.groupby("subject")["form"].count()
    single = ratings.index[ratings < 2]
    yield from of_people("baseline.one-rating", single)


def _of_another_visit(before: pd.DataFrame) -> set[int]:
    """Whose last form before the infusion is of another visit than most people's.

    By the visit's name where files tell it; a form over a week older is of another one too.
    """
    told = before.filter(["subject", "hours_high", "visit"])
    last = told.iloc[np.argsort(told["hours_high"].to_numpy(), kind="stable")]
    last = last.drop_duplicates("subject", keep="last").set_index("subject")
    other = last["hours_high"] < last["hours_high"].median() - _OTHER_VISIT
    if "visit" in last and last["visit"].notna().any():
        other |= last["visit"] != last["visit"].mode()[0]
    return set(last.index[other])


def _of_people_by_arm(study: Study, rule: str, people: set[int]) -> list[Issue]:
    by_arm = _by_arm(study, people)
    return of_people(rule, people, by_arm=by_arm, scale=study.design.primary)


def _lost_scores(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """People whose forms give no baseline, or none within hours although some lie near it."""
    subject, phase = primary["subject"].to_numpy(), primary["phase"]
    before, hours = (np.unique(subject[phase == name]) for name in ("before", "hours"))
    without = np.setdiff1d(subject, before)
    near = np.intersect1d(subject[phase.isin(["during", "acute", ""])], before)
    for rule, who, others in (
        ("score.lost-baseline", without, before),
        ("score.lost-within-hours", np.setdiff1d(near, hours), hours),
    ):
        # Where nobody has one, it is a question that the study does not ask.
        if len(others):
            yield from of_people(rule, who, by_arm=_by_arm(study, who))


def _by_arm(study: Study, people: Collection[int] | np.ndarray) -> str:
    """How many of some people are in each arm, in words; in a crossover by what came first."""
    arm = comparison.arms_of(study).astype("str")
    if study.design.design == "crossover":
        arm += " first"
    everyone = arm.value_counts().sort_index()
    own = arm[arm.index.isin(list(people))].value_counts()
    return ", ".join(f"{own.get(name, 0)} of {n} {name}" for name, n in everyone.items())


def _mixed_recall(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    for name, rows in forms.groupby("instrument", sort=True):
        before = set(rows.loc[rows["phase"] == "before", "recall_hours"].unique())
        after = set(rows.loc[rows["latest_infusion"] > 0, "recall_hours"].unique())
        if before and after - before:
            changed = rows.loc[rows["recall_hours"].isin(after - before), "form"]
            yield issue("recall.differs", count=len(changed), scale=str(name)).about(forms=changed)


def _versions(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """A person whose form changes on the way cannot be compared with themselves."""
    scored = forms[forms["total"].notna()]
    if not scored[["instrument", "version"]].drop_duplicates()["instrument"].duplicated().any():
        return
    own = scored.groupby(["subject", "instrument", "version"])["latest_infusion"]
    has = pd.DataFrame({"before": own.min() == 0, "after": own.max() > 0}).reset_index()
    has["only_after"] = has["after"] & ~has["before"]
    changed = has.groupby(["instrument", "subject"])[["before", "only_after"]].any().all(axis=1)
    for name, people in changed.groupby(level="instrument", sort=True):
        who = people.index.get_level_values("subject")[people]
        yield from of_people("form.version-changes", who, scale=str(name))


def _distant(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    with np.errstate(invalid="ignore"):
        low, high = forms["hours_low"].to_numpy(float), forms["hours_high"].to_numpy(float)
        far = (low > _YEAR) | (np.isfinite(low) & (high < -_YEAR))
    if far.any():
        yield issue("time.distant", count=int(far.sum())).about(forms=forms.loc[far, "form"])


def _treatments(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Analysed as allocated; who was given something else, or something else later, is told."""
    if study.design.design != "parallel":
        return
    given = study.infusions.sort_values(["subject", "infusion"])
    arm = given["subject"].map(study.subjects.set_index("subject")["arm"])
    # Arms of another dose were given ketamine too.
    arm = arm.replace(dict.fromkeys(study.design.ketamine_arms, study.design.active_arm))
    first = given["infusion"] == 1
    other = first & arm.notna() & given["agent"].notna() & (given["agent"] != arm)
    yield from of_people("infusion.other-agent", given.loc[other, "subject"].unique())
    treatments = [study.design.active_arm, study.design.comparator_arm]
    before = given.groupby("subject")["agent"].transform("first")
    later = ~first & given["agent"].isin(treatments) & (given["agent"] != before)
    yield from of_people("infusion.switched", given.loc[later, "subject"].unique())


def _stopped(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    stopped = study.infusions["status"].astype("str") == "stopped"
    if stopped.any():
        who = study.infusions.loc[stopped, "subject"]
        yield issue("infusion.stopped", count=int(stopped.sum())).about(people=who)


def _doses(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Doses that look like another unit: milligrams, or micrograms per kilogram."""
    doses = study.infusions["dose_mg_per_kg"].to_numpy(float)
    mg = study.infusions["dose_mg"].to_numpy(float)
    ketamine = (study.infusions["agent"] == "ketamine").to_numpy()
    low, high = _KETAMINE_DOSE
    # A dose in mg alone is told off only where it fits no weight.
    least, most = (np.where(np.isnan(doses), mg / kg, doses) for kg in _WEIGHTS)
    with np.errstate(invalid="ignore"):
        odd = (most < 0) | (most > _LARGEST_DOSE)
        odd |= ketamine & ((least < low) | (most > high))
        odd |= (study.infusions["agent"] == "midazolam").to_numpy() & (most > _MIDAZOLAM_MOST)
    if odd.any():
        told = issue(
            "dose.unit", count=int(odd.sum()), low=low, high=high,
            most=_MIDAZOLAM_MOST, largest=_LARGEST_DOSE,
        )  # fmt: skip
        yield told.about(people=study.infusions.loc[odd, "subject"])
