"""Nobody who reads what leaves recovers a value of a person, an allocation or a small count.

`python -m tests.disclosure.intruder` prints how many studies and attacks, and what still leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import quantity
from analysis.disclosure import digests, policy, release
from analysis.disclosure.policy import Policy
from tests.disclosure.intruder.attacks import ATTACKS
from tests.disclosure.intruder.campaign import campaign, held
from tests.disclosure.intruder.outside import KEY, MECHANISM, of_files
from tests.disclosure.intruder.random_studies import FILES, draw
from tests.disclosure.intruder.truth import Truth, known_beforehand
from tests.length import seed, trials

pytestmark = pytest.mark.simulates

STUDIES = trials(short=24, long=5000)
IN_FILES = trials(short=1, long=100)


@pytest.fixture(autouse=True)
def _key(monkeypatch) -> None:
    monkeypatch.setenv("RELIEF_KEY", KEY)


@pytest.fixture
def declared(tmp_path) -> Path:
    """What stands for the study.toml of studies in memory."""
    path = tmp_path / "study.toml"
    path.write_text("# in memory\n")
    return path


class Half:
    """Half of the random studies: the halves are run side by side."""

    part: int

    def test_nothing_is_recovered_and_primary_numbers_leave(self, declared) -> None:
        first = seed(20261130) + self.part * STUDIES
        found = campaign(range(first, first + STUDIES // 2), declared)
        print(found.told())
        assert (found.recovered, found.holding_signs) == ([], [])
        assert found.studies == STUDIES // 2
        assert found.attacks > 20 * found.studies
        held_back = [n for n, _, holds, all_leave in found.useful if holds and not all_leave]
        assert held_back == []
        assert sum(holds for _, _, holds, _ in found.useful) > found.studies // 8


class TestFirstHalf(Half):
    part = 0


class TestSecondHalf(Half):
    part = 1


@pytest.mark.parametrize("number", range(IN_FILES))
def test_nothing_is_recovered_from_pages_either(number, tmp_path) -> None:
    study = draw(np.random.default_rng(seed(number)))
    outside = of_files(study.write(tmp_path / "clinic_zebra" / "study"), tmp_path / "out")
    known = known_beforehand(study)
    names = (*known.names, "clinic_zebra", str(tmp_path))
    _, case, _ = held.__wrapped__(seed(number))
    truth = Truth(study, case)
    found = [
        conclusion
        for attack in ATTACKS
        for conclusion in attack(outside, replace(known, names=names))
        if conclusion is not None and conclusion.attack != "signs" and truth.is_told(conclusion)
    ]
    assert found == []
    assert FILES[0] not in outside.everything


# --- old leaks, planted again -----------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], None]
WHY_NOT, NUMBER, REMADE = Policy.why_not, Policy.number, Policy._remade


def _why_not(change: Callable[[Any], Any]) -> Plant:
    """The rules, asked about a cell that hides something."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            Policy, "why_not", lambda self, cell: WHY_NOT(self, cell and change(cell))
        )

    return plant


def _together(cell: Any) -> Any:
    """People of both arms counted as one."""
    return replace(cell, people_by_arm={"all": sum(cell.people_by_arm.values())})


def _own_values(monkeypatch: pytest.MonkeyPatch) -> None:
    _why_not(lambda cell: replace(cell, own_values=False))(monkeypatch)


def _plain_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "keyed_digest", lambda sources: sources[FILES[0]])


def _unrounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "rounded", lambda self, n: int(n))


def _exact_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "_remade", lambda self, row, cell: dict(row))


def _zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    count = Policy.count
    monkeypatch.setattr(Policy, "count", lambda self, n: 0 if n == 0 else count(self, n))


def _exact_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "released_flow", lambda flow, policy: flow)


def _all_arms_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "exact_arms", lambda flow, policy: frozenset(flow["arm"]))


def _at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Policy(step=1000)
    exact_arms = release.exact_arms
    monkeypatch.setattr(release, "exact_arms", lambda flow, policy: exact_arms(flow, wide))


def _exact_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "_flag", lambda issue, policy: replace(issue, file=None, row=None))


def _own_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    flag = release._flag

    def own(issue: Any, policy: Policy) -> Any:
        return replace(flag(issue, policy), message=issue.message, file=issue.file, row=issue.row)

    monkeypatch.setattr(release, "_flag", own)


def _more_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = policy._digits

    def more(value: Any, column: str, cell: Any) -> Any:
        return digits(value, column, replace(cell, plain_mean=False))

    monkeypatch.setattr(policy, "_digits", more)


def _exact_df(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Policy.row

    def exact(self: Policy, given: dict[str, Any]) -> Any:
        shown, rule = row(self, given)
        return (shown if rule else shown | {"df": given["df"]}), rule

    monkeypatch.setattr(Policy, "row", exact)


def _tens_of_df(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Policy.row

    def of_everybody(self: Policy, given: dict[str, Any]) -> Any:
        shown, rule = row(self, given)
        return (shown if rule else shown | {"df": policy._digits(given["df"], "df", None)}), rule

    monkeypatch.setattr(Policy, "row", of_everybody)


def _standard_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Policy.row

    def with_se(self: Policy, given: dict[str, Any]) -> Any:
        shown, rule = row(self, given)
        se = policy.short(given["se"])
        return (shown if rule or math.isnan(se) else shown | {"se": se}), rule

    monkeypatch.setattr(Policy, "row", with_se)


def _telling_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release._Pass, "_tells", lambda self, row: False)


def _team_words(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = quantity._shown
    monkeypatch.setattr(
        quantity, "_shown",
        lambda part, told: part.text if isinstance(part, quantity.Private) else shown(part, told),
    )  # fmt: skip


def _whole_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MECHANISM, "WHOLE", ("nothing",))


PLANTS: dict[str, Plant] = {
    "a plain hash of the table of people": _plain_hash,
    "counts are not rounded": _unrounded,
    "the minimum is of both arms together": _why_not(_together),
    "numbers of a leave-out are shown": _why_not(lambda cell: replace(cell, without={})),
    "order statistics are shown": _own_values,
    "shares are computed from exact counts": _exact_shares,
    "few events are shown": _why_not(lambda cell: replace(cell, counts=())),
    "zeros are shown": _zeros,
    "the flow is exact": _exact_flow,
    "allocated and scored are exact in every arm": _all_arms_exact,
    "exact counts are at the edge of rounded ones": _at_the_edge,
    "flags are counted exactly": _exact_flags,
    "others read the owner's messages": _own_messages,
    "means have three digits": _more_digits,
    "degrees of freedom are exact": _exact_df,
    "tens are of true degrees of freedom": _tens_of_df,
    "standard errors stand beside limits": _standard_errors,
    "rows stand only where somebody is missing": _telling_rows,
    "others read the team's words": _team_words,
    "a difference stands without those who have no CADSS": _whole_difference,
}

# Studies in which a leak tells something; most tell in almost any.
ANY = (4, 6)
SEEDS = {
    "shares are computed from exact counts": (1070, 1220),
    "exact counts are at the edge of rounded ones": (1105, 1307),
    "the minimum is of both arms together": (1, 7),
    "standard errors stand beside limits": (20261206, 20261252),
    "tens are of true degrees of freedom": (42, 114),
    "numbers of a leave-out are shown": (9, 14),
    "others read the team's words": (9, 14),
    "rows stand only where somebody is missing": (0, 6),
    "a difference stands without those who have no CADSS": (1002, 1028),
}


@pytest.mark.parametrize("leak", PLANTS)
def test_an_old_leak_planted_again_is_found(leak, declared, monkeypatch) -> None:
    seeds = SEEDS.get(leak, ANY)
    tight = campaign(seeds, declared, keep=True)
    PLANTS[leak](monkeypatch)
    found = campaign(seeds, declared, keep=PLANTS[leak] is not _whole_difference)
    assert tight.recovered == []
    assert found.recovered or set(found.holding_signs) - set(tight.holding_signs)
