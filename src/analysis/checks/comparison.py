"""Rules about whether the arms can be compared: treatments given, hours rated, illness before.

The data win over what study.toml declares: where they say that the arms are no comparison, no
claim that needs one is testable. Each STOP also asks that chance would hardly bring it about.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.rules import issue
from analysis.study import Study
from analysis.timeline import EFFICACY

__all__ = ["arms_of", "baselines", "other_than_given", "rated_at_other_hours", "rated_in_shares"]

# Assumption: slips of the pen. Two people, or a twentieth, in the wrong arm blur a difference by
# a tenth of itself at the most; more is another allocation than the one that is declared.
_SLIPS, _SLIPS_SHARE = 2, 0.05
# Hours between the arms' medians, points between their shares rated, and chances of either.
_HOURS_APART, _POINTS_APART, _CHANCE = 0.5, 20, 0.001
_HOURS_NOTED, _POINTS_NOTED, _CHANCE_NOTED = 0.25, 10, 0.01
# Fewer people an arm have a baseline SD of their own by chance.
_FEW_PEOPLE = 5
_FAR_APART, _APART = 0.8, 0.5


def arms_of(study: Study) -> pd.Series:
    """Arm by subject; in a crossover the first treatment."""
    arm = study.subjects.set_index("subject")["arm"]
    first = study.infusions[study.infusions["infusion"] == 1].set_index("subject")["agent"]
    return arm.astype(object).where(arm.notna(), first.reindex(arm.index))


def other_than_given(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms that the table of infusions denies: people given the other arm's treatment first."""
    if study.design.design != "parallel":
        return
    treatments = [study.design.active_arm, study.design.comparator_arm]
    first = study.infusions[study.infusions["infusion"] == 1].set_index("subject")["agent"]
    arm = study.subjects.set_index("subject")["arm"]
    both = pd.DataFrame({"arm": arm, "given": first})
    both = both[both.isin(treatments).all(axis=1)]
    other = int((both["arm"] != both["given"]).sum())
    if other > max(_SLIPS, _SLIPS_SHARE * len(both)):
        yield issue("arm.other-than-given", count=other, n=other, people=len(both))


def rated_at_other_hours(
    study: Study, forms: pd.DataFrame, primary: pd.DataFrame
) -> Iterator[Issue]:
    """Arms whose scores in the window that decides lie at other hours after the infusion."""
    rated = _rated(primary)
    # A person counts once: the hours of one person are not independent.
    middle = (rated["since_end_low"] + rated["since_end_high"]) / 2
    hours = middle.groupby(rated["subject"]).mean()
    arms = [hours[hours.index.isin(who)] for who in _people_of_arms(study)]
    if study.design.times == "nominal" or min(map(len, arms), default=0) == 0:
        return
    apart = abs(float(np.median(arms[0]) - np.median(arms[1])))
    if apart <= _HOURS_NOTED:
        return
    from scipy.stats import mannwhitneyu  # slow to import

    chance = float(mannwhitneyu(arms[0], arms[1]).pvalue)
    n, minutes = len(hours), f"{60 * apart:.0f}"
    if apart > _HOURS_APART and chance < _CHANCE:
        yield issue("comparator.rated-at-other-hours", count=n, apart=minutes)
    elif chance < _CHANCE_NOTED:
        yield issue("time.differs-by-arm", count=n, apart=minutes)


def rated_in_shares(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms of whom other shares are rated in the window that decides."""
    before = set(primary.loc[primary["phase"] == "before", "subject"])
    rated = set(_rated(primary)["subject"]) & before
    people = [before & who for who in _people_of_arms(study)]
    if not rated or min(map(len, people), default=0) == 0:
        return
    seen = [len(rated & who) for who in people]
    shares = [100 * n / len(who) for n, who in zip(seen, people, strict=True)]
    apart = abs(shares[0] - shares[1])
    if apart <= _POINTS_NOTED:
        return
    from scipy.stats import fisher_exact  # slow to import

    table = [[n, len(who) - n] for n, who in zip(seen, people, strict=True)]
    chance = float(fisher_exact(table).pvalue)
    unseen, points = sum(map(len, people)) - sum(seen), f"{apart:.0f}"
    if apart > _POINTS_APART and chance < _CHANCE:
        yield issue("comparator.rated-in-other-shares", count=unseen, apart=points)
    elif chance < _CHANCE_NOTED:
        yield issue("score.lost-in-one-arm", count=unseen, apart=points)


def baselines(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms that differ before the infusion, in SD within the arms."""
    before = primary[(primary["phase"] == "before") & primary["total"].notna()]
    before = before.sort_values(["subject", "hours_high"], kind="stable")
    totals = before.groupby("subject")["total"]
    # As the baseline is: a right-now form's mean, and the last of any other.
    score = totals.mean() if (primary["recall_hours"] == 0).any() else totals.last()
    arms = [score[score.index.isin(who)].to_numpy(float) for who in _people_of_arms(study)]
    if min(map(len, arms), default=0) < _FEW_PEOPLE:
        return
    squares = sum(float(((own - own.mean()) ** 2).sum()) for own in arms)
    sd = (squares / (len(arms[0]) + len(arms[1]) - 2)) ** 0.5
    if not sd > 0:
        return
    apart = abs(float(arms[0].mean() - arms[1].mean())) / sd
    n, scale, told = len(arms[0]) + len(arms[1]), study.design.primary, f"{apart:.2f}"
    if apart > _FAR_APART:
        level = f"{_FAR_APART:g}"
        yield issue("baseline.arms-far-apart", count=n, scale=scale, apart=told, level=level)
    elif apart > _APART:
        yield issue("baseline.arms-differ", count=n, scale=scale, apart=told)


def _people_of_arms(study: Study) -> list[set[int]]:
    """People of the ketamine arm and of the comparator's; none where there is no comparator."""
    if study.design.comparator_arm is None:
        return []
    arm = arms_of(study)
    names = (study.design.active_arm, study.design.comparator_arm)
    return [set(arm.index[(arm == name).to_numpy()]) for name in names]


def _rated(primary: pd.DataFrame) -> pd.DataFrame:
    """Primary scores of the first phase that has any, of the first infusion: those that decide."""
    own = primary[primary["latest_infusion"] == 1]
    phase = next((name for name in EFFICACY if (own["phase"] == name).any()), EFFICACY[0])
    return own[own["phase"] == phase]
