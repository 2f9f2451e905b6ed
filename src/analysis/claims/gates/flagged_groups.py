"""Other people: the study without each flagged group, and with each that was set aside put back.

For claims about other estimates than the primary one too; the evaluator gives the word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from analysis.claims.case import Case
from analysis.errors import ReliefError

__all__ = ["Retried", "other_cases", "retry_on_other_cases"]


@dataclass(frozen=True)
class Retried:
    """The word of an estimate, and what it would be on other people.

    Attributes
    ----------
    word : str
        On the people of the study.
    others : dict of str
        The word by what was left out or put back; where that changed nothing that the estimate
        sees, there is none.
    untried : dict of str
        Why it could not be estimated, by what was left out or put back.
    """

    word: str
    others: dict[str, str]
    untried: dict[str, str]

    @property
    def flips(self) -> dict[str, str]:
        """What turns the word into another one."""
        return {what: word for what, word in self.others.items() if word != self.word}

    def __str__(self) -> str:
        if not (self.others or self.untried):
            return "No flagged group could change the word."
        parts = [f"It turns from {self.word} to {word} {what}." for what, word in
                 self.flips.items()]  # fmt: skip
        if self.others and not self.flips:
            names = ", ".join(self.others)
            parts = [f"The word stays {self.word} in each of {len(self.others)} other analyses: "
                     f"{names}."]  # fmt: skip
        return " ".join(
            [*parts, *(f"It could not be tried {what}: {why}" for what, why in
                       self.untried.items())]
        )  # fmt: skip


# What may be about everyone and put no score after the first infusion in doubt.
OF_LATER_INFUSIONS = ("infusion.carry-over", "infusion.one-period", "infusion.switched")


def other_cases(case: Case) -> Iterator[tuple[str, Case | str]]:
    """The case without each flagged group and with each put back, or why there is none.

    A flag about everyone leaves nobody to try: were it passed over, one more flag could turn
    *not decided* into *supported*.
    """
    for issue in case.checked.issues:
        if issue.severity == "FLAG" and (issue.people or issue.forms):
            what, checked = f"without {issue.rule}", case.checked.without(issue)
            if len(checked.forms):
                yield what, replace(case, checked=checked)
            elif issue.rule not in OF_LATER_INFUSIONS:
                yield what, "it is about everyone."
    for rule in sorted(case.checked.set_aside):
        what = f"with {rule} put back"
        try:
            checked = case.checked.with_put_back(rule)
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
