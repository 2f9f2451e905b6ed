"""Many random studies, each attacked in every way; what was recovered, and what is still told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from analysis.claims.case import Case
from analysis.claims.ledger import Ledger
from tests.disclosure.intruder.attacks import ATTACKS, Conclusion
from tests.disclosure.intruder.outside import Outside, hold, of_study
from tests.disclosure.intruder.random_studies import RandomStudy, draw
from tests.disclosure.intruder.truth import Truth, known_beforehand

__all__ = ["Campaign", "campaign", "held"]

NUMBERS = ("estimate", "ci_low", "ci_high", "n")
# The estimate with its limits and n, the bound B, the SD it is a share of, and M.
SENTENCE = re.compile(
    r"is -?\d+\.\d points \(-?\d+\.\d to -?\d+\.\d; .*; n = \d+\)\. "
    r"Support needs the upper limit below -\d+\.\d .* used \d+\.\d points"
    r"(?:, for which the reference SD of \d+ counts)?\) "
    r"and the estimate at or below -\d+\.\d "
)


@dataclass
class Campaign:
    """What came of attacking some studies.

    Attributes
    ----------
    studies, attacks : int
        Studies, and conclusions that were tried to be drawn.
    recovered : list of (int, Conclusion)
        What is so, with the seed of its study.
    signs : Counter
        By what is said as if of nobody: how often it was so, and how often not.
    useful : list of (int, int, bool, bool)
        Seed, people, whether both arms scored hold the minimum, whether all primary numbers leave;
        of studies whose difference was estimated.
    """

    studies: int = 0
    attacks: int = 0
    recovered: list[tuple[int, Conclusion]] = field(default_factory=list)
    signs: Counter[tuple[tuple[object, ...], bool]] = field(default_factory=Counter)
    useful: list[tuple[int, int, bool, bool]] = field(default_factory=list)

    @property
    def holding_signs(self) -> list[tuple[object, ...]]:
        """What was never said of anybody, and so says that it is nobody."""
        return [name for name, right in self.signs if right and not self.signs[name, False]]

    def told(self) -> str:
        """The numbers in a sentence."""
        of_size = [all_leave for _, n, _, all_leave in self.useful if 20 <= n <= 60]
        share = f"{sum(of_size)} of {len(of_size)}" if of_size else "none"
        return (
            f"{self.studies} studies, {self.attacks} attacks, {len(self.recovered)} recovered; "
            f"all primary numbers leave of {share} with 20 to 60 people and an estimate"
        )


@cache
def held(seed: int) -> tuple[RandomStudy, Case, Ledger]:
    """A random study as those who hold the data know it; every third is tried on other people."""
    study = draw(np.random.default_rng(seed))
    return study, *hold(study.study(), others=seed % 3 == 0)


def campaign(seeds: Iterable[int], declared: Path, *, keep: bool = False) -> Campaign:
    """Judge random studies, share them, and attack what is shared.

    Parameters
    ----------
    seeds : iterable of int
    declared : Path
        Any file that stands for a study.toml.
    keep : bool
        Whether the studies will be asked for again.
    """
    found = Campaign()
    for seed in seeds:
        study, case, ledger = (held if keep else held.__wrapped__)(seed)
        outside = of_study(case.checked, ledger, declared)
        _attack(found, seed, study, case, outside)
        _weigh(found, seed, len(study.people), ledger, outside)
    return found


def _attack(found: Campaign, seed: int, study: RandomStudy, case: Case, outside: Outside) -> None:
    truth, known = Truth(study, case), known_beforehand(study)
    found.studies += 1
    for attack in ATTACKS:
        for conclusion in attack(outside, known):
            found.attacks += 1
            if conclusion is None:
                continue
            right = truth.is_told(conclusion)
            if conclusion.attack == "signs":
                found.signs[conclusion.what, right] += 1
            elif right:
                found.recovered.append((seed, conclusion))


def _weigh(found: Campaign, seed: int, n: int, ledger: Ledger, outside: Outside) -> None:
    onset = ledger["onset"]
    if not onset.estimate["estimand"]:
        return
    cell = onset.estimate["cell"]
    holds = min(cell.people_by_arm.values()) >= outside.ledger["policy"]["minimum"]
    shown = outside.claim("onset")
    numbers = all(shown["estimate"][name] is not None for name in NUMBERS)
    sentence = SENTENCE.search(outside.text("onset", "estimate")) is not None
    words = [(r["gate"], r["passed"]) for r in shown["reasons"]] == [
        (reason.gate, reason.passed) for reason in onset.reasons
    ]
    words &= shown["verdict"] == onset.verdict and shown["parts"] == onset.parts
    found.useful.append((seed, n, holds, numbers and sentence and words))
