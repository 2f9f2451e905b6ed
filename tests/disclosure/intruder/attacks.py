"""What the intruder tries, each attack from what leaves alone, and what it concludes."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tests.disclosure.intruder.counting import FELL, FELL_EVER, counts_of
from tests.disclosure.intruder.outside import Outside

__all__ = ["ATTACKS", "Conclusion", "Known"]

NUMBER = r"-?\d+(?:\.\d+)?"
# The intruder knows who takes part, and tries every allocation of so few people.
FEW = 10
MEAN_CHANGE, ADJUSTED, TOTAL = "mean change", "adjusted difference", "total effect"


@dataclass(frozen=True)
class Known:
    """What somebody outside may know beforehand: who takes part, and what an export looks like.

    ``guess`` writes the table of people for a list of their arms.
    """

    people: Collection[str]
    arms: tuple[str, ...]
    guess: Callable[[tuple[str, ...]], bytes]
    names: Collection[str]
    true_arms: tuple[str, ...]


@dataclass(frozen=True)
class Conclusion:
    """What an attack comes to: a count, a value of a person, an allocation, a name."""

    attack: str
    what: tuple[Any, ...]
    value: float | str

    def __str__(self) -> str:
        return f"{self.attack}: {self.what} = {self.value}"


Attack = Callable[[Outside, Known], Iterator[Conclusion | None]]


def hashes(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """Every digest there is, against the table of people for every list of their arms.

    Of more people than a few the right list alone is tried, as if by somebody patient.
    """
    digests = set(re.findall(r"(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])", outside.everything))
    n = len(known.people)
    lists = itertools.product(known.arms, repeat=n) if n <= FEW else [known.true_arms]
    for arms in lists:
        own = hashlib.sha256(known.guess(tuple(arms))).hexdigest()
        line = hashlib.sha256(f"{next(iter(known.names))} {own}\n".encode()).hexdigest()
        told = any(one.startswith((digest,)) for digest in digests for one in (own, line))
        yield Conclusion("hashes", ("allocation",), " ".join(arms)) if told else None


def counts(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """Every count below the minimum that all shown ones together leave a single value for."""
    found = counts_of(outside)
    pinned = found.pinned()
    for name in found.low:
        yield Conclusion("counts", name, pinned[name]) if name in pinned else None


def signs(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """What is said, or is not said, as if of nobody: a sign, should it be so of every study."""
    robustness = outside.text("onset", "robustness")
    said = {
        ("missing at a visit", "ketamine"): "; no shift of missing scores" in robustness,
        ("still intoxicated", "both"): "No flagged group could" in robustness,
    }
    for claim, name in ((FELL, "unscored"), (FELL_EVER, "never scored")):
        rows = [row["estimand"] for row in outside.rows(claim)]
        said[name, "ketamine"] = bool(rows) and not any("unscored fell" in one for one in rows)
    for name, is_said in said.items():
        yield Conclusion("signs", name, 0) if is_said else None


def flags(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """How often a flag or a finding was raised, in its count or in its words."""
    minimum = outside.ledger["policy"]["minimum"]
    for issue in (*outside.ledger["flags"], *outside.checks["issues"]):
        what = ("flag", issue["rule"])
        count = issue["count"]
        small = isinstance(count, int) and count < minimum
        if not issue["rule"].startswith("question."):
            yield Conclusion("flags", what, count) if small else None
        for key in ("file", "row", "column", "remedy"):
            yield Conclusion("flags", (*what, key), str(issue[key])) if issue[key] else None


def names(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """Labels of people, files, folders and columns of the clinic."""
    for name in (*known.people, *known.names):
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", outside.everything)
        yield Conclusion("names", ("name",), name) if found else None


def order_statistics(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """Lengths and hours to return: a median or a limit of them is somebody's own."""
    for claim in ("infusion_length", "dissociation_brief"):
        for row in outside.rows(claim):
            if "length" in row["estimand"] or "hours to resolution" in row["estimand"]:
                for column in ("estimate", "ci_low", "ci_high"):
                    told = row[column] is not None
                    yield _value("order statistics", row["estimand"], row[column] if told else None)
    median = rf"Median ({NUMBER}) \w+ \(95 % interval ({NUMBER}) to ({NUMBER})"
    for value in outside.numbers("infusion_length", "estimate", median) or (None,):
        yield _value("order statistics", "infusion length (minutes)", value)


def _value(attack: str, what: str, value: float | None) -> Conclusion | None:
    return None if value is None else Conclusion(attack, ("own value", what), value)


def left_out(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """The change of one person left out, from the estimate with and without them.

    With one person of n gone, the arm's mean moves by their distance from it over n - 1.
    """
    with_all = _row(outside, "onset", ADJUSTED)
    turned = re.findall(
        rf"without [^()]+ \(([\w.-]+)\): ({NUMBER}) \({NUMBER} to {NUMBER}\)",
        outside.text("onset", "robustness"),
    )
    for rule, estimate in turned or [("", "nan")]:
        yield from _moved(outside, with_all, float(estimate), ("left out", rule))


def no_mediator(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """The same difference stands twice: of all people scored, and of those with a CADSS too."""
    rows = outside.rows("dissociation_mechanism")
    # Whole is direct and indirect together, should it not be shown itself.
    parts = [row for row in rows if "if nothing unmeasured moved both" in row["estimand"]]
    whole = [row["estimate"] for row in rows if row["estimand"] == TOTAL]
    sums = [row["estimate"] for row in parts]
    if len(sums) == 2 and None not in sums:
        whole.append(math.fsum(sums))
    pattern = rf"of a difference of ({NUMBER}) go with"
    whole += outside.numbers("dissociation_mechanism", "estimate", pattern) or ()
    compared = next(
        (row for row in outside.rows("onset") if row["method"].startswith("ANCOVA")), None
    )
    for estimate in whole or [None]:
        known_one = math.nan if estimate is None else estimate
        yield from _moved(outside, compared, known_one, ("without a CADSS",))


def _moved(
    outside: Outside, with_all: dict[str, Any] | None, estimate: float, what: tuple[str, ...]
) -> Iterator[Conclusion | None]:
    """The change of the one who is missing from an estimate, in either arm."""
    for arm, sign in (("ketamine", 1), ("midazolam", -1)):
        mean = _row(outside, "onset", MEAN_CHANGE, f"after - before, {arm}")
        if None in (with_all, mean) or math.isnan(estimate):
            yield None
            continue
        assert with_all is not None
        assert mean is not None
        if None in (with_all["estimate"], mean["estimate"], mean["n"]):
            yield None
            continue
        change = mean["estimate"] + sign * (mean["n"] - 1) * (with_all["estimate"] - estimate)
        yield Conclusion("left out", ("change", arm, *what), change)


def missing_scores(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """How many scores are missing: jump to reference is d times one minus their share."""
    row = _row(outside, "onset", ADJUSTED)
    mean = _row(outside, "onset", MEAN_CHANGE, "after - before, ketamine")
    jump = outside.numbers("onset", "robustness", rf"Jump to reference gives ({NUMBER}) points")
    if not row or not mean or not jump or not row["estimate"] or mean["n"] is None:
        yield None
        return
    share = 1 - jump[0] / row["estimate"]
    yield Conclusion("missing scores", ("missing at a visit", "ketamine"),
                     round(share * mean["n"] / (1 - share)) if share < 1 else 0)  # fmt: skip


def few_people(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """The mean of an arm whose own row is withheld, from the difference and the other arm's."""
    row = _row(outside, "onset", ADJUSTED)
    for arm, other, sign in (("ketamine", "midazolam", 1), ("midazolam", "ketamine", -1)):
        own, there = (
            _row(outside, "onset", MEAN_CHANGE, f"after - before, {one}") for one in (arm, other)
        )
        hidden = own is None or own["estimate"] is None
        if not hidden or not row or row["estimate"] is None:
            yield None
        elif there is not None and there["estimate"] is not None:
            mean = there["estimate"] + sign * row["estimate"]
            yield Conclusion("few people", ("mean change", arm), mean)


def shares(outside: Outside, known: Known) -> Iterator[Conclusion | None]:
    """Few events, or few without: in the numbers, the words, or the interval of a share."""
    minimum = outside.ledger["policy"]["minimum"]
    for claim in (FELL, FELL_EVER, "dissociation_brief"):
        for row in outside.rows(claim):
            for k, n in re.findall(r"(\d+) of (\d+)", row["method"]):
                few = min(int(k), int(n) - int(k)) < minimum and row["ci_low"] is not None
                what = ("events", claim, row["estimand"], row["contrast"])
                yield Conclusion("shares", what, f"{k} of {n}") if few else None
        text = outside.text(claim, "estimate")
        for k, n in re.findall(r"(\d+) of (\d+) people", text):
            few = min(int(k), int(n) - int(k)) < minimum
            what = ("events", claim, outside.rows(claim)[0]["estimand"], "ketamine")
            yield Conclusion("shares", what, f"{k} of {n}") if few else None


def _row(
    outside: Outside, claim: str, estimand: str, contrast: str | None = None
) -> dict[str, Any] | None:
    return next(
        (
            row for row in outside.rows(claim)
            if row["estimand"] == estimand and contrast in (None, row["contrast"])
        ),
        None,
    )  # fmt: skip


ATTACKS: tuple[Attack, ...] = (
    hashes, counts, signs, flags, names, order_statistics, left_out, no_mediator, missing_scores,
    few_people, shares,
)  # fmt: skip
