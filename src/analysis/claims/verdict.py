"""From gates to the verdict on a claim, and from the verdicts on its parts to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED, Reason

__all__ = ["combine_parts", "decide_by_gates"]

DATA_GATES = ("construct", "time", "recall", "comparator")


def combine_parts(verdicts: Iterable[str]) -> str:
    """A claim made of parts: contradicted if any part is, else not testable, else not decided."""
    parts = list(verdicts)
    if not parts:
        raise ValueError("a claim made of parts needs at least one part")
    return next(
        (word for word in (CONTRADICTED, NOT_TESTABLE, NOT_DECIDED) if word in parts), SUPPORTED
    )


def decide_by_gates(gates: Iterable[str], reasons: Mapping[str, Reason], points_to: str) -> str:
    """The word for one claim, or for one part of a claim.

    Parameters
    ----------
    gates : iterable of str
        The gates that the claim requires.
    reasons : mapping of str to Reason
        What each gate found; a gate that is missing counts as not evaluated.
    points_to : str
        What the estimate alone says: supported, contradicted or not decided.

    Returns
    -------
    str
        ``not testable`` if a gate about the data (construct, time, recall, comparator)
        failed. ``contradicted`` if the estimate says so and every other required gate passed:
        robustness and calibration say whether either word stands. ``supported`` only if every
        required gate passed: one that failed, or that was not evaluated, makes it ``not
        decided``.
    """
    required = list(gates)
    found = {gate: reasons[gate].passed if gate in reasons else None for gate in required}
    about_data = [found[gate] for gate in required if gate in DATA_GATES]
    if any(passed is False for passed in about_data):
        return NOT_TESTABLE
    others = [passed for gate, passed in found.items() if gate != "estimate"]
    if points_to == CONTRADICTED and all(others):
        return CONTRADICTED
    if points_to == SUPPORTED and all(found.values()):
        return SUPPORTED
    return NOT_DECIDED
