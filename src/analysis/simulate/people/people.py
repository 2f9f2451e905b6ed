"""Who is let in: severity in continuous time, what a form reads of it, its items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis import instruments
from analysis.simulate.people.few_hours import Asked, Fluctuation
from analysis.simulate.people.together import Source, Together
from analysis.simulate.people.visit_times import visit_hours
from analysis.simulate.scenarios.scenario import CLUSTERS, NOW_ITEMS, Arrays, World


def recruit(world: World, n: int, rng: Source) -> Arrays:
    """The first n candidates of each trial whose screening total reaches the threshold."""
    generators = rng.generators if isinstance(rng, Together) else [rng]
    sites = [_sites(world, generator) for generator in generators]
    found: list[list[Arrays]] = [[] for _ in generators]
    missing = dict.fromkeys(range(len(generators)), n)
    while missing:
        left = list(missing)
        sizes = [max(20, 2 * missing[trial]) for trial in left]
        source = Together([generators[trial] for trial in left], sizes)
        own = np.stack([sites[trial] for trial in left])
        batch = candidates(world, sum(sizes), source, own)
        enter = enters(world, batch["screening"])
        ends = np.cumsum(sizes)
        for trial, end, size in zip(left, ends, sizes, strict=True):
            rows = end - size + np.flatnonzero(enter[end - size : end])
            found[trial].append({key: values[rows] for key, values in batch.items()})
            missing[trial] -= len(rows)
        missing = {trial: more for trial, more in missing.items() if more > 0}
    people = {
        key: np.concatenate(
            [rows for own_batches in found
             for rows in _first(n, [batch[key] for batch in own_batches])]
        )
        for key in found[0][0]
    }  # fmt: skip
    return people


def enters(world: World, screening: np.ndarray) -> np.ndarray:
    """Who is let in, by the total at screening."""
    if not world.entry_now:
        return screening >= world.entry_threshold
    low, high = world.entry_now
    return np.asarray((screening >= low) & (screening <= high))


def _first(n: int, batches: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The first n rows of several batches."""
    for rows in batches:
        yield rows[:n]
        n = max(n - len(rows), 0)


def _sites(world: World, rng: Source) -> np.ndarray:
    """Level and response of each site (2, sites), points; nothing is drawn for one site."""
    if world.sites == 1:
        return np.zeros((2, 1))
    sds = np.array([[world.site_sd], [world.site_response_sd]])
    return sds * rng.standard_normal((2, world.sites))


def candidates(world: World, n: int, rng: Source, sites: np.ndarray | None = None) -> Arrays:
    """People of the unselected population with their screening totals.

    ``sites`` are those of each trial, (trials, 2, sites); drawn where they are not given.
    """
    trait = world.population_mean + world.trait_sd * rng.standard_normal(n)
    people: Arrays = {
        "cluster": world.cluster_sd * rng.standard_normal((n, 4)),
        "item": world.item_sd * rng.standard_normal((n, 42)),  # PCL-5's 20, then IES-R's 22
    }
    if world.sites > 1:
        level, response = np.moveaxis(_sites(world, rng)[None] if sites is None else sites, 1, 0)
        trial = rng.owner if isinstance(rng, Together) else 0
        people["site"] = rng.integers(0, world.sites, n)
        people["site_response"] = response[trial, people["site"]]
        if world.allocated_by == "site":
            people["responses"] = np.broadcast_to(response[trial], (n, world.sites))
        trait = trait + level[trial, people["site"]]
    window, moment = world.screening_window, world.screening_state
    if world.frugal:
        people |= {"other_day": _other_day(n, rng), "trait": trait}
        now = mean = trait
        for name, (sd, wave) in _fluctuations(world).items():
            people[name] = wave.window_and_end(n, rng)
            now, mean = now + sd * people[name][:, 0], mean + sd / window * people[name][:, 1]
        state = (moment * now + (1 - moment) * mean)[:, None]
        if world.entry_now:
            # What lets in is the rating of another day itself.
            people["entry items"] = items(world, people, "PCL-5-now", now[:, None], 0 * state, rng)
            people["screening"] = people["entry items"].sum((1, 2))
            return people
    else:
        size = world.hours.size
        people["level"] = np.cumsum(
            trait[:, None]
            + _wave(rng, n, size, world.slow_sd, world.slow_hours)
            + _wave(rng, n, size, world.momentary_sd, world.momentary_hours),
            axis=1,
        )
        people["other_day"] = _other_day(n, rng)
        hours = people["other_day"][:, None] / 60
        state = recall(people["level"], hours, window, moment, world.first_hour)
    people["screening"] = items(world, people, "PCL-5", state, 0 * state, rng).sum((1, 2))
    return people


# Hours since the start of the infusion: nobody's rating of another day is earlier.
_EARLIEST = -75


def _other_day(n: int, rng: Source) -> np.ndarray:
    """Minutes of the rating one to three days before the infusion."""
    return np.asarray(-1440 * rng.integers(1, 4, n) + rng.integers(-180, 181, n))


def _wave(rng: Source, n: int, size: int, sd: float, hours: float) -> np.ndarray:
    """Stationary fluctuation seen hourly, one row a person: Ornstein-Uhlenbeck."""
    from scipy.signal import lfilter  # slow to import

    keep = np.exp(-1 / hours)
    shocks = rng.standard_normal((n, size))
    shocks *= sd
    shocks[:, 1:] *= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], shocks, axis=1))


def _fluctuations(world: World) -> dict[str, tuple[float, Fluctuation]]:
    """The two of a frugal world, each with its SD in points; known is what screening asks about."""
    window = world.screening_window
    longest = window + int(world.hours[-1]) - _EARLIEST
    return {
        name: (sd, Fluctuation(hours, window, longest))
        for name, sd, hours in (
            ("slow", world.slow_sd, world.slow_hours),
            ("momentary", world.momentary_sd, world.momentary_hours),
        )
    }


def look(world: World, people: Arrays, rng: Source) -> None:
    """Add what each form of a frugal world reads of severity, once its visits are known."""
    ends, windows = {}, {}
    for table, (name, version, *_) in world.forms.items():
        if name != "CADSS":
            windows[table] = int(instruments.get(name).versions[version])
            ends[table] = hour_of(visit_hours(world, people, table), windows[table])
    starts = {table: ends[table] - window for table, window in windows.items() if window}
    blocks = [*ends.values(), *starts.values()]
    asked = np.column_stack(blocks)
    end = hour_of(people["other_day"] / 60, world.screening_window)
    start = (end - world.screening_window)[:, None]
    level, sums = people["trait"][:, None], people["trait"][:, None] * (asked - start)
    hours = Asked.about(end, world.screening_window, asked)
    for name, (sd, wave) in _fluctuations(world).items():
        values, totals = wave.seen(people[name], hours, rng)
        level, sums = level + sd * values, sums + sd * totals
    cuts = np.cumsum([block.shape[1] for block in blocks])[:-1]
    names = [*((table, "end") for table in ends), *((table, "start") for table in starts)]
    now = dict(zip(names, np.split(level, cuts, axis=1), strict=True))
    upto = dict(zip(names, np.split(sums, cuts, axis=1), strict=True))
    for table, window in windows.items():
        read = now[table, "end"]
        if window:
            mean = (upto[table, "end"] - upto[table, "start"]) / window
            read = world.recall_state * read + (1 - world.recall_state) * mean
        people[f"level {table}"] = read


def hour_of(hours: np.ndarray, window: int) -> np.ndarray:
    """The hour that a form reads: the nearest, or the last whole one of a window."""
    return (np.floor(hours) if window else np.rint(hours)).astype(int)


def recall(
    sums: np.ndarray, hours: np.ndarray, window: int, moment: float, first: int
) -> np.ndarray:
    """What a form reads from a running sum over hours: the moment, and the window's average.

    ``first`` is the hour of the first column; all before it is in its value.
    """
    at = hour_of(hours, window) - first
    upto = np.take_along_axis(sums, at, 1)
    now = upto - np.take_along_axis(sums, at - 1, 1)
    if window == 0:
        return now
    start = at - window
    earlier = np.where(start < 0, 0.0, np.take_along_axis(sums, np.maximum(start, 0), 1))
    return moment * now + (1 - moment) * (upto - earlier) / window


def difficulty(count: int) -> np.ndarray:
    """Item offsets from -0.5 to 0.5 points, in scattered order. Assumption."""
    return (7 * np.arange(count) % count) / (count - 1) - 0.5


def items(
    world: World,
    people: Arrays,
    name: str,
    common: np.ndarray,
    drug: np.ndarray,
    rng: Source,
) -> np.ndarray:
    """Item scores 0-4 (people, visits, items) from severity in points of PCL-5-now.

    A graded response model (Samejima 1969 doi:10.1007/BF03372160) with normal ogives and
    thresholds at 0.5, 1.5, 2.5 and 3.5 of a latent response; items share clusters.
    """
    scale = instruments.get(name)
    at = {number: CLUSTERS[key] for key, members in scale.subscales.items() for number in members}
    cluster = np.array([at[number] for number in scale.numbers])
    number = np.array(scale.numbers) - 1
    first, count = (20, 22) if name == "IES-R" else (0, 20)
    lasting = people["item"][:, first + number] + people["cluster"][:, cluster]
    # In place: these are the largest arrays of a trial.
    latent = drug[:, :, None] * np.array(world.drug_clusters)[cluster]
    latent += common[:, :, None]
    latent /= NOW_ITEMS
    latent += difficulty(count)[number]
    latent += lasting[:, None, :]
    noise = rng.standard_normal(latent.shape)
    noise *= world.noise_sd
    latent += noise
    # Rounded, so that the last bit of a platform's arithmetic cannot move a score.
    np.round(latent, 6, out=latent)
    latent += 0.5
    return np.clip(np.floor(latent, out=latent), 0, 4, out=latent)
