"""Answers in other codes than the scale's are told by cause, and the advice reads them all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.roles.assessments.answer_codes import words_of_answers
from tests.factory import NOW_ITEMS, TOKEN, tables, write_study

Rows = list[dict[str, Any]]
WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
ITEMS = [f"item_{n:02d}" for n in NOW_ITEMS]


def as_csv(folder: Path, rows: Rows, **changes: Any) -> Path:
    return write_study(folder, tables() | {"scores": rows}, **changes)


def as_workbook(folder: Path, rows: Rows, **changes: Any) -> Path:
    path = write_study(folder, tables(), **changes)
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(folder / "scores.xlsx")
    return named(path, "scores.xlsx")


def as_dataset_json(folder: Path, rows: Rows, **changes: Any) -> Path:
    path = write_study(folder, tables(), **changes)
    columns = [{"itemOID": f"IT.{n}", "name": n, "label": n, "dataType": "string"} for n in rows[0]]
    document = {
        "datasetJSONCreationDateTime": "2025-06-01T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.SCORES",
        "name": "SCORES",
        "label": "scores",
        "records": len(rows),
        "columns": columns,
        "rows": [[str(value) for value in row.values()] for row in rows],
    }
    (folder / "scores.json").write_text(json.dumps(document), encoding="utf-8")
    return named(path, "scores.json")


def as_item_rows(folder: Path, rows: Rows, **changes: Any) -> Path:
    tall = [
        {"id": row["id"], "when": row["when"], "code": item, "value": row[item]}
        for row in rows
        for item in ITEMS
    ]
    path = as_csv(folder, tall, **changes)
    return named(path, "scores.csv", 'code = "code"\nvalue = "value"\n')


def named(path: Path, name: str, more: str = "") -> Path:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('path = "scores.csv"\n', f'path = "{name}"\n{more}'), "utf-8")
    return path


def coded(change: Callable[[int], Any]) -> Rows:
    """The factory's forms with every answer written in another way."""
    return [
        {key: change(value) if key in ITEMS else value for key, value in row.items()}
        for row in tables()["scores"]
    ]


def refused(path: Path) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read_study(path)
    assert "Traceback" not in caught.value.message
    return caught.value


def advised(error: ReliefError) -> str:
    """The line of labels that a refusal prints."""
    found = re.search(r"labels = \{[^}]*\}", error.message)
    assert found, error.message
    return found.group()


def total(path: Path) -> pd.Series:
    study = read_study(path)
    (answers,) = study.items.values()
    return answers.sum(axis=1, skipna=False)


FORMATS = (as_csv, as_workbook, as_dataset_json, as_item_rows)
KINDS = {
    "codes with a gap": (lambda n: n + 1 + (n == 4), "item.codes-gap"),
    "codes ten apart": (lambda n: 10 * n, "item.codes-gap"),
    "numbers with words": (lambda n: f"{n} = {WORDS[n]}", "item.words"),
    "words with numbers": (lambda n: f"{WORDS[n]} ({n})", "item.words"),
    "words": (lambda n: WORDS[n].upper(), "item.words"),
}


EACH = [(as_csv, kind) for kind in KINDS] + [
    (write, kind) for write in FORMATS[1:] for kind in ("codes with a gap", "numbers with words")
]


@pytest.mark.parametrize(("write", "kind"), EACH)
def test_other_codes_are_refused_and_the_advice_gives_every_form(tmp_path, write, kind):
    change, rule = KINDS[kind]
    error = refused(write(tmp_path / "as-it-is", coded(change)))
    assert error.rule == rule
    mended = write(tmp_path / "mended", coded(change), values=values(advised(error)))
    pd.testing.assert_series_equal(total(mended), total(as_csv(tmp_path / "plain", coded(int))))


def values(*lines: str) -> str:
    return "\n".join(('items = "item_{:02d}"', *lines))


def test_the_gap_is_named(tmp_path):
    error = refused(as_csv(tmp_path, coded(lambda n: n + 1 + (n == 4))))
    assert "no answer is 5, and 6 lies above 4" in error.message


def test_codes_of_which_too_few_are_seen_stay_open_points(tmp_path):
    """Which answer the code 9 stands for cannot be told where only four codes are in use."""
    rows = coded(lambda n: (0, 1, 2, 7, 7)[n])
    assert set(re.findall(r'= "(\w+)"', advised(refused(as_csv(tmp_path, rows))))) == {"TODO"}


@pytest.mark.parametrize("write", FORMATS[:2])
def test_sites_that_answer_in_words_are_no_blanks(tmp_path, write):
    rows = coded(int)
    for row in rows[: len(rows) // 2]:
        row |= {item: WORDS[row[item]] for item in ITEMS}
    error = refused(write(tmp_path / "as-it-is", rows))
    assert (error.rule, "in words" in error.message) == ("item.words", True)
    mended = write(tmp_path / "mended", rows, values=values(advised(error)))
    pd.testing.assert_series_equal(total(mended), total(as_csv(tmp_path / "plain", coded(int))))


def test_words_count_with_the_declared_base(tmp_path):
    rows = coded(lambda n: n + 1)
    rows[0] |= {ITEMS[0]: WORDS[0]}
    error = refused(as_csv(tmp_path, rows, values=values("item_base = 1")))
    assert '"Not at all" = "1"' in advised(error)


def test_words_in_another_language_are_printed_with_their_codes_open(tmp_path):
    german = ("gar nicht", "ein wenig", "mäßig", "ziemlich", "äußerst")
    line = advised(refused(as_csv(tmp_path, coded(lambda n: german[n]))))
    assert all(f'"{word}" = "TODO"' in line for word in german[:4])


def test_what_a_single_person_wrote_is_never_printed(tmp_path):
    rows = coded(lambda n: WORDS[n])
    rows[0][ITEMS[3]] = TOKEN
    rows[1][ITEMS[3]] = "call my sister"
    error = refused(as_csv(tmp_path, rows))
    assert "different texts the line that follows leaves out 2" in error.message
    assert TOKEN not in error.message
    assert "sister" not in error.message


def test_names_in_a_column_of_items_are_never_printed():
    names = pd.Series([f"Name{chr(97 + n)}" for n in range(20)])
    assert words_of_answers(names, 0, 4) == {}


def test_a_slip_is_set_aside_and_the_rest_is_read(tmp_path):
    rows = coded(int)
    rows[0][ITEMS[0]], rows[5][ITEMS[2]] = "UNK", 44
    study = read_study(as_csv(tmp_path, rows))
    found = {issue.rule: issue.count for issue in study.issues if issue.severity == "DROP"}
    assert found == {"cell.not-a-number": 1, "item.out-of-range": 1}


def test_slips_in_many_columns_are_one_line_with_their_count(tmp_path):
    rows = coded(int)
    for number, item in enumerate(ITEMS[:6]):
        rows[number][item] = "?"
    study = read_study(as_csv(tmp_path, rows))
    (found,) = [issue for issue in study.issues if issue.rule == "cell.not-a-number"]
    assert found.count == 6
    assert study.dropped.loc[study.dropped["rule"] == found.rule, "n"].sum() == 6


@pytest.mark.parametrize("write", FORMATS)
def test_codes_for_missing_are_printed_as_they_are_to_be_declared(tmp_path, write):
    rows = coded(int)
    rows[0][ITEMS[0]], rows[3][ITEMS[1]], rows[4][ITEMS[1]] = 99, -95, 95
    error = refused(write(tmp_path, rows, missing_codes='["-9"]'))
    assert error.rule == "score.undeclared-code"
    assert 'missing_codes = ["-9", "-95", "95", "99"]' in error.message


def test_answers_far_above_the_scale_are_another_scale(tmp_path):
    error = refused(as_csv(tmp_path, coded(lambda n: 2 * n if n % 2 else n + 3)))
    assert error.rule in ("item.codes-outside", "item.codes-gap")


def test_codes_may_be_declared_as_the_numbers_that_they_are(tmp_path):
    labels = ", ".join(f'"{word}" = {code}' for code, word in enumerate(WORDS))
    mended = as_csv(
        tmp_path / "a", coded(lambda n: WORDS[n]), values=values(f"labels = {{ {labels} }}")
    )
    pd.testing.assert_series_equal(total(mended), total(as_csv(tmp_path / "b", coded(int))))


# --- options in place of points: BDI-II ---------------------------------------------------------
BDI = tuple(range(1, 22))
DECLARED = {"instrument": "BDI-II", "version": "standard", "recall_hours": 336}
OPTIONS = {"options-from-1": 1, "options-from-0": 0}


def inventory(first: int) -> tuple[Rows, list[int]]:
    """Forms of options counted from ``first``, and their points."""
    rows, points = [], []
    for number, row in enumerate(tables(numbers=BDI)["scores"]):
        own = {f"item_{n:02d}": min(int(row[f"item_{n:02d}"]), 3) for n in BDI}
        total = sum(own.values())
        for item in ("item_16", "item_18"):
            option = (number * 5 + len(item)) % 7
            total += (0, 1, 1, 2, 2, 3, 3)[option] - own[item]
            own[item] = option
        rows.append(row | {key: value + first for key, value in own.items()})
        points.append(total)
    return rows, points


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("coding", OPTIONS)
def test_options_are_told_by_their_coding_whatever_base_is_declared(tmp_path, coding, base):
    rows, points = inventory(OPTIONS[coding])
    declared = values(f"item_base = {base}")
    error = refused(as_csv(tmp_path / "as-it-is", rows, **DECLARED, values=declared))
    assert error.rule == "item.options"
    line = re.search(r'coding = "[\w-]+"', error.message).group()
    assert line == f'coding = "{coding}"'
    mended = as_csv(tmp_path / "mended", rows, **DECLARED, values=values(line))
    assert sorted(total(mended)) == sorted(points)


def test_the_wrong_coding_is_refused_with_the_right_one(tmp_path):
    rows, _ = inventory(1)
    declared = values('coding = "options-from-0"')
    error = refused(as_csv(tmp_path, rows, **DECLARED, values=declared))
    assert 'coding = "options-from-1"' in error.message


# --- the same kinds where other formats have their own rules ------------------------------------
@pytest.mark.parametrize("base", [0, 1])
def test_sites_on_two_bases_are_told_before_forms_are_lost(tmp_path, base):
    rows = coded(int)
    for row in rows[::2]:
        row |= {item: row[item] + 1 for item in ITEMS}
    error = refused(as_csv(tmp_path, rows, values=values(f"item_base = {base}")))
    assert error.rule in ("item.codes-outside", "score.coding-base")
    assert base == 1 or "where" in error.message


def test_means_of_some_visits_beside_sums_of_others_are_told(tmp_path):
    rows = [
        {"id": row["id"], "when": row["when"], "total": 45 + at % 9 if at % 4 < 2 else 2.35}
        for at, row in enumerate(tables()["scores"])
    ]
    stated = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168}
    error = refused(as_csv(tmp_path, rows, **stated, values='total = "total"'))
    assert error.rule == "score.mean-for-sum"
    assert f"{len(rows) // 2} total(s)" in error.message


def test_answers_one_too_low_are_refused_on_a_scale_that_is_not_counted_from_nought(tmp_path):
    """PCL-C items run from 1 to 5; many programs store the first option as 0."""
    older = {"instrument": "PCL-C", "version": "standard", "recall_hours": 720}
    names = [f"pclc_{number:02d}" for number in range(1, 18)]

    def forms(least: int) -> list[dict[str, object]]:
        return [
            {"id": row["id"], "when": row["when"]}
            | {name: least + (at + number) % 5 for at, name in enumerate(names)}
            for number, row in enumerate(coded(int))
        ]

    own = 'items = "pclc_{:02d}"'
    right = as_csv(tmp_path / "right", forms(1), **older, values=own)
    error = refused(as_csv(tmp_path / "low", forms(0), **older, values=own))
    assert error.rule == "item.one-too-low"
    mended = as_csv(tmp_path / "mended", forms(0), **older, values=f"{own}\n{advised(error)}")
    pd.testing.assert_series_equal(total(mended), total(right))
    assert total(right).min() >= 17
