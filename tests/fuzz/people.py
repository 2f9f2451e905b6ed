"""What can happen to people and arms of a study before it is exported."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.factory import TOKEN
from tests.fuzz.seeds import Content

_Rows = list[dict[str, Any]]
_OTHER = {"ket": "mdz", "mdz": "ket", "ketamine": "midazolam", "midazolam": "ketamine"}
_AROUND = ["{} ", " {}", "{}\t", "{}\u00a0", "{}\n", "\u200b{}", "{}."]
_AGENTS = ["saline", "esketamine", "Ketamine HCl", "", "midazolam", "ketamine", f"{TOKEN} 40 mg"]


def _some(rows: _Rows, random: Random) -> _Rows:
    """One row, a few, most or all."""
    return random.sample(rows, random.choice([1, 1, 3, len(rows) // 2, len(rows) - 1, len(rows)]))


def _other(value: Any) -> Any:
    return _OTHER.get(value, value)


def _two_arms(made: Content, random: Random) -> None:
    """People listed twice, with two arms or with one and none."""
    people = made["subjects"]
    for row in _some(people, random):
        arm = random.choice([_other(row.get("arm")), _other(row.get("arm")), ""])
        people.insert(random.randint(0, len(people)), row | {"arm": arm})


def _listed_twice(made: Content, random: Random) -> None:
    """People listed twice, with another word in one column."""
    people = made["subjects"]
    for row in _some(people, random):
        people.append(row | {random.choice(list(row)): random.choice(["", "1", "unsure"])})


def _people_swapped(made: Content, random: Random) -> None:
    """Rows of two people under each other's names, in one table or a part of it."""
    rows = made[random.choice(list(made))]
    one, other = (random.choice(rows)["id"] for _ in range(2))
    share = random.choice([1.0, 0.5])
    for row in rows:
        if row["id"] in (one, other) and random.random() < share:
            row["id"] = other if row["id"] == one else one


def _people_merged(made: Content, random: Random) -> None:
    """Two or more people under one name, in every table or in one."""
    names = [row["id"] for row in _some(made["subjects"], random)]
    tables = random.choice([list(made), [random.choice(list(made))]])
    for row in (row for name in tables for row in made[name]):
        if row["id"] in names:
            row["id"] = names[0]


def _arms_blank(made: Content, random: Random) -> None:
    for row in _some(made["subjects"], random):
        row["arm"] = ""


def _arms_swapped(made: Content, random: Random) -> None:
    """Some people in the other arm, whatever they were given."""
    for row in _some(made["subjects"], random):
        row["arm"] = _other(row.get("arm"))


def _agents(made: Content, random: Random) -> None:
    """Some infusions of another agent than the arm."""
    agent = random.choice([None, None, *_AGENTS])
    for row in _some(made["infusions"], random):
        row["agent"] = _other(row.get("agent")) if agent is None else agent


def _left(made: Content, keep: set[Any]) -> None:
    for name, rows in made.items():
        # A table keeps its header: one row of nobody where none is left.
        made[name] = [row for row in rows if row["id"] in keep] or [dict.fromkeys(rows[0], "")]


def _small_arm(made: Content, random: Random) -> None:
    """An arm of none, one, two; the people gone from everywhere, or only scores of them."""
    people = made["subjects"]
    arm = random.choice(["ket", "mdz"])
    own = [row["id"] for row in people if row.get("arm") == arm]
    gone = set(own[random.choice([0, 1, 1, 2, 3, 5]) :])
    others = {row["id"] for row in people} - gone
    tables = [name for name in made if name != "subjects"]
    part = {name: made[name] for name in random.choice([list(made), tables, tables[1:]])}
    _left(part, others)
    made |= part


def _few_people(made: Content, random: Random) -> None:
    people = [row["id"] for row in made["subjects"]]
    _left(made, set(random.sample(people, random.choice([1, 2, 3, min(len(people), 7)]))))


def _in_one_table_only(made: Content, random: Random) -> None:
    """People in the list and nowhere else, or everywhere but in the list."""
    names = {row["id"] for row in _some(made["subjects"], random)}
    tables = [name for name in made if name != "subjects"]
    lost = random.choice([["subjects"], tables, [random.choice(tables)]])
    for name in lost:
        rows = made[name]
        made[name] = [row for row in rows if row["id"] not in names] or rows[:1]


def _names_padded(made: Content, random: Random) -> None:
    """Names with white space around them, in all rows of a table or in some."""
    rows = made[random.choice(list(made))]
    around = random.choice(_AROUND)
    for row in _some(rows, random):
        row["id"] = around.format(row["id"])


def _names_in_another_case(made: Content, random: Random) -> None:
    rows = made[random.choice(list(made))]
    for row in _some(rows, random):
        row["id"] = random.choice([str.upper, str.lower, str.title])(row["id"])


def _names_all_alike(made: Content, random: Random) -> None:
    """Everybody of a table under one name."""
    rows = made[random.choice(list(made))]
    for row in rows:
        row["id"] = rows[0]["id"]


def _forms_alike(made: Content, random: Random) -> None:
    """One person's answers in the rows of others."""
    name = random.choice([name for name in made if name not in ("subjects", "infusions")])
    rows = made[name]
    own = random.choice(rows)
    kept = random.choice([("id",), ("id", "when", "hours", "visit")])
    for row in _some(rows, random):
        row |= {key: value for key, value in own.items() if key not in kept}


def _answers_all_one(made: Content, random: Random) -> None:
    """No spread: everybody answers the same, in all forms of a table or one arm's."""
    name = random.choice([name for name in made if name not in ("subjects", "infusions")])
    arm = random.choice(["ket", "mdz", None])
    own = {row["id"] for row in made["subjects"] if arm is None or row.get("arm") == arm}
    answer = random.choice([0, 1, 4, ""])
    for row in made[name]:
        if row["id"] in own:
            row |= {key: answer for key in row if key[-2:].isdigit()} | (
                {"total": ""} if "total" in row else {}
            )


def _visits_gone(made: Content, random: Random) -> None:
    """All forms of a table before, or after, or all but the first of each person."""
    name = random.choice([name for name in made if name not in ("subjects", "infusions")])
    arm = random.choice(["ket", "mdz", None, None])
    own = {row["id"] for row in made["subjects"] if arm is None or row.get("arm") == arm}
    rank: dict[Any, int] = {}
    left, first = [], random.choice([1, 2, 3])
    later = random.random() < 0.5
    for row in made[name]:
        rank[row["id"]] = rank.get(row["id"], 0) + 1
        if row["id"] not in own or (rank[row["id"]] > first) == later:
            left.append(row)
    made[name] = left or made[name][:1]


CHANGES = {
    "two arms": _two_arms,
    "listed twice": _listed_twice,
    "people swapped": _people_swapped,
    "people merged": _people_merged,
    "arms blank": _arms_blank,
    "arms swapped": _arms_swapped,
    "other agents": _agents,
    "an arm small": _small_arm,
    "people few": _few_people,
    "people in one table only": _in_one_table_only,
    "names padded": _names_padded,
    "names in another case": _names_in_another_case,
    "names all alike": _names_all_alike,
    "forms alike": _forms_alike,
    "answers all one": _answers_all_one,
    "visits gone": _visits_gone,
}


def change(made: Content, random: Random) -> str:
    """Change people and arms of a study in place; what was done."""
    kind = random.choice(list(CHANGES))
    CHANGES[kind](made, random)
    while random.random() < 0.35:
        CHANGES[random.choice(list(CHANGES))](made, random)
    return kind
