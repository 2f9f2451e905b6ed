"""Rules about whether the arms can be compared: treatments given, hours rated, illness before.

The data win over what study.toml declares: where they say that the arms are no comparison, no
claim that needs one is testable. Each STOP also asks that chance would hardly bring it about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.errors import Issue
from analysis.rules import issue
from analysis.study import Design, Study
from analysis.windows import Window, in_time, later_than_hours, windows_of_claims

__all__ = ["Apart", "apart_in_hours", "apart_in_shares", "arms_of", "baselines", "other_than_given",
           "rank_sum_chance", "rated_at_other_hours", "rated_in_shares", "shared_out"]  # fmt: skip

# Assumption: slips of the pen. Two people, or a twentieth, in the wrong arm blur a difference by
# a tenth of itself at the most; more is another allocation than the one that is declared.
_SLIPS, _SLIPS_SHARE = 2, 0.05
# Hours between the arms' medians, points between their shares rated, and chances of either.
_HOURS_APART, _POINTS_APART, _CHANCE = 0.5, 20, 0.001
_HOURS_NOTED, _POINTS_NOTED, _CHANCE_NOTED = 0.25, 10, 0.01
# Up to so many values in an arm, scipy.stats.mannwhitneyu is exact.
_EXACT = 8
# Of either arm with a baseline, so many are scored in a window that is a visit of the study; as
# later_window_share in claims.toml.
_SHARE_OF_VISIT = 0.5
# Fewer participants per arm have a baseline SD of their own by chance.
_FEW_PEOPLE = 5
_FAR_APART, _APART = 0.8, 0.5
# Share by which an arm may be off its part of the people, and the chance of more by tossing coins:
# larger than elsewhere, since trials seldom toss them and enrolment_reason mends it.
_OFF_PLAN, _CHANCE_OF_PLAN = 0.10, 0.01


def arms_of(study: Study) -> pd.Series:
    """Arm by subject; in a crossover the first treatment."""
    arm = study.subjects.set_index("subject")["arm"]
    if arm.notna().all():
        return arm.astype(object)
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


# By what they touch: every claim that compares the arms, or the part that is judged later.
_OTHER_HOURS = {"comparator": "comparator.rated-at-other-hours",
                "later": "later.rated-at-other-hours"}  # fmt: skip
_OTHER_SHARES = {"comparator": "comparator.rated-in-other-shares",
                 "later": "later.rated-in-other-shares"}  # fmt: skip


@dataclass(frozen=True)
class Apart:
    """How far two arms are from each other in how they were rated.

    Attributes
    ----------
    size : float
        Hours between their medians, or points between their shares rated.
    stops : bool
        So far, and so unlikely by chance, that the arms are no comparison.
    noted : bool
        Far enough to be told.
    """

    size: float
    stops: bool = False
    noted: bool = False


def apart_in_hours(one: np.ndarray, other: np.ndarray) -> Apart:
    """Two arms by the hours at which they were rated: one mean a person, shapes (n,) and (m,).

    Where nobody of an arm was rated, they are not apart.
    """
    if not (len(one) and len(other)):
        return Apart(0.0)
    size = abs(_median(one) - _median(other))
    if size <= _HOURS_NOTED:
        return Apart(size)
    chance = rank_sum_chance(one, other)
    return Apart(size, size > _HOURS_APART and chance < _CHANCE, chance < _CHANCE_NOTED)


def apart_in_shares(rated: Sequence[int], people: Sequence[int]) -> Apart:
    """Two arms by how many of their people with a baseline were rated.

    Where nobody was, or an arm has nobody, they are not apart.
    """
    if not any(rated) or not all(people):
        return Apart(0.0)
    shares = [100 * n / all_of_it for n, all_of_it in zip(rated, people, strict=True)]
    size = abs(shares[0] - shares[1])
    if size <= _POINTS_NOTED:
        return Apart(size)
    from scipy.stats import fisher_exact  # slow to import

    table = [[n, all_of_it - n] for n, all_of_it in zip(rated, people, strict=True)]
    chance = float(fisher_exact(table).pvalue)
    return Apart(size, size > _POINTS_APART and chance < _CHANCE, chance < _CHANCE_NOTED)


def rated_at_other_hours(
    study: Study, forms: pd.DataFrame, primary: pd.DataFrame
) -> Iterator[Issue]:
    """Arms whose scores in a window that decides lie at other hours after the infusion."""
    people = _people_of_arms(study)
    if study.design.times == "nominal" or not people:
        return
    for touches, window, rated in _deciding(study, primary, people):
        # A person counts once: the hours of one person are not independent.
        middle = (rated["since_end_low"] + rated["since_end_high"]) / 2
        hours = middle.groupby(rated["subject"]).mean()
        arms = [hours[hours.index.isin(who)].to_numpy(float) for who in people]
        apart = apart_in_hours(*arms)
        n, words = len(hours), _words(f"{60 * apart.size:.0f}", window)
        if apart.stops:
            yield issue(_OTHER_HOURS[touches], count=n, **words)
        elif apart.noted:
            yield issue("time.differs-by-arm", count=n, **words)


def _median(values: np.ndarray) -> float:
    """As numpy's, in a fraction of its time for a few values."""
    ordered, n = np.sort(values), len(values)
    return float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)


def rank_sum_chance(one: np.ndarray, other: np.ndarray) -> float:
    """Two-sided p of the Wilcoxon-Mann-Whitney test, as ``scipy.stats.mannwhitneyu`` gives it.

    Exact for a few values. For more the normal approximation with ties and continuity, without
    scipy.stats, whose import takes longer than judging.
    """
    n_one, n_other = len(one), len(other)
    if min(n_one, n_other) <= _EXACT:
        from scipy.stats import mannwhitneyu  # slow to import

        return float(mannwhitneyu(one, other).pvalue)
    _, place, ties = np.unique(
        np.concatenate([one, other]), return_inverse=True, return_counts=True
    )
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    n, middle = n_one + n_other, n_one * n_other / 2
    away = abs(ranks[:n_one].sum() - n_one * (n_one + 1) / 2 - middle)
    variance = middle / 6 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    return min(1.0, 2 * float(ndtr((0.5 - away) / np.sqrt(variance)))) if variance else 1.0


def _words(apart: str, window: str) -> dict[str, Any]:
    """What a sentence says of two arms in a window."""
    return {"apart": apart, "window": window}


def rated_in_shares(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms of whom other shares are rated in a window that decides."""
    before = primary.loc[primary["phase"] == "before", "subject"].to_numpy()
    arms = _people_of_arms(study)
    people = [who[np.isin(who, before)] for who in arms]
    if min(map(len, people), default=0) == 0:
        return
    for touches, window, scores in _deciding(study, primary, arms):
        seen = [int(np.isin(who, scores["subject"]).sum()) for who in people]
        apart = apart_in_shares(seen, [len(who) for who in people])
        unseen, words = sum(map(len, people)) - sum(seen), _words(f"{apart.size:.0f}", window)
        if apart.stops:
            yield issue(_OTHER_SHARES[touches], count=unseen, **words)
        elif apart.noted:
            yield issue("score.lost-in-one-arm", count=unseen, **words)


def baselines(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms that differ before the infusion, in SD within the arms."""
    before = primary[(primary["phase"] == "before") & primary["total"].notna()]
    before = before.iloc[np.lexsort([before["hours_high"], before["subject"]])]
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


def shared_out(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Arms whose part of the people is not the one planned, whatever the number of all of them."""
    planned = _planned(study)
    if study.design.design != "parallel" or len(planned) < 2:
        return
    before = primary.loc[primary["phase"] == "before", "subject"].unique()
    counts = arms_of(study).reindex(before).value_counts().reindex(list(planned), fill_value=0)
    n, total = int(counts.sum()), sum(planned.values())
    if not n:
        return
    for arm, own in planned.items():
        part, expected = own / total, n * own / total
        far = abs(counts[arm] - expected) > _OFF_PLAN * expected
        if not far:
            continue
        from scipy.stats import binomtest  # slow to import

        if binomtest(int(counts[arm]), n, part).pvalue < _CHANCE_OF_PLAN:
            share = f"{counts[arm] / n:.0%}"
            yield issue("arm.share-off-plan", count=n, share=share, planned=f"{part:.0%}", arm=arm)
            return


def _planned(study: Study) -> dict[str, int]:
    """People planned by arm, ketamine arms that are analysed together as one."""
    design = study.design
    together = {arm for arm in design.ketamine_arms if arm not in design.other_arms}
    planned: dict[str, int] = {}
    for treatment, n in (design.planned_per_arm or {}).items():
        arm = str(design.active_arm) if treatment in together else treatment
        planned[arm] = planned.get(arm, 0) + n
    return planned


def _people_of_arms(study: Study) -> list[np.ndarray]:
    """People of the ketamine arm and of the comparator's; none where there is no comparator."""
    if study.design.comparator_arm is None:
        return []
    arm = arms_of(study)
    names = (study.design.active_arm, study.design.comparator_arm)
    return [arm.index[(arm == name).to_numpy()].to_numpy() for name in names]


def _deciding(
    study: Study, primary: pd.DataFrame, arms: list[np.ndarray]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Primary scores of the first infusion in each window that decides.

    With what they touch (``comparator``: every comparison; ``later``: that beyond hours alone,
    where there are hours too) and what the window is called.
    """
    own = primary[primary["latest_infusion"] == 1]
    windows = in_time({**windows_of_claims(), **study.design.windows})
    touches, hours = "comparator", own[own["phase"] == "hours"]
    if len(hours):
        yield touches, windows["hours"].label, hours
        touches = "later"
    before = primary.loc[primary["phase"] == "before", "subject"].to_numpy()
    people = [who[np.isin(who, before)] for who in arms]
    for name in _later_windows(study.design, windows):
        low, high = windows[name].low, windows[name].high
        inside = own[(own["since_end_low"] >= low) & (own["since_end_high"] < high)]
        seen = inside["subject"].to_numpy()
        if any(len(who) and np.isin(who, seen).mean() >= _SHARE_OF_VISIT for who in people):
            yield touches, windows[name].label, inside
            return


def _later_windows(design: Design, windows: Mapping[str, Window]) -> tuple[str, ...]:
    """Windows that may decide beyond hours: the declared one if it is registered, else each."""
    told = (design.registration or "none").split()
    declared = design.later_window
    named = set(told[2:]) or set(filter(None, [declared]))
    if declared is None or told == ["none"] or design.registered_late or declared not in named:
        return later_than_hours(windows)
    return (declared,)
