"""What is true of a study, against which the intruder's conclusions are held."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.checks.participant_flow import ANALYSED, READ, SCORED, SET_ASIDE
from analysis.claims.case import Case
from analysis.claims.gates.robustness import intoxicated_scores
from tests.disclosure.intruder.attacks import Conclusion, Known
from tests.disclosure.intruder.counting import FELL, FELL_EVER
from tests.disclosure.intruder.random_studies import FILES, RandomStudy

__all__ = ["Truth", "known_beforehand"]

# How near to somebody's value counts as knowing it, points.
NEAR = 1.0


def known_beforehand(study: RandomStudy) -> Known:
    """Who takes part, and what a table of them looks like."""
    labels = study.people["id"]

    def guess(arms: tuple[str, ...]) -> bytes:
        rows = (f"{label},{arm}\n" for label, arm in zip(labels, arms, strict=True))
        return ("id,arm\n" + "".join(rows)).encode()

    arms = tuple(study.people["arm"])
    names = (*FILES, "stay_end_hours", "end_hours")
    return Known(tuple(labels), tuple(sorted(set(arms))), guess, names, arms)


@dataclass(frozen=True)
class Truth:
    """A study as its own people know it."""

    study: RandomStudy
    case: Case

    def is_told(self, found: Conclusion) -> bool:
        """Whether what an attack concludes is so: a count exactly, a value within a point."""
        kind = found.what[0]
        if kind == "allocation":
            return found.value == " ".join(self.study.people["arm"])
        if kind in ("name", "flag"):
            return True
        if kind == "own value":
            return any(_same_digits(float(found.value), own) for own in self._own(found.what[1]))
        if kind == "change":
            return self._is_change(found)
        if kind == "mean change":
            own = self._people.loc[self._people["arm"] == found.what[1], "change"]
            few = 0 < len(own) < self.case.design.minimum_cell
            return few and abs(own.mean() - float(found.value)) <= NEAR
        if kind == "events":
            return True
        small = float(found.value) < self.case.design.minimum_cell
        return small and self.counts.get(found.what) == found.value

    @cached_property
    def _people(self) -> pd.DataFrame:
        return self.case.people("hours")

    def _own(self, what: str) -> list[float]:
        """Everybody's own value of what an order statistic is shown of."""
        infusions = self.study.infusions
        minutes = ((infusions["end_hours"] - infusions["start_hours"]) * 60).round(1)
        return [*minutes] if "length" in what else [*self.study.cadss["hours"].round(3)]

    def _is_change(self, found: Conclusion) -> bool:
        """Whether one person alone is meant, and it is their change."""
        _, arm, what, *rule = found.what
        own = self._people[self._people["arm"] == arm]
        if what == "without a CADSS":
            meant = self._without_cadss
        else:
            who = [i.people for i in self.case.checked.issues if i.rule == rule[0]]
            meant = self._people[self._people["subject"].isin(who[0] if who else [])]
        alone = len(meant) == 1 and meant["subject"].isin(own["subject"]).all()
        return alone and abs(float(meant["change"].iloc[0]) - float(found.value)) <= NEAR

    @cached_property
    def _without_cadss(self) -> pd.DataFrame:
        """People scored within hours whose CADSS was not rated before and after the start."""
        rated = self.case.scored("CADSS")
        before = rated.loc[rated["phase"] == "before", "subject"]
        after = rated.loc[rated["latest_infusion"] == 1, "subject"]
        everyone = self._people
        return everyone[~(everyone["subject"].isin(before) & everyone["subject"].isin(after))]

    @cached_property
    def counts(self) -> dict[tuple[Any, ...], int]:
        """Every count that an attack may speak of, by its name."""
        flow = self.case.checked.flow
        arms = sorted(set(flow["arm"]) - {"all", "unknown"})
        found: dict[tuple[Any, ...], int] = {}
        for row in flow.to_dict("records"):
            name = (row["stage"], row["arm"])
            found[name] = found.get(name, 0) + row["n"]
            if row["stage"] == SET_ASIDE:
                found[*name, row["rule"]] = row["n"]
        for arm in arms:
            found.setdefault((SET_ASIDE, arm), 0)
            for stage in SCORED.values():
                found["not " + stage, arm] = found[ANALYSED, arm] - found[stage, arm]
            found["lost within hours", arm] = found[READ, arm] - found[SCORED["hours"], arm]
            used = int((self._people["arm"] == arm).sum())
            found["used", arm] = used
            found["without a baseline", arm] = found[SCORED["hours"], arm] - used
            found["unscored", arm] = found[ANALYSED, arm] - used
            found |= self._falls(arm)
            found["never scored", arm] = found[ANALYSED, arm] - found["people", FELL_EVER, arm]
        found["scored without a CADSS", "both"] = len(self._without_cadss)
        return found | self._doubted()

    def _falls(self, arm: str) -> dict[tuple[Any, ...], int]:
        hours, ever = self._people, self.case.primary_changes
        hours = hours[hours["arm"] == arm]
        rescued = ever[ever["rescued"] & (ever["phase"] == "hours")]["subject"]
        fell = (hours["change"] < 0) & ~hours["subject"].isin(rescued)
        best = ever[ever["arm"] == arm].groupby("subject")["change"].min()
        found: dict[tuple[Any, ...], int] = {
            ("fell", FELL, arm): int(fell.sum()),
            ("people", FELL, arm): len(hours),
            ("fell", FELL_EVER, arm): int((best < 0).sum()),
            ("people", FELL_EVER, arm): len(best),
        }
        for claim in (FELL, FELL_EVER):
            found["did not", claim, arm] = found["people", claim, arm] - found["fell", claim, arm]
        for what in ("fell", "people"):
            found[what, "later alone", arm] = found[what, FELL_EVER, arm] - found[what, FELL, arm]
        return found

    def _doubted(self) -> dict[tuple[Any, ...], int]:
        case = self.case
        if case.design.comparator_arm is None or case.primary_form is None:
            return {}
        scores = case.scores
        missing = ~np.isfinite(scores.score).all(axis=1)
        still = (intoxicated_scores(case) & np.isfinite(scores.score)).any(axis=1)
        return {
            ("missing at a visit", "ketamine"): case.in_arms(missing)["ketamine"],
            ("still intoxicated", "both"): int(still.sum()),
        }


def _same_digits(shown: float, own: float) -> bool:
    """Whether a value is the shown one, as far as its digits go."""
    return math.isfinite(own) and math.isclose(shown, own, rel_tol=0.005, abs_tol=1e-9)
