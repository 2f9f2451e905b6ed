"""Rules about the treatments given: what a second one carries over, one alone, other routes."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.errors import Issue
from analysis.rules import issue, of_people
from analysis.study import Study

__all__ = ["carry_over", "one_period", "routes", "third_period"]

# Assumption: a week after an infusion its effect may still be there.
_WASHOUT_DAYS = 7
_INFUSED = ("intravenous", "subcutaneous", "other")


def carry_over(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Crossovers in which the other treatment follows too soon."""
    if study.design.design != "crossover":
        return
    ordered = study.infusions.sort_values(["subject", "infusion"])
    person = ordered.groupby("subject")
    other = ordered["agent"] != person["agent"].shift()
    # The widest gap that the known bounds allow: what is not known is not accused.
    gap = ordered["start_high"] - person["start_low"].shift()
    soon = ordered.loc[other & (gap < _WASHOUT_DAYS * 24), "subject"].unique()
    yield from of_people("infusion.carry-over", soon, days=_WASHOUT_DAYS)


def one_period(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """People of a crossover who were given one of the treatments only."""
    if study.design.design != "crossover":
        return
    treatments = [study.design.active_arm, study.design.comparator_arm]
    given = study.infusions[study.infusions["agent"].isin(treatments)]
    treatments_of = given.groupby("subject")["agent"].nunique()
    alone = treatments_of.index[treatments_of == 1]
    yield from of_people("infusion.one-period", alone)


def third_period(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Infusions of a crossover that no comparison reads: those after the second."""
    later = study.infusions[study.infusions["infusion"] > 2]
    if study.design.design == "crossover" and len(later):
        # It tells what is not read, and is about no group to be left out.
        yield issue("infusion.third-period", count=len(later))


def routes(study: Study, forms: pd.DataFrame, primary: pd.DataFrame) -> Iterator[Issue]:
    """Ketamine by several routes, or by none that is an infusion."""
    ketamine = study.infusions[study.infusions["agent"] == "ketamine"]
    told = ketamine["route"].dropna()
    names = sorted(told.unique())
    if names and not set(names) & set(_INFUSED):
        yield issue("question.route", count=len(told), routes=", ".join(names))
    elif len(names) > 1:
        yield issue("infusion.mixed-routes", count=len(told), routes=", ".join(names))
