"""Small made-up studies of every design, each unlike the example, written as a researcher's files.

What differs is what a study has: its arms, sites, infusions, visits, forms, and whether people
were asked to guess or rated for dissociation. ``write_design(folder, "crossover in days")`` writes
one; ``drawn`` makes one up from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import instruments

__all__ = ["DESIGNS", "Made", "drawn", "write", "write_design"]

MIDAZOLAM = {"ket": "ketamine", "mdz": "midazolam"}
NOW = ("PCL-5-now", "ad-hoc", 0)
WEEK = ("PCL-5", "past-week", 168)
MONTH = ("PCL-5", "standard", 720)


@dataclass(frozen=True)
class Made:
    """What a made-up study has.

    Attributes
    ----------
    arms : dict
        Label in the file to treatment.
    per_arm : int
        People.
    visits : tuple of float
        Hours after the end of the infusion.
    forms : tuple
        Instrument, version, recall window (h); the first is the primary one.
    infusions : tuple of float
        Hours after the first at which further ones start.
    effect : float
        Fall per item on ketamine, more than in other arms.
    wide : bool
        One row a person, and visits by name alone: nobody wrote down a time.
    """

    arms: dict[str, str]
    per_arm: int = 14
    visits: tuple[float, ...] = (3.0, 5.0, 24.0, 168.0)
    forms: tuple[tuple[str, str, float], ...] = (NOW,)
    comparator: str = "active"
    design: str = "parallel"
    dissociation: bool = True
    guesses: bool = True
    sites: int = 1
    infusions: tuple[float, ...] = ()
    effect: float = 0.7
    lost: float = 0.1
    wide: bool = False
    seed: int = 3


DESIGNS: dict[str, Made] = {
    "crossover in days": Made(
        MIDAZOLAM, design="crossover", visits=(24.0, 168.0), forms=(WEEK,), infusions=(336.0,),
        dissociation=False, guesses=False,
    ),
    "single arm": Made({"ket": "ketamine"}, comparator="none", design="single-arm", guesses=False),
    "three arms": Made(
        {"low": "ketamine 0.2", "high": "ketamine 0.5", "mdz": "midazolam"}, per_arm=12
    ),
    "week forms only": Made(MIDAZOLAM, forms=(WEEK,), visits=(4.0, 24.0, 168.0)),
    "hours without dissociation or guess": Made(
        MIDAZOLAM, visits=(3.0, 5.0, 24.0), dissociation=False, guesses=False
    ),
    "many sites": Made(MIDAZOLAM, per_arm=24, sites=4, forms=(NOW, WEEK)),
    "two infusions a person": Made(
        MIDAZOLAM, infusions=(72.0,), visits=(3.0, 24.0, 75.0, 168.0), forms=(NOW, WEEK)
    ),
    "visits by name, without times": Made(
        {"ket": "ketamine", "pla": "saline"}, per_arm=13, comparator="passive",
        visits=(168.0, 720.0, 2160.0), forms=(MONTH,), dissociation=False, guesses=False,
        effect=0.4, wide=True,
    ),
}  # fmt: skip


def drawn(seed: int) -> Made:
    """A study that a seed makes up: any of the parts, in any combination that can be declared."""
    rng = np.random.default_rng(seed)
    base = list(DESIGNS.values())[int(rng.integers(len(DESIGNS)))]
    visits = sorted(rng.choice([2.5, 3.0, 5.0, 24.0, 72.0, 168.0, 336.0, 720.0], 3, replace=False))
    return replace(
        base,
        seed=seed,
        per_arm=int(rng.integers(4, 24)),
        effect=float(rng.uniform(-0.3, 1.0)),
        lost=float(rng.choice([0.0, 0.1, 0.4])),
        dissociation=bool(rng.integers(2)) and not base.wide,
        guesses=bool(rng.integers(2)),
        sites=int(rng.integers(1, 4)),
        visits=base.visits if base.wide or base.infusions else tuple(map(float, visits)),
    )


def write_design(folder: Path, name: str, **changes: Any) -> Path:
    """Write a named design, parts of it changed; the path of its study.toml."""
    return write(folder, replace(DESIGNS[name], **changes), name)


def write(folder: Path, made: Made, name: str = "made up", *, synthetic: bool = True) -> Path:
    """Write the files of a study, and return its study.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(made.seed)
    people = _people(made, rng)
    people.drop(columns="order").to_csv(folder / "subjects.csv", index=False)
    _infusions(made, people).to_csv(folder / "infusions.csv", index=False)
    tables = []
    for number, form in enumerate(made.forms):
        rows = _forms(made, people, form, rng)
        _wide(rows).to_csv(folder / f"form_{number}.csv", index=False) if made.wide else \
            rows.to_csv(folder / f"form_{number}.csv", index=False)  # fmt: skip
        tables.append(_table(made, number, form))
    if made.dissociation:
        _dissociation(made, people, rng).to_csv(folder / "cadss.csv", index=False)
        tables.append(CADSS)
    path = folder / "study.toml"
    path.write_text(_toml(made, name, tables, synthetic), encoding="utf-8")
    return path


def _people(made: Made, rng: np.random.Generator) -> pd.DataFrame:
    crossover = made.design == "crossover"
    labels = list(made.arms)
    n = made.per_arm * len(labels)
    order = [labels[index % len(labels)] for index in range(n)]
    people = pd.DataFrame({"id": [f"P{index:03d}" for index in range(n)], "order": order})
    if not crossover:
        people["arm"] = people["order"]
    # A file of one column would not tell its separator.
    people["site"] = "site 1"
    if made.sites > 1:
        people["site"] = [f"site {index // len(labels) % made.sites + 1}" for index in range(n)]
    if made.guesses:
        right = rng.random(n) < 0.6
        other = {label: labels[(place + 1) % len(labels)] for place, label in enumerate(labels)}
        told = [own if hit else other[own] for own, hit in zip(order, right, strict=True)]
        people["guess"] = [made.arms[label] for label in told]
    return people


def _treatments(made: Made, label: str) -> list[str]:
    """What a person is given, infusion by infusion."""
    if made.design != "crossover":
        return [made.arms[label]] * (1 + len(made.infusions))
    labels = list(made.arms)
    start = labels.index(label)
    return [made.arms[labels[(start + k) % len(labels)]] for k in range(1 + len(made.infusions))]


def _infusions(made: Made, people: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for person, label in people[["id", "order"]].itertuples(index=False):
        starts = (0.0, *made.infusions)
        for start, agent in zip(starts, _treatments(made, label), strict=True):
            drug = agent.split()[0]
            rows.append({"id": person, "agent": drug, "start": start, "end": start + 2 / 3})
    return pd.DataFrame(rows)


def _moments(made: Made) -> list[tuple[float, int]]:
    """Hours since the first start, and which infusion they follow; the ratings before are first."""
    before = [(-26.0, -1), (-1.0, -1)] if not made.wide else [(-24.0, -1)]
    if made.design == "crossover":
        starts = (0.0, *made.infusions)
        after = [(s + 2 / 3 + h, k) for k, s in enumerate(starts) for h in made.visits]
        return before + after
    ends = [s + 2 / 3 for s in (0.0, *made.infusions)]
    moments = [2 / 3 + h for h in made.visits]
    return before + [(m, max(k for k, end in enumerate(ends) if end < m)) for m in moments]


def _forms(
    made: Made, people: pd.DataFrame, form: tuple[str, str, float], rng: np.random.Generator
) -> pd.DataFrame:
    name, version, _ = form
    numbers = list(instruments.get(name).item_numbers(version))
    rows = []
    for person, label in people[["id", "order"]].itertuples(index=False):
        own, given = rng.normal(2.4, 0.4), _treatments(made, label)
        for place, (hours, latest) in enumerate(_moments(made)):
            if latest >= 0 and rng.random() < made.lost:
                continue
            fall = 0.2 if latest >= 0 else 0.0
            if latest >= 0 and given[latest].startswith("ketamine"):
                fall += made.effect
            items = np.clip(np.round(rng.normal(own - fall, 0.9, len(numbers))), 0, 4).astype(int)
            late = float(rng.uniform(0, 0.2)) if latest >= 0 else 0.0
            row = {"id": person, "hours": round(hours + late, 2), "visit": place}
            rows.append(
                row | {f"q{item:02d}": int(v) for item, v in zip(numbers, items, strict=True)}
            )
    return pd.DataFrame(rows)


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a person, the visits side by side, no time."""
    items = [column for column in rows if column.startswith("q")]
    wide = rows.pivot(index="id", columns="visit", values=items)
    wide.columns = [f"{item}_v{visit}" for item, visit in wide.columns]
    return wide.astype("Int64").reset_index()


def _dissociation(made: Made, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    numbers = list(instruments.get("CADSS").item_numbers("23-item"))
    rows = []
    for person, label in people[["id", "order"]].itertuples(index=False):
        ketamine = _treatments(made, label)[0].startswith("ketamine")
        for hours, mean in ((-0.5, 0.1), (0.5, 1.2 if ketamine else 0.4), (2.0, 0.2), (4.5, 0.1)):
            items = np.clip(np.round(rng.normal(mean, 0.5, len(numbers))), 0, 4).astype(int)
            row: dict[str, Any] = {"id": person, "hours": hours}
            rows.append(
                row | {f"d{item:02d}": int(v) for item, v in zip(numbers, items, strict=True)}
            )
    return pd.DataFrame(rows)


def _table(made: Made, number: int, form: tuple[str, str, float]) -> str:
    name, version, recall = form
    lines = ["[[assessments]]", f'path = "form_{number}.csv"', 'subject = "id"',
             f'instrument = "{name}"', f'version = "{version}"',
             f"recall_hours = {recall:g}"]  # fmt: skip
    if made.wide:
        at = ", ".join(f"v{k} = {hours:.0f}" for k, (hours, _) in enumerate(_moments(made)))
        return "\n".join([*lines, 'items = "q{:02d}_{visit}"', f"visits = {{ {at} }}"])
    return "\n".join([*lines, 'hours = "hours"', 'items = "q{:02d}"'])


CADSS = """[[assessments]]
path = "cadss.csv"
subject = "id"
hours = "hours"
instrument = "CADSS"
version = "23-item"
recall_hours = 0
items = "d{:02d}\""""


def _toml(made: Made, name: str, tables: list[str], synthetic: bool) -> str:
    arms = ", ".join(f'"{label}" = "{treatment}"' for label, treatment in made.arms.items())
    columns = [f'{key} = "{column}"' for key, column in
               (("arm", "arm"), ("site", "site"), ("blinding_guess", "guess"))
               if {"arm": made.design != "crossover", "site": made.sites > 1,
                   "guess": made.guesses}[column]]  # fmt: skip
    several = made.comparator != "none"
    return "\n".join(
        [
            "[study]",
            f'name = "{name.replace(",", "")}"',
            'population = "PTSD"',
            f"synthetic = {str(synthetic).lower()}",
            f'design = "{made.design}"',
            f"arms = {{ {arms} }}",
            f'comparator = "{made.comparator}"',
            *(["randomised = true", "concurrent = true", 'blinded = "double"'] if several else []),
            f"planned_per_arm = {made.per_arm}",
            "looks = 1",
            'registration = "none"',
            *(['times = "nominal"'] if made.wide else []),
            f'primary = "{made.forms[0][0]}"',
            "",
            "[subjects]",
            'path = "subjects.csv"',
            'subject = "id"',
            *columns,
            "",
            "[infusions]",
            'path = "infusions.csv"',
            'subject = "id"',
            'agent = "agent"',
            'start_hours = "start"',
            'end_hours = "end"',
            "",
            "\n\n".join(tables),
            "",
        ]
    )
