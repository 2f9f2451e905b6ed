"""A cohort simulated item by item, and exported as its site would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.simulate.people.course import answers
from analysis.simulate.people.infusions import cross, treat
from analysis.simulate.people.missing_data import departures, unfilled
from analysis.simulate.people.people import recruit
from analysis.simulate.people.reporting import best_instrument, reported
from analysis.simulate.people.together import Together
from analysis.simulate.people.visit_times import visit_hours
from analysis.simulate.scenarios.scenario import GUESSES, Arrays, World


def simulate(
    world: World, n_per_arm: int, rng: np.random.Generator | int
) -> dict[str, pd.DataFrame]:
    """One trial as its site would export it.

    Parameters
    ----------
    world : World
        How the cohort comes about.
    n_per_arm : int
        People in each of the two arms, the smaller where they differ.
    rng : Generator or int
        Source of randomness, or a seed.

    Returns
    -------
    dict of DataFrame
        ``subjects``, ``infusions``, ``pcl5_now``, ``pcl5_week``, ``iesr``, ``cadss`` with
        the columns of the example study's files: hours since the start of the infusion, to
        the minute; items in points, NaN where blank. A world without a right-now form has
        no ``pcl5_now``; one with several sites has ``site`` in ``subjects``; one with a second
        infusion has ``period`` in the other tables, and hours since the first one's start.
    """
    rng = np.random.default_rng(rng)
    people, items, _ = draw(world, n_per_arm, [rng])
    tables = _export(world, people, items)
    if not world.washout:
        return tables
    second = _export(world, *_second(world, people, items, rng), start=world.washout)
    there = ~_left(world, items)
    second["infusions"] = second["infusions"][there]
    return {name: _periods(name, table, second[name]) for name, table in tables.items()}


def draw(
    world: World, n_per_arm: int, generators: Sequence[np.random.Generator]
) -> tuple[Arrays, Arrays, list[int]]:
    """The people of some trials and the items of each table, lost ones as NaN.

    Trials stand one under the other, each drawn from its own generator; the third value is how
    many people each has.
    """
    size = world.people_per_n * n_per_arm
    rng = Together(generators, [size] * len(generators))
    people = recruit(world, size, rng)
    treat(world, people, rng)
    complete = {table: answers(world, people, table, rng) for table in world.forms}
    if world.instruments_tried > 1:
        complete[world.primary] = best_instrument(world, people, rng, len(generators))
    gone = departures(world, people, complete[world.primary], rng)
    return reported(world, people, unfilled(world, complete, gone, rng), rng)


def _left(world: World, items: Arrays) -> np.ndarray:
    """Who has no primary form at the last visits, and so no second infusion."""
    return np.asarray(np.isnan(items[world.primary][:, -2:]).all(axis=(1, 2)))


def _second(
    world: World, people: Arrays, items: Arrays, rng: np.random.Generator
) -> tuple[Arrays, Arrays]:
    """The same people around their second infusion, and their items."""
    second = cross(world, people, rng)
    complete = {table: answers(world, second, table, rng, people) for table in world.forms}
    gone = departures(world, second, complete[world.primary], rng, _left(world, items))
    return second, unfilled(world, complete, gone, rng)


def _periods(name: str, first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """The rows of both periods, person by person."""
    if name == "subjects":
        return first
    both = pd.concat([first.assign(period=1), second.assign(period=2)])
    return both.sort_values("id", kind="stable", ignore_index=True)


def _export(world: World, people: Arrays, items: Arrays, start: int = 0) -> dict[str, pd.DataFrame]:
    ketamine, minutes, stopped = people["ketamine"], people["minutes"], people["stopped"]
    label = np.array([f"EX{number:03d}" for number in range(1, len(ketamine) + 1)])
    planned = np.where(ketamine, people["dose"], 0.045)
    subjects = {
        "id": label,
        "arm": np.where(ketamine, "ket", "mdz"),
        "entry_threshold": world.entry_now[0] if world.entry_now else world.entry_threshold,
        "screening_total": people["screening"].astype(int),
        "guess": GUESSES[people["guess"]],
    }
    if "site" in people:
        subjects["site"] = np.array([f"site {number}" for number in people["site"] + 1])
    infusions = {
        "id": label,
        "agent": np.where(ketamine, "ketamine", "midazolam"),
        "dose_mg_per_kg": np.where(stopped, np.round(planned * minutes / 40, 3), planned),
        "route": "intravenous",
        "status": np.where(stopped, "stopped", "completed"),
        "start_hours": float(start),
        "end_hours": start + np.round(minutes / 60, 3),
        "stay_end_hours": start + np.round(people["stay_end"] / 60, 3),
    }
    tables = {"subjects": pd.DataFrame(subjects), "infusions": pd.DataFrame(infusions)}
    for table, values in items.items():
        hours = start + visit_hours(world, people, table)
        tables[table] = _long(world, table, label, hours, values)
    return tables


def _long(
    world: World, table: str, label: np.ndarray, hours: np.ndarray, values: np.ndarray
) -> pd.DataFrame:
    """One row a form that was filled in."""
    scale, visits = instruments.get(world.forms[table][0]), np.array(world.forms[table][2])
    who, when = np.nonzero(~np.isnan(values).all(axis=2))
    names = [scale.item_ids.format(number) for number in scale.numbers]
    table_of_items = pd.DataFrame(values[who, when], columns=names)
    if table == "pcl5_now":
        table_of_items["total"] = values[who, when].sum(axis=1)
    for place, (name, column) in enumerate(
        {"id": label[who], "visit": visits[when], "hours": hours[who, when]}.items()
    ):
        table_of_items.insert(place, name, column)
    return table_of_items
