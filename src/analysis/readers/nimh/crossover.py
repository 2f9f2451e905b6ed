"""The NIMH ketamine crossover (OpenNeuro ds005917): a real trial, in depression, in days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.errors import Issue
from analysis.readers.nimh.bids import MISSING, read_tsv
from analysis.readers.open_data.fetch import fetch
from analysis.readers.roles.people_order import number_by_content, numbered
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal
from analysis.study import ASSESSMENT_COLUMNS, INFUSION_COLUMNS, SUBJECT_COLUMNS, Design, Study

__all__ = ["GROUPS", "read_identifiers", "read_nimh"]

NAME = "nimh-ketamine-ds005917"
PEOPLE = "participants.tsv"
SCORES = "phenotype.tsv"
PEOPLE_HEADER = ("participant_id", "age", "sex", "BMI", "group", "infusion_1", "infusion_2")
SCALES = {"MADRS_Total": "MADRS", "HAMD_Bech": "HAM-D6", "HAM17_Total": "HAM-D17"}
SCORES_HEADER = ("participant_id", "session_id", *SCALES)
GROUPS = {"MDD": "depression", "BP": "bipolar depression", "HC": "healthy volunteers"}
AGENTS = {"d": "ketamine", "p": "placebo"}
SEQUENCES = {"d": "ketamine-placebo", "p": "placebo-ketamine"}
BASELINE = "ses-b0"
# A session after an infusion: which treatment, and how many days after it.
SESSIONS = {"ses-d2": ("d", 2), "ses-d10": ("d", 10), "ses-p2": ("p", 2), "ses-p10": ("p", 10)}
HOURS_PER_DAY = 24


def _people(table: TextTable) -> pd.DataFrame:
    """Identifier, group, first and second infusion; every cell one of the declared codes."""
    ids, group = table.cells["participant_id"], table.cells["group"]
    blank = ids.isin(["", MISSING])
    table.refuse("published.blank-id", blank, "participant_id")
    table.refuse("subject.duplicate", ids.duplicated(), "participant_id")
    table.refuse("published.group", ~group.isin(GROUPS), "group", groups=", ".join(GROUPS))
    codes = [*AGENTS, MISSING]
    for column in ("infusion_1", "infusion_2"):
        wrong = ~table.cells[column].isin(codes)
        table.refuse("infusion.unknown", wrong, column, codes=", ".join(codes))
    first, second = table.cells["infusion_1"], table.cells["infusion_2"]
    backwards = (second != MISSING) & ((first == MISSING) | (first == second))
    table.refuse("infusion.order", backwards, "infusion_2")
    return table.cells[["participant_id", "group", "infusion_1", "infusion_2"]]


def _totals(table: TextTable, column: str) -> pd.Series:
    """A scale's totals in points, NaN for ``n/a``; anything else is refused."""
    text = table.cells[column]
    low, high = instruments.get(SCALES[column]).total_range("standard")
    given = text != MISSING
    limits = {"low": f"{low:g}", "high": f"{high:g}"}
    plain = text.str.fullmatch(r"[0-9]{1,3}")
    table.refuse("score.not-a-number", given & ~plain, column, **limits, missing=MISSING)
    totals = text.where(given).astype(float)
    outside = (totals < low) | (totals > high)
    table.refuse("score.out-of-range", outside, column, **limits, scale=SCALES[column], hint="")
    return totals


def _sessions(table: TextTable, people: pd.DataFrame) -> pd.DataFrame:
    """One row a session: the totals, and which infusion it follows by how many days.

    ``infusion`` is 1 or 2 and ``day`` 2 or 10; both are NaN at baseline.
    """
    ids, session = table.cells["participant_id"], table.cells["session_id"]
    strangers = ~ids.isin(people["participant_id"])
    table.refuse("published.stranger", strangers, "participant_id", people=PEOPLE)
    names = [BASELINE, *SESSIONS, MISSING]
    unknown = ~session.isin(names)
    table.refuse("session.unknown", unknown, "session_id", sessions=", ".join(names))
    twice = table.cells.duplicated(["participant_id", "session_id"])
    table.refuse("session.duplicate", twice, "session_id")
    agent = session.map({name: after[0] for name, after in SESSIONS.items()})
    given = people.set_index("participant_id").reindex(ids).reset_index(drop=True)
    infusion = pd.Series(np.nan, index=session.index)
    for number in (1, 2):
        infusion[given[f"infusion_{number}"] == agent] = number
    orphans = agent.notna() & infusion.isna()
    table.refuse("session.no-infusion", orphans, "session_id", people=PEOPLE)
    day = session.map({name: float(after[1]) for name, after in SESSIONS.items()})
    totals = {column: _totals(table, column) for column in SCALES}
    return table.cells.assign(
        row=table.rows, infusion=infusion, day=day, group=given["group"], **totals
    )


def _infusions(people: pd.DataFrame) -> pd.DataFrame:
    """One row an infusion that was given. Only the first start is known: it is the clock's zero."""
    long = people.rename(columns={"participant_id": "id", "infusion_1": 1, "infusion_2": 2}).melt(
        id_vars="id", value_vars=[1, 2], var_name="infusion", value_name="agent"
    )
    long = long.assign(agent=long["agent"].map(AGENTS), infusion=long["infusion"].astype(int))
    long = long[long["agent"].notna()]
    zero = np.where(long["infusion"] == 1, 0.0, np.nan)
    return long.assign(start_hours=zero, start_low=zero, start_high=zero, status="given")


def _forms(sessions: pd.DataFrame, infused: pd.Series) -> pd.DataFrame:
    """One row a score. A session's day is a day on the calendar, so its hours span two days."""
    sessions = sessions[sessions["session_id"] != MISSING]
    known = ["participant_id", "session_id", "row", "infusion", "day"]
    long = sessions.melt(id_vars=known, var_name="scale", value_vars=list(SCALES), value_name="sum")
    long = long[long["sum"].notna()]
    scale = long["scale"].map(SCALES)
    recall = {name: float(instruments.get(name).recall_hours) for name in SCALES.values()}
    low, high = (long["day"] - 1) * HOURS_PER_DAY, (long["day"] + 1) * HOURS_PER_DAY
    baseline = (long["session_id"] == BASELINE) & long["participant_id"].isin(infused)
    first = long["infusion"] == 1
    return pd.DataFrame(
        {
            "id": long["participant_id"],
            "instrument": scale,
            "version": "standard",
            "recall_hours": scale.map(recall),
            "hours_low": low.where(first).mask(baseline, -np.inf),
            "hours_high": high.where(first).mask(baseline, 0.0),
            "stated_total": long["sum"],
            "status": "complete",
            "source": SCORES,
            "row": long["row"],
            "infusion": long["infusion"],
            "since_low": low,
            "since_high": high,
        }
    )


def _score_issues(table: TextTable, sessions: pd.DataFrame) -> list[Issue]:
    """Rows of the whole file, all groups, that lack the session or scores."""
    lost = sessions["session_id"] == MISSING
    blank = sessions[list(SCALES)].isna().all(axis=1)
    found: list[tuple[str, pd.Series, str | None, dict[str, object]]] = [
        ("session.missing", lost, "session_id", {}),
        ("session.blank", blank, None, {"lost": int((lost & blank).sum())}),
    ]
    for column, name in SCALES.items():
        unrated = sessions[column].isna() & ~blank & ~lost
        found.append(("form.missing", unrated, column, {"scale": name}))
    return [
        said
        for rule, mask, column, fields in found
        for said in table.note(rule, mask, column, **fields)
    ]


def _people_issues(people: pd.DataFrame, group: str) -> list[Issue]:
    """Who is set aside by the declared rule, and who of the group was infused once only.

    People never infused stay in the study; the checks set them aside and count them.
    """
    found = []
    for other in GROUPS:
        n = int((people["group"] == other).sum())
        if n and other != group:
            told = issue(
                "group.set-aside",
                file=PEOPLE,
                column="group",
                count=n,
                other=other,
                words=GROUPS[other],
                analysed=GROUPS[group],
            )
            found.append(told)
    single = (people["infusion_1"] != MISSING) & (people["infusion_2"] == MISSING)
    once = int((single & (people["group"] == group)).sum())
    if once:
        found.append(issue("subject.one-infusion", file=PEOPLE, column="infusion_2", count=once))
    return found


def _time_issues(infusions: pd.DataFrame, forms: pd.DataFrame) -> list[Issue]:
    after = int(forms["since_low"].notna().sum())
    return [
        issue("time.sessions", file=SCORES, column="session_id", count=after),
        issue("infusion.order-only", file=PEOPLE, count=len(infusions)),
    ]


def _design(group: str) -> Design:
    return Design(
        name="nimh",
        title=f"NIMH ketamine crossover: a real trial, {GROUPS[group]}, scores in days",
        population=GROUPS[group],
        synthetic=False,
        design="crossover",
        comparator="passive",
        primary="MADRS",
        active_arm="ketamine",
        comparator_arm="placebo",
        # The files tell neither how people were allocated nor who was blind; nothing is declared.
        times="nominal",
    )


def _assemble(people: pd.DataFrame, sessions: pd.DataFrame, group: str) -> Study:
    """The study of one group: subjects, infusions and forms under numbers given by content."""
    infusions = _infusions(people)
    forms = _forms(sessions, infusions["id"])
    sequence = people["infusion_1"].map(SEQUENCES)
    subjects = pd.DataFrame({"id": people["participant_id"], "sequence": sequence, "group": group})
    content = [subjects, infusions, forms.drop(columns=["source", "row"])]
    number = number_by_content(subjects["id"], content, "id")
    time = ("instrument", "infusion", "since_low")
    assessments = numbered(forms, number, ASSESSMENT_COLUMNS, *time)
    assessments["form"] = np.arange(len(assessments))
    return Study(
        design=_design(group),
        subjects=numbered(subjects, number, SUBJECT_COLUMNS),
        infusions=numbered(infusions, number, INFUSION_COLUMNS, "infusion"),
        assessments=assessments,
        items={},
        issues=tuple(_time_issues(infusions, forms)),
    )


def read_nimh(folder: Path | None = None, *, group: str = "MDD") -> Study:
    """Read one group of the NIMH ketamine crossover (OpenNeuro ds005917 v1.0.1, NCT00088699).

    Parameters
    ----------
    folder : Path, optional
        Holds participants.tsv and phenotype.tsv. Left out, the published files are looked
        for and, if need be, downloaded: :func:`analysis.readers.open_data.fetch.fetch`.
    group : {"MDD", "BP", "HC"}
        Depression, bipolar depression or healthy volunteers. The groups are never pooled:
        the others are set aside and counted in ``issues``.

    Returns
    -------
    Study
        ``subjects`` has the further column ``group``; ``arm`` is NaN, since everybody was
        to have both treatments, and ``sequence`` is the order that the first infusion
        shows ("ketamine-placebo" or "placebo-ketamine"), NaN for people never infused.

        ``infusions`` has the infusions given. The first starts at 0 by definition of the
        clock; every other time, the dose and the route are NaN, since the files tell none.

        ``assessments`` has one row for each total of MADRS, HAM-D6 and HAM-D17 (points;
        items are not published). Times in hours: "day 2" is a calendar day, so
        ``since_low`` to ``since_high`` is 24 to 72 h after the start of the infusion
        numbered ``infusion``, and day 10 is 216 to 264 h. ``hours_low`` to ``hours_high``
        is the same for the first infusion and NaN for the second, whose start is unknown.
        A baseline lies at an unknown time before the first infusion, from -inf to 0, and
        is NaN for people never infused, who have no clock. The second infusion has none.

        ``issues`` counts rows without a session or a score over the whole file.

    Raises
    ------
    ReliefError
        A header, code, session or score that the data dictionary does not allow: file,
        1-based row and column, never the value.
    DataUnavailable
        No folder was given, and the published files were neither found nor downloadable.

    References
    ----------
    Evans JW, Nugent AC, Zarate CA. NIMH Ketamine Mechanism of Action Study. OpenNeuro,
    version 1.0.1. doi:10.18112/openneuro.ds005917.v1.0.1 (CC0).
    """
    if group not in GROUPS:
        raise refusal("group.unknown", groups=", ".join(GROUPS))
    folder = fetch(NAME) if folder is None else folder
    roster = read_tsv(folder / PEOPLE, PEOPLE_HEADER)
    scores = read_tsv(folder / SCORES, SCORES_HEADER)
    people = _people(roster)
    sessions = _sessions(scores, people)
    own = people[people["group"] == group]
    if own.empty:
        raise refusal("group.empty", file=PEOPLE, group=group)
    study = _assemble(own, sessions[sessions["group"] == group], group)
    found = (
        *roster.issues,
        *scores.issues,
        *_score_issues(scores, sessions),
        *_people_issues(people, group),
        *study.issues,
    )
    return replace(
        study, issues=found, sources={roster.file: roster.sha256, scores.file: scores.sha256}
    )


def read_identifiers() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Every identifier in the file of people, all groups, and the people of each group.

    Only to look for them in what leaves: a :class:`Study` holds none.

    Raises
    ------
    ReliefError, DataUnavailable
        As :func:`read_nimh`.
    """
    people = _people(read_tsv(fetch(NAME) / PEOPLE, PEOPLE_HEADER))
    return tuple(people["participant_id"]), tuple(people["group"].value_counts().tolist())
