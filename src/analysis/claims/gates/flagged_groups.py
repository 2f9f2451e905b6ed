"""Other people: the study without each flagged group, and with each excluded group re-included.

For claims about other estimates than the primary one too; the evaluator gives the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from analysis.claims.case import Case
from analysis.errors import ReliefError
from analysis.quantity import Private, Sentence, joined, said
from analysis.rules import catalogue

__all__ = ["Retried", "group_words", "not_evaluated", "other_cases", "others",
           "retry_on_other_cases", "untried_words"]  # fmt: skip


@dataclass(frozen=True)
class Retried:
    """The word of an estimate, and what it would be on other people.

    Attributes
    ----------
    word : str
        On the people of the study.
    others : dict of str
        The word by what was left out or re-included; where that changed nothing that the estimate
        sees, there is none.
    untried : dict of str
        Why it could not be estimated, by what was left out or re-included.
    """

    word: str
    others: dict[str, str]
    untried: dict[str, str]

    @property
    def flips(self) -> dict[str, str]:
        """What turns the word into another one."""
        return {what: word for what, word in self.others.items() if word != self.word}

    def told(self) -> Sentence:
        """What other people would make of the word, in words."""
        if not (self.others or self.untried):
            return group_words(self.word, [])
        parts = [
            said(
                "The verdict changes from {word} to {other} {what}.",
                word=self.word, other=other, what=Private(what, others(what)),
            )
            for what, other in self.flips.items()
        ]  # fmt: skip
        if self.others and not self.flips:
            parts = [group_words(self.word, list(self.others))]
        return joined([*parts, *(untried_words(what, why) for what, why in self.untried.items())])


def group_words(word: str, tried: list[str]) -> Sentence:
    """That the verdict stays, and without or with whom; names and number of groups are the team's.

    Others read the same where there was nothing to try: that would say that nobody was flagged.
    """
    stays = f"The verdict stays {word} in every other analysis."
    if not tried:
        return Sentence((Private("No flagged group could change the verdict.", stays),))
    several = f"each of {len(tried)} other analyses" if len(tried) > 1 else "the one other analysis"
    each = f"The verdict stays {word} in {several}: {', '.join(tried)}."
    return Sentence((Private(each, stays),))


def untried_words(what: str, why: str) -> Sentence:
    """That an analysis could not be done, and of what."""
    return said(
        "The analysis could not be repeated {what}",
        what=Private(f"{what}: {why}", f"{others(what)}."),
    )


def others(what: str) -> str:
    """What was done to one of the flagged groups, in words that do not say which it is."""
    if what.startswith("without "):
        return "without one of the flagged groups"
    return "with an excluded group re-included" if what.endswith("re-included") else what


def not_evaluated(refusal: Exception) -> Sentence:
    """Why an estimator refused; its sentence may count people, so others read that it did."""
    return said(
        "Not evaluated: {why}", why=Private(str(refusal), "these data do not allow the estimate.")
    )


# What may be about everyone and put no score after the first infusion in doubt.
OF_LATER_INFUSIONS = ("infusion.carry-over", "infusion.one-period", "infusion.switched")


def other_cases(case: Case) -> list[tuple[str, Case | str]]:
    """The case without each flagged group and with each excluded one re-included, or why not.

    Of the rules that claims.toml lists under ``robustness``; other flags are printed alone.

    A flag about everyone leaves nobody to try: were it passed over, one more flag could turn
    *not decided* into *supported*. Made once a case, since most claims ask for them.
    """
    if "other cases" not in case.found:
        case.found["other cases"] = [*_without_groups(case), *_with_groups_put_back(case)]
    made: list[tuple[str, Case | str]] = case.found["other cases"]
    window = case.window
    return [(what, one if isinstance(one, str) else one.at(window)) for what, one in made]


def _without_groups(case: Case) -> Iterator[tuple[str, Case | str]]:
    for issue in case.checked.issues:
        listed = issue.rule in case.definitions.robustness.groups
        if listed and issue.severity == "FLAG" and (issue.people or issue.forms):
            what = f"without {catalogue()[issue.rule].in_words}"
            who = "without", issue.people, issue.forms
            checked = case.checked.once(who, partial(case.checked.without, issue))
            if len(checked.forms):
                yield what, replace(case, checked=checked)
            elif issue.rule not in OF_LATER_INFUSIONS:
                yield what, "it is about everyone."


def _with_groups_put_back(case: Case) -> Iterator[tuple[str, Case | str]]:
    for rule in sorted(case.checked.set_aside & set(case.definitions.robustness.groups)):
        what = f"with {catalogue()[rule].in_words} re-included"
        try:
            checked = case.checked.once(
                ("re-included", rule), partial(case.checked.with_put_back, rule)
            )
        except (ReliefError, ValueError):
            yield what, "the data cannot be read with them."
            continue
        yield what, replace(case, checked=checked)


def retry_on_other_cases(case: Case, word: str, evaluate: Callable[[Case], str | None]) -> Retried:
    """Evaluate every other case.

    Parameters
    ----------
    case : Case
    word : str
        What the estimate says on the case itself.
    evaluate : function of Case
        The word on another case, None where the other case holds the same scores; raises
        ValueError where there is no estimate.
    """
    others, untried = {}, {}
    for what, other in other_cases(case):
        if isinstance(other, str):
            untried[what] = other
            continue
        try:
            found = evaluate(other)
        except (ReliefError, ValueError) as refusal:
            untried[what] = str(refusal)
            continue
        if found is not None:
            others[what] = found
    return Retried(word, others, untried)
