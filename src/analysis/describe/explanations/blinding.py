"""What people guessed they were given, by arm, and what goes with it."""

from __future__ import annotations

import pandas as pd

from analysis.claims.case import Case
from analysis.describe.common import both_arms, fewest_in_a_step, released, row_words
from analysis.estimates.explanations import blinding, expectancy
from analysis.estimates.explanations.by_guess import difference_by_guess

__all__ = ["blinding_indices", "change_by_guess", "guesses"]


def _asked(case: Case) -> pd.DataFrame:
    """People who were asked to guess, with arm and guess."""
    guess = case.checked.study.subjects.set_index("subject")["blinding_guess"]
    people = pd.DataFrame({"arm": case.arms, "guess": guess}).dropna()
    if people.empty:
        raise ValueError("Nobody was asked to guess the treatment; blinding cannot be judged.")
    return people


def guesses_by_arm(case: Case) -> pd.DataFrame:
    """How many of each arm guessed what, as the estimators of blinding take it."""
    people = _asked(case)
    return blinding.guess_counts(people["arm"], people["guess"], **both_arms(case))


def guesses(case: Case, *, at_least: int | None = None) -> pd.DataFrame:
    """People of each arm who guessed right, wrong or not at all.

    Where that leaves a cell of fewer people than ``at_least`` (by default as few as a group of
    its own may have), wrong guesses and none are one column; others do not see what is still
    small.

    Returns
    -------
    DataFrame
        Index arm; columns right, wrong and do not know (or ``wrong or do not know``), all.
    """
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    treated, control = both_arms(case).values()
    counts = guesses_by_arm(case)
    known = pd.DataFrame(
        {
            "right": [counts.loc[treated, "treated"], counts.loc[control, "control"]],
            "wrong": [counts.loc[treated, "control"], counts.loc[control, "treated"]],
            "do not know": counts["do not know"],
        }
    )
    cells = known.to_numpy()
    if ((cells >= 1) & (cells < at_least)).any():
        other = known["wrong"] + known["do not know"]
        known = pd.DataFrame({"right": known["right"], "wrong or do not know": other})
    known["all"] = known.sum(axis=1)
    return released(case, known.rename_axis(index="arm"))


def blinding_indices(case: Case) -> pd.DataFrame:
    """James' index of the trial, Bang's of each arm and what they add up to: estimate rows."""
    counts, arms = guesses_by_arm(case), both_arms(case)
    rows = [blinding.james_index(counts, contrast="both arms")]
    for own, other in (("treated", "control"), ("control", "treated")):
        right, wrong, unknown = (
            int(counts[guess].to_dict()[arms[own]]) for guess in (own, other, "do not know")
        )
        rows += blinding.bang_index(right, wrong, unknown, contrast=arms[own])
    return released(case, [*rows, expectancy.belief_gap(counts, contrast=case.contrast)])


def change_by_guess(case: Case, *, window: str, at_least: int | None = None) -> pd.DataFrame:
    """Change and difference among those who guessed alike; descriptive: estimate rows."""
    at_least = fewest_in_a_step(case) if at_least is None else at_least
    people = case.people(window)
    people = people.assign(guess=people["subject"].map(_asked(case)["guess"]))
    people = people[people["guess"].notna()]
    words = row_words(case, window)
    del words["contrast"]
    return released(
        case,
        difference_by_guess(
            people["change"],
            people["arm"],
            people["guess"],
            at_least=at_least,
            **both_arms(case),
            **words,
        ),
    )
