"""What a study declares of how it was done, in words, and what of it keeps the cause open.

What is not declared counts as the unfavourable answer, and no sentence says more than was declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.claims.case import Case
from analysis.claims.decision_rule import ONE_SIDED
from analysis.quantity import Known, Private, Quantity, Sentence, joined, said

__all__ = ["against_a_cause", "as_declared"]

# What a cause hangs on; the others are printed.
_DECIDING = ("randomised", "concurrent", "planned_per_arm", "looks")
_KEYS = (*_DECIDING, "blinded", "registration")


def as_declared(case: Case) -> Sentence:
    """What is declared of the comparator, the plan, the looks and the register."""
    design = case.design
    words = [design.comparator]
    for key in ("concurrent", "randomised"):
        if (told := getattr(design, key)) is not None:
            words.append(key if told else f"not {key}")
    if design.blinded is not None:
        words.append("open" if design.blinded == "open" else f"{design.blinded}-blind")
    comparator = f"The comparator {design.comparator_arm} is declared {', '.join(words)}."
    unseen = "Times in hours alone cannot show whether the arms were treated in the same months."
    calendar = unseen if design.concurrent and not design.dated else ""
    missing = [key for key in _KEYS if getattr(design, key) is None]
    absent = f"Not declared in study.toml: {', '.join(missing)}." if missing else ""
    return joined(
        [comparator, calendar, _arms(case), _plan(case), _looks(case), _register(case), absent]
    )


def against_a_cause(case: Case) -> Sentence:
    """Why what is declared leaves open whether the infusion is the cause; empty if it does not."""
    return joined(_reasons(case), "; ")


def _reasons(case: Case) -> Iterator[Sentence | str]:
    design = case.design
    if design.comparator == "passive":
        yield "with a passive comparator participants may be able to tell what they were given"
    if design.randomised is False:
        yield "participants were not randomised"
    if design.concurrent is False:
        yield "the comparator was not given in the same months and place"
    if absent := [key for key in _DECIDING if getattr(design, key) is None]:
        yield f"{', '.join(absent)} not declared, which counts as the unfavourable answer"
    if _off_plan(case) and not design.enrolment_reason:
        share = Known(case.definitions.rule("enrolment_off_plan"))
        yield said(
            "the number of participants with a baseline is more than {share:.0%} off the plan, and "
            "no enrolment_reason is declared", share=share,
        )  # fmt: skip
    flagged = {issue.rule for issue in case.checked.issues}
    if "arm.share-off-plan" in flagged and not design.enrolment_reason:
        yield (
            "participants are not allocated to the arms in the planned proportion, and no "
            "enrolment_reason is declared"
        )
    if "site.goes-with-arm" in flagged:
        yield "arm and site go together, more than allocation by chance brings about"
    if (design.looks or 1) > 1 and case.level >= ONE_SIDED:
        yield said("data that are looked at more than once need a look_level below {level:g}",
                   level=Known(ONE_SIDED))  # fmt: skip

    if case.scores.baselines_apart > case.definitions.rule("baselines_far_apart_sd"):
        most = Known(case.definitions.rule("baselines_far_apart_sd"))
        yield said("the arms differ by more than {most:g} SD before the infusion", most=most)


def _arms(case: Case) -> str:
    """Which of several ketamine arms decide."""
    design = case.design
    if len(design.ketamine_arms) < 2:
        return ""
    arms = " and ".join(design.ketamine_arms)
    if design.primary_arm is None:
        return f"The arms {arms} are taken together, since no primary_arm is declared."
    return f"Of the arms {arms} the declared primary arm decides, {design.primary_arm}."


def _people(case: Case) -> Quantity:
    """People with a baseline on the primary form, in any arm."""
    own = case.on_primary_form(case.baselines)["subject"].map(case.arms)
    counts = {str(arm): int(n) for arm, n in own.value_counts().items()}
    return Quantity(sum(counts.values()), counts, kind="count")


def _off_plan(case: Case) -> bool:
    planned = case.design.planned_per_arm
    if planned is None:
        return False
    total = sum(planned.values())
    return abs(_people(case).value - total) > case.definitions.rule("enrolment_off_plan") * total


def _plan(case: Case) -> Sentence | str:
    planned = case.design.planned_per_arm
    if planned is None:
        return ""
    own = case.design.enrolment_reason
    # The study's own words may name people.
    reason: Private | str = Private(f' (declared: "{own}")', " (with a reason)") if own else ""
    total, people = Known(sum(planned.values())), _people(case)
    return said(
        "{planned} participants were planned, {n} have a baseline{reason}.",
        brief=said("{planned} participants were planned{reason}.", planned=total, reason=reason),
        # The sum of two small arms would tell both.
        needs=[Quantity(people.value, people.people_by_arm)],
        planned=total, n=people, reason=reason,
    )  # fmt: skip


def _looks(case: Case) -> Sentence | str:
    looks, level = case.design.looks, case.design.look_level
    times = said("Looks at the data: {looks}.", looks=Known(looks)) if looks is not None else ""
    if level is None:
        return times
    return joined([times, said("One-sided level of this look: {level:g}.", level=Known(level))])


def _register(case: Case) -> str:
    registration = case.design.registration
    if registration is None:
        return ""
    return "Not registered." if registration == "none" else f"Registered: {registration}."
