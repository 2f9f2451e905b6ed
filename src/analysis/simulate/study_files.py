"""Any world's trial as a study that can be read: tables, study.toml and README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis import instruments
from analysis.simulate.cohort import simulate
from analysis.simulate.scenarios.declared import Declared, declared
from analysis.simulate.scenarios.scenario import World, in_use
from analysis.writing import write_atomic

_README = """# This study is synthetic

No real person is in these files. `analysis.simulate.write_study` wrote them from seed {seed},
{n} participants per arm. Each file says `synthetic` in its name and in the first column of its
header, and `yes` in every row. Nothing about real people can be learnt from them.

The world that made them:

{world}
"""


def synthetic_csv(table: pd.DataFrame) -> bytes:
    """The table as CSV that says in its header and in each row that it is synthetic."""
    text = table.copy()
    for name in map(str, text.select_dtypes("float")):
        if name.endswith("hours"):
            text[name] = text[name].map("{:.3f}".format)
        elif name != "dose_mg_per_kg":
            text[name] = text[name].astype("Int64")
    text.insert(0, "synthetic", "yes")
    return text.to_csv(index=False, lineterminator="\n").encode()


def write_study(world: World, n_per_arm: int, seed: int, folder: Path) -> Path:
    """Write a trial of any world as a synthetic study, the same bytes for the same seed.

    Parameters
    ----------
    world : World
        How the cohort comes about.
    n_per_arm : int
        People in each arm, the smaller where they differ.
    seed : int
        Source of randomness; ``trial`` and ``simulate`` draw the same people from it.
    folder : Path
        Where to write; made if it does not exist.

    Returns
    -------
    Path
        The study.toml, for ``read_study``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = simulate(world, n_per_arm, seed)
    said = declared(world, n_per_arm, len(tables["subjects"]))
    for name, table in tables.items():
        write_atomic(folder / f"{name}_synthetic.csv", synthetic_csv(table))
    values = "\n".join(f"- `{name}` = {value}" for name, value in in_use(world).items())
    readme = _README.format(seed=seed, n=n_per_arm, world=values)
    write_atomic(folder / "README.md", readme.encode())
    path = folder / "study.toml"
    write_atomic(path, _study_toml(world, said, seed).encode())
    return path


def _study_toml(world: World, said: Declared, seed: int) -> str:
    """What the study declares of itself: the columns of each table, and that it is synthetic."""
    subjects = {"entry_threshold": "entry_threshold", "blinding_guess": "guess"}
    if not world.washout:  # in a crossover the first infusion tells
        subjects = {"arm": "arm", **subjects}
    if world.sites > 1:
        subjects["site"] = "site"
    kept = ("agent", "dose_mg_per_kg", "route", "status", "start_hours", "end_hours")
    infusions = {name: name for name in (*kept, "stay_end_hours")}
    study = {
        "name": "simulated",
        "title": f"Simulated trial (synthetic): ketamine or midazolam, "
        f"{sum(said.planned_per_arm.values())} people",
        "population": "PTSD",
        "synthetic": True,
        "design": "crossover" if world.washout else "parallel",
        "comparator": "active",
        "randomised": said.randomised,
        "concurrent": said.concurrent,
        "blinded": "double",
        "planned_per_arm": said.planned_per_arm,
        "looks": said.looks,
        "registration": "none",
        "missing_codes": ["-9"],
        "primary": world.forms[world.primary][0],
    }
    if said.looks > 1:
        study["look_level"] = said.look_level
    if said.enrolment_reason:
        study["enrolment_reason"] = said.enrolment_reason
    blocks = [
        _block("[study]", study) + 'arms = { ket = "ketamine", mdz = "midazolam" }\n',
        _block("[subjects]", {**_file("subjects"), **subjects}),
        _block("[infusions]", {**_file("infusions"), **infusions}),
    ]
    for table, (name, version, _, _) in world.forms.items():
        scale = instruments.get(name)
        form = {
            **_file(table),
            "hours": "hours",
            "instrument": name,
            "version": version,
            "recall_hours": scale.versions[version],
            "items": scale.item_ids,
        }
        blocks.append(_block("[[assessments]]", form | _total(table)))
    return (
        f"# Synthetic: made by analysis.simulate from seed {seed}. No real person is in it.\n"
        + ("\n".join(blocks))
    )


def _file(table: str) -> dict[str, str]:
    return {"path": f"{table}_synthetic.csv", "subject": "id"}


def _total(table: str) -> dict[str, str]:
    return {"total": "total"} if table == "pcl5_now" else {}


def _block(header: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join([header, *lines]) + "\n"


def _value(value: object) -> str:
    """A value as TOML: as in JSON, but for what has names."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(own)}" for key, own in value.items()) + " }"
    return json.dumps(value)
