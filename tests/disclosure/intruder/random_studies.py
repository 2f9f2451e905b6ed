"""Studies of people with rare events, in memory or as files; arms of every size.

People are drawn by :func:`analysis.simulate.simulate`; who of them takes part, who is lost, and
what befalls one to nine of them is drawn here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import EXAMPLE, simulate
from analysis.study import (
    ASSESSMENT_COLUMNS,
    EVENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Study,
    with_columns,
)
from tests.small_study import DESIGN

__all__ = ["AGENT", "FILES", "RandomStudy", "draw"]

FILES = ("clinic_zebra_people.csv", "clinic_zebra_infusions.csv", "clinic_zebra_scores.csv",
         "clinic_zebra_cadss.csv", "clinic_zebra_rescue.csv")  # fmt: skip
AGENT = {"ket": "ketamine", "mdz": "midazolam"}
SCORES, CADSS = "pcl5_now", "cadss"
VISITS = ("other day", "before", "3 h", "5 h", "24 h", "72 h", "168 h")
DAY_7 = 168.0


@dataclass(frozen=True)
class RandomStudy:
    """Tables of a study as its clinic holds them; times in hours since the first infusion."""

    people: pd.DataFrame
    infusions: pd.DataFrame
    scores: pd.DataFrame
    cadss: pd.DataFrame
    rescue: pd.DataFrame
    single_arm: bool

    def files(self) -> dict[str, bytes]:
        """The tables as the files of an export."""
        tables = (self.people, self.infusions, self.scores, self.cadss, self.rescue)
        return {
            name: table.to_csv(index=False, lineterminator="\n").encode()
            for name, table in zip(FILES, tables, strict=True)
            if len(table)
        }

    def study(self) -> Study:
        """The study as reading would hand it over, with the digests of its files."""
        number = {label: place for place, label in enumerate(self.people["id"])}
        subjects = self.people.assign(
            subject=self.people["id"].map(number), arm=self.people["arm"].map(AGENT)
        )
        infusions = self.infusions.assign(subject=self.infusions["id"].map(number))
        for edge in ("start", "end"):
            for side in ("low", "high"):
                infusions[f"{edge}_{side}"] = infusions[f"{edge}_hours"]
        infusions["infusion"] = infusions.groupby("subject").cumcount() + 1
        forms = pd.concat(
            [
                _forms(self.scores, "PCL-5-now", "ad-hoc", FILES[2]),
                _forms(self.cadss, "CADSS", "23-item", FILES[3]),
            ],
            ignore_index=True,
        )
        forms["subject"] = forms["id"].map(number)
        forms["form"] = np.arange(len(forms))
        events = pd.DataFrame({
            "subject": self.rescue["id"].map(number), "event": "rescue",
            "hours_low": self.rescue["hours"], "hours_high": self.rescue["hours"],
        })  # fmt: skip
        return Study(
            design=replace(
                DESIGN,
                name="a study",
                title="A study",
                synthetic=False,
                comparator="none" if self.single_arm else "active",
                active_arm="ketamine",
                comparator_arm=None if self.single_arm else "midazolam",
            ),
            subjects=with_columns(subjects, SUBJECT_COLUMNS)[list(SUBJECT_COLUMNS)],
            infusions=with_columns(infusions, INFUSION_COLUMNS)[list(INFUSION_COLUMNS)],
            assessments=with_columns(forms, ASSESSMENT_COLUMNS)[list(ASSESSMENT_COLUMNS)],
            items={},
            events=with_columns(events, EVENT_COLUMNS),
            sources={n: hashlib.sha256(data).hexdigest() for n, data in self.files().items()},
        )

    def write(self, folder: Path) -> Path:
        """The study as a clinic's folder; returns the path of its study.toml."""
        folder.mkdir(parents=True)
        for name, data in self.files().items():
            (folder / name).write_bytes(data)
        path = folder / "study.toml"
        path.write_text(_toml(self), encoding="utf-8")
        return path


def _forms(table: pd.DataFrame, instrument: str, version: str, source: str) -> pd.DataFrame:
    return pd.DataFrame({
        "id": table["id"], "instrument": instrument, "version": version, "recall_hours": 0.0,
        "hours_low": table["hours"], "hours_high": table["hours"],
        "stated_total": table["total"].astype(float), "status": "complete",
        "source": source, "row": np.arange(len(table)) + 2,
    })  # fmt: skip


def _toml(study: RandomStudy) -> str:
    files = study.files()
    arms = 'arms = { ket = "ketamine" }' if study.single_arm else (
        'arms = { ket = "ketamine", mdz = "midazolam" }'
    )  # fmt: skip
    forms = [
        f'[[assessments]]\npath = "{file}"\nsubject = "id"\nhours = "hours"\n'
        f'instrument = "{name}"\nversion = "{version}"\nrecall_hours = 0\ntotal = "total"\n'
        for file, name, version in (
            (FILES[2], "PCL-5-now", "ad-hoc"), (FILES[3], "CADSS", "23-item"),
        )
        if file in files
    ]  # fmt: skip
    rescue = f'[rescue]\npath = "{FILES[4]}"\nsubject = "id"\nhours = "hours"\n'
    return "\n".join([
        '[study]\nname = "a study"\ntitle = "A study"\npopulation = "PTSD"\nsynthetic = false\n'
        f'design = "{"single-arm" if study.single_arm else "parallel"}"\n{arms}\n'
        f'comparator = "{"none" if study.single_arm else "active"}"\nmissing_codes = []\n'
        'primary = "PCL-5-now"\nrandomised = true\nconcurrent = true\nblinded = "double"\n'
        'planned_per_arm = 30\nenrolment_reason = "As many people as the test makes."\n'
        'looks = 1\nregistration = "none"\n',
        f'[subjects]\npath = "{FILES[0]}"\nsubject = "id"\narm = "arm"\n',
        f'[infusions]\npath = "{FILES[1]}"\nsubject = "id"\nagent = "agent"\nstatus = "status"\n'
        'start_hours = "start_hours"\nend_hours = "end_hours"\nstay_end_hours = "stay_end_hours"\n',
        *forms,
        *([rescue] if FILES[4] in files else []),
    ])  # fmt: skip


@cache
def _pool() -> dict[str, pd.DataFrame]:
    """People to draw from: two arms, everyone's totals at every visit."""
    everyone = replace(EXAMPLE, dropout=0.0, missed=0.0, blank=0.0, stopped=0.0)
    tables = simulate(everyone, 120, 20261130)
    for name in (SCORES, CADSS):
        items = tables[name].filter(regex=r"_\d\d$")
        tables[name] = tables[name][["id", "visit", "hours"]].assign(total=items.sum(axis=1))
    return tables


def draw(rng: np.random.Generator) -> RandomStudy:
    """A study of 4 to 60 people."""
    pool = _pool()
    single_arm = bool(rng.random() < 0.15)
    people = _take(pool["subjects"], int(rng.integers(4, 61)), rng, single_arm)
    infusions = pool["infusions"].merge(people[["id"]], on="id")
    scores, cadss = (pool[name].merge(people[["id"]], on="id") for name in (SCORES, CADSS))
    scores = scores[scores["visit"].isin(_visits(rng))]
    scores = _lost(scores, people, rng)
    # One to nine people: a rating before alone, a stopped infusion, rescue, no CADSS.
    single = _some(people["id"], rng)
    scores = scores[~(scores["id"].isin(single) & (scores["visit"] == "other day"))]
    stopped = infusions["id"].isin(_some(people.loc[people["arm"] == "ket", "id"], rng))
    ends = np.where(stopped, infusions["end_hours"] / 2, infusions["end_hours"]).round(3)
    infusions = infusions.assign(end_hours=ends, status=np.where(stopped, "stopped", "completed"))
    unseen = _some(people["id"], rng)
    cadss = cadss[~cadss["id"].isin(unseen if rng.random() < 0.9 else people["id"])]
    # Who is in the table of people and was given nothing is set aside.
    never = _some(people["id"], rng) if rng.random() < 0.3 else people["id"].iloc[:0]
    infusions = infusions[~infusions["id"].isin(never)]
    rescued = _some(people["id"], rng) if rng.random() < 0.5 else people["id"].iloc[:0]
    rescue = pd.DataFrame({"id": rescued, "hours": 1.5})
    if rng.random() < 0.15:
        infusions, scores = _second_session(infusions, scores)
    return RandomStudy(*(t.reset_index(drop=True) for t in
                         (people, infusions, scores, cadss, rescue)), single_arm)  # fmt: skip


def _take(everyone: pd.DataFrame, n: int, rng: np.random.Generator, alone: bool) -> pd.DataFrame:
    """People of the pool under labels of their own, in an order that tells no arm."""
    share = rng.choice([0.5, 0.5, 0.67, 0.85, rng.random()])
    on_ketamine = n if alone else int(np.clip(round(n * share), 1, n - 1))
    own = [
        everyone[everyone["arm"] == arm].sample(size, random_state=int(rng.integers(2**31)))
        for arm, size in (("ket", on_ketamine), ("mdz", n - on_ketamine))
    ]
    return pd.concat(own)[["id", "arm"]].sort_values("id", ignore_index=True)


def _visits(rng: np.random.Generator) -> list[str]:
    chances = dict(zip(VISITS, (0.9, 1.0, 1.0, 0.8, 0.7, 0.4, 0.4), strict=True))
    return [visit for visit, chance in chances.items() if rng.random() < chance]


def _lost(scores: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Without the forms of those who left before, or missed, some visit after the infusion."""
    for visit in VISITS[2:]:
        for arm in ("ket", "mdz"):
            own = people.loc[people["arm"] == arm, "id"]
            most = rng.choice([0, 0, 1, 2, max(1, len(own) // 2)])
            gone = own.sample(min(int(rng.integers(0, most + 1)), len(own)),
                              random_state=int(rng.integers(2**31)))  # fmt: skip
            later = VISITS[VISITS.index(visit) :] if rng.random() < 0.5 else (visit,)
            scores = scores[~(scores["id"].isin(gone) & scores["visit"].isin(later))]
    return scores


def _some(labels: pd.Series, rng: np.random.Generator) -> pd.Series:
    """None of them, or one to nine."""
    most = min(len(labels), int(rng.choice([0, 1, 1, 2, 9])))
    return labels.sample(int(rng.integers(min(most, 1), most + 1)),
                         random_state=int(rng.integers(2**31)))  # fmt: skip


def _second_session(infusions: pd.DataFrame, scores: pd.DataFrame) -> tuple[Any, Any]:
    """Everyone is given the same again a week later, and rated three hours after."""
    times = ["start_hours", "end_hours", "stay_end_hours"]
    again = infusions.assign(**{name: infusions[name] + DAY_7 for name in times})
    after = scores[scores["visit"] == "3 h"]
    repeated = after.assign(hours=after["hours"] + DAY_7, total=after["total"].clip(upper=54) + 1)
    both = pd.concat([scores[scores["hours"] < DAY_7 - 12], repeated])
    return (
        pd.concat([infusions, again]).sort_values(["id", "start_hours"], kind="stable"),
        both.sort_values(["id", "hours"], kind="stable"),
    )
