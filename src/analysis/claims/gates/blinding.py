"""Guesses of the treatment, asked before relief could unfold: whether most people could tell."""

from __future__ import annotations

import pandas as pd

from analysis.claims.case import Case
from analysis.errors import Issue
from analysis.estimates.explanations.blinding import bang_index, guess_counts
from analysis.rules import issue
from analysis.timeline import EFFICACY

__all__ = ["unblinded"]


def unblinded(case: Case) -> Issue | None:
    """The flag that people of both arms could tell what they were given, or None.

    Bang's index of each arm, whose lower score limit lies above one half in both. A guess at or
    after the person's first efficacy score follows relief, or its absence, and does not count; a
    guess without a time does. Who is unsure has not guessed right.
    """
    if "unblinded" not in case.found:
        case.found["unblinded"] = _flag(case)
    flag: Issue | None = case.found["unblinded"]
    return flag


def _flag(case: Case) -> Issue | None:
    subjects = case.checked.study.subjects.set_index("subject")
    treated, control = case.design.active_arm, case.design.comparator_arm
    asked = subjects["blinding_guess"].notna() & case.arms.isin([treated, control])
    asked &= ~_after_relief(case).reindex(asked.index, fill_value=False)
    if control is None or treated is None or not asked.any():
        return None
    arm, guess = case.arms[asked], subjects.loc[asked, "blinding_guess"]
    counts = guess_counts(arm, guess, treated=treated, control=control)
    lowest = []
    for name, right, wrong in ((treated, "treated", "control"), (control, "control", "treated")):
        own = counts.loc[name].to_dict()
        if not sum(own.values()):
            return None
        lowest.append(bang_index(own[right], own[wrong], own["do not know"])[0]["ci_low"])
    most = case.definitions.rule("guessed_at_least")
    if min(lowest) <= most:
        return None
    bound = case.definitions.rule("bias_bound_unblinded_sd")
    n, least = int(asked.sum()), f"{most:g}"
    return issue("blinding.guessed", count=n, least=least, level=f"{bound:.2f}")


def _after_relief(case: Case) -> pd.Series:
    """Whose guess is known to lie at or after their first primary score that counts, by subject."""
    events = case.checked.study.events
    guessed = events[events["event"] == "blinding-guess"].groupby("subject")["hours_low"].min()
    scored = case.scored(case.scale.name)
    first = scored[scored["phase"].isin(EFFICACY)].groupby("subject")["hours_high"].min()
    return guessed.astype(float) >= first.reindex(guessed.index).astype(float)
