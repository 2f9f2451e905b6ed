"""One study, laid out in other ways, is the same study: one row an item, one row a person."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import NOW_ITEMS, TOKEN, tables, toml, write_rows, write_study

TALL = 'items = "item_{:02d}"\ncode = "code"\nvalue = "value"'


def read(folder, content, text: str) -> Study:
    folder.mkdir(exist_ok=True)
    for name, rows in content.items():
        write_rows(folder / f"{name}.csv", rows)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return read_study(folder)


def item_rows(scores: list[dict]) -> list[dict]:
    return [
        {"id": row["id"], "when": row["when"], "code": name, "value": value}
        for row in scores
        for name, value in row.items()
        if name.startswith("item_")
    ]


def rules(study: Study) -> set[str]:
    return {issue.rule for issue in study.issues}


def assert_same(one: Study, other: Study) -> None:
    for name in ("subjects", "infusions"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    one_told, other_told = (
        study.assessments.drop(columns=["source", "row", "visit"], errors="ignore")
        for study in (one, other)
    )
    pd.testing.assert_frame_equal(one_told, other_told)
    assert one.items.keys() == other.items.keys()
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, other.items[key])


def test_one_row_an_item_is_the_same_study_in_any_order_of_rows(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    rows = item_rows(content["scores"])
    random.Random(3).shuffle(rows)
    tall = read(tmp_path / "tall", content | {"scores": rows}, toml(values=TALL))
    assert_same(long, tall)
    assert not rules(tall) - rules(long)


def test_an_item_without_a_row_is_blank_and_never_lowers_a_total(tmp_path):
    content = tables()
    rows = item_rows(content["scores"])
    tall = read(tmp_path, content | {"scores": rows[1:]}, toml(values=TALL))
    (items,) = tall.items.values()
    assert items.isna().sum().sum() == 1


def test_rows_of_other_codes_are_passed_over_and_counted(tmp_path):
    content = tables()
    rows = item_rows(content["scores"])
    extra = [rows[0] | {"code": "mood", "value": TOKEN}] * 3
    tall = read(tmp_path, content | {"scores": rows + extra}, toml(values=TALL))
    (found,) = [issue for issue in tall.issues if issue.rule == "item.other-code"]
    assert (found.count, found.row) == (3, len(rows) + 2)


def test_an_item_told_twice_the_same_counts_once(tmp_path):
    content = tables()
    rows = item_rows(content["scores"])
    long = read_study(write_study(tmp_path / "long", content))
    tall = read(tmp_path / "tall", content | {"scores": rows + rows[:5]}, toml(values=TALL))
    assert_same(long, tall)
    (found,) = [issue for issue in tall.issues if issue.rule == "item.duplicate"]
    assert found.count == 5


def test_an_item_told_twice_differently_sets_the_person_aside(tmp_path):
    content = tables()
    rows = item_rows(content["scores"])
    other = rows[0] | {"value": (rows[0]["value"] + 1) % 4}
    tall = read(tmp_path, content | {"scores": [*rows, other]}, toml(values=TALL))
    assert list(tall.set_aside.values()) == ["item.conflicting"]


def test_forms_of_one_minute_are_told_apart_by_their_own_number(tmp_path):
    content = tables()
    rows = [row | {"visit": 1} for row in item_rows(content["scores"])]
    again = [row | {"visit": 2, "value": 4 - row["value"]} for row in rows[: len(NOW_ITEMS)]]
    text = toml(values=TALL + '\nform_id = ["visit"]')
    tall = read(tmp_path, content | {"scores": rows + again}, text)
    assert len(tall.assessments) == len(content["scores"]) + 1


def test_a_file_without_any_declared_code_is_refused(tmp_path):
    content = tables()
    rows = [row | {"code": "x" + row["code"]} for row in item_rows(content["scores"])]
    with pytest.raises(ReliefError, match=r"None of the .* rows holds a code of PCL-5-now"):
        read(tmp_path, content | {"scores": rows}, toml(values=TALL))


def test_a_stated_total_may_be_a_row_beside_the_items(tmp_path):
    content = tables()
    rows = item_rows(content["scores"])
    first = content["scores"][0]
    total = {"id": first["id"], "when": first["when"], "code": "sum", "value": 17}
    text = toml(values=TALL + '\ntotal = "sum"')
    tall = read(tmp_path, content | {"scores": [*rows, total]}, text)
    assert tall.assessments["stated_total"].dropna().tolist() == [17.0]


def wide_rows(scores: list[dict]) -> list[dict]:
    """One row a person; the n-th form of each under v1, v2, ..."""
    people: dict[str, dict] = {}
    for row in scores:
        person = people.setdefault(row["id"], {"id": row["id"]})
        visit = f"v{sum(key.startswith('when_') for key in person) + 1}"
        person |= {f"{key}_{visit}": value for key, value in row.items() if key != "id"}
    return list(people.values())


WIDE = 'items = "item_{:02d}_{visit}"\nvisits = ["v1", "v2", "v3", "v4"]'


def wide(text: str = WIDE, **changes) -> str:
    return toml(values=text, **changes).replace('time = "when"', 'time = "when_{visit}"')


def test_one_row_a_person_is_the_same_study(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    same = read(tmp_path / "wide", content | {"scores": wide_rows(content["scores"])}, wide())
    assert_same(long, same)


def test_a_visit_that_was_not_held_is_no_blank_form(tmp_path):
    content = tables()
    rows = wide_rows(content["scores"])
    rows[0] |= {key: "" for key in rows[0] if key.endswith("_v4")}
    study = read(tmp_path, content | {"scores": rows}, wide())
    assert len(study.assessments) == len(content["scores"]) - 1
    assert "form.not-held" in rules(study)
    assert "form.no-time" not in rules(study)


def test_a_visit_with_answers_but_no_time_is_set_aside_and_counted(tmp_path):
    content = tables()
    rows = wide_rows(content["scores"])
    rows[0]["when_v4"] = ""
    study = read(tmp_path, content | {"scores": rows}, wide())
    assert "form.no-time" in rules(study)


def test_infusions_may_stand_in_the_same_row_as_everything_else(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    rows = wide_rows(content["scores"])
    given = {row["id"]: row for row in content["infusions"]}
    arms = {row["id"]: row for row in content["subjects"]}
    rows = [
        row | arms[row["id"]] | {f"{key}_1": value for key, value in given[row["id"]].items()}
        for row in rows
    ]
    text = wide().replace("subjects.csv", "scores.csv").replace("infusions.csv", "scores.csv")
    text = text.replace(
        'agent = "agent"\nstart = "start"\nend = "end"',
        'agent = "agent_{visit}"\nstart = "start_{visit}"\nend = "end_{visit}"\nvisits = ["1"]',
    )
    assert_same(long, read(tmp_path / "wide", {"scores": rows}, text))


def test_planned_hours_of_visits_never_count_as_measured(tmp_path):
    content = tables()
    rows = wide_rows(content["scores"])
    hours = "visits = { v1 = -26, v2 = -1, v3 = 3.5, v4 = 25 }"
    text = toml(section='times = "nominal"', values='items = "item_{:02d}_{visit}"\n' + hours)
    text = text.replace('time = "when"\n', "")
    text = text.replace('start = "start"\nend = "end"', "start_hours_is = 0\nend_hours_is = 0.67")
    study = read(tmp_path, content | {"scores": rows}, text)
    assert sorted(study.assessments["hours_low"].unique()) == [-26, -1, 3.5, 25]
    assert study.design.times == "nominal"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('items = "item_{:02d}_{visit}"', "names hold {visit}"),
        ('items = "item_{:02d}"\nvisits = ["a"]', "no column's name holds {visit}"),
        ('items = ["a", "b"]', "14 different columns, one for each of the items 1, 3–6, 9–11"),
        (TALL.replace('value = "value"', ""), "code and value go together"),
    ],
)
def test_a_layout_that_does_not_fit_is_one_sentence(tmp_path, text, words):
    path = write_study(tmp_path, values=text)
    with pytest.raises(ReliefError) as caught:
        read_study(path)
    assert words in caught.value.message


def test_items_may_be_named_one_by_one(tmp_path):
    content = tables()
    names = dict(zip([f"item_{n:02d}" for n in NOW_ITEMS], "abcdefghijklmn", strict=True))
    renamed = [{names.get(key, key): v for key, v in row.items()} for row in content["scores"]]
    text = toml(values=f"items = {list('abcdefghijklmn')}".replace("'", '"'))
    long = read_study(write_study(tmp_path / "long", content))
    assert_same(long, read(tmp_path / "named", content | {"scores": renamed}, text))


LABELS = {0: "Not at all", 1: "A little bit", 2: "Moderately", 3: "Quite a bit", 4: "Extremely"}
MAPPED = 'items = "item_{:02d}"\nlabels = { "not at all" = "0", "a little bit" = "1", '
MAPPED += 'Moderately = "2", "Quite a  bit" = "3", Extremely = "4" }'


def labelled(content: dict) -> list[dict]:
    return [
        {key: LABELS[value] if key.startswith("item_") else value for key, value in row.items()}
        for row in content["scores"]
    ]


def test_labels_count_as_the_codes_that_study_toml_gives_them(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    same = read(tmp_path / "labels", content | {"scores": labelled(content)}, toml(values=MAPPED))
    assert_same(long, same)


def test_a_label_that_is_not_mapped_is_refused_and_not_repeated(tmp_path):
    content = tables()
    rows = labelled(content)
    rows[3]["item_01"] = TOKEN
    with pytest.raises(ReliefError) as caught:
        read(tmp_path, content | {"scores": rows}, toml(values=MAPPED))
    assert caught.value.rule == "item.unknown-label"
    assert "row 5" in caught.value.message
    assert TOKEN not in caught.value.message


def test_forms_whose_status_is_not_complete_are_set_aside(tmp_path):
    content = tables()
    rows = [row | {"status": "2"} for row in content["scores"]]
    rows[1]["status"] = "0"
    text = toml(values='items = "item_{:02d}"\nstatus = "status"')
    study = read(tmp_path, content | {"scores": rows}, text)
    (found,) = [issue for issue in study.issues if issue.rule == "form.not-complete"]
    assert (found.count, found.row, found.severity) == (1, 3, "DROP")


def test_the_window_that_a_form_tells_of_itself_wins_over_the_declared_one(tmp_path):
    content = tables()
    rows = [row | {"window": ""} for row in content["scores"]]
    rows[0]["window"] = "24"
    text = toml(values='items = "item_{:02d}"\nrecall = "window"')
    study = read(tmp_path, content | {"scores": rows}, text)
    assert sorted(study.assessments["recall_hours"].unique()) == [0.0, 24.0]
    assert {"recall.contradicted", "recall.declared"} <= rules(study)


def test_a_form_of_unknown_window_is_refused(tmp_path):
    content = tables()
    rows = [row | {"window": ""} for row in content["scores"]]
    text = toml(values='items = "item_{:02d}"\nrecall = "window"')
    with pytest.raises(ReliefError, match="recall_hours"):
        read(tmp_path, content | {"scores": rows}, text.replace("recall_hours = 0\n", ""))


def test_each_table_may_have_its_own_way_to_write_a_time(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    rows = [
        row
        | {"when": f"{row['when'][8:10]}.{row['when'][5:7]}.{row['when'][:4]} {row['when'][11:]}"}
        for row in content["scores"]
    ]
    text = toml(values='items = "item_{:02d}"\ndatetime_format = "%d.%m.%Y %H:%M"')
    assert_same(long, read(tmp_path / "dotted", content | {"scores": rows}, text))


def test_esketamine_mapped_to_ketamine_is_flagged(tmp_path):
    content = tables()
    people = [
        row | {"arm": "Esketamine 84 mg" if row["arm"] == "ket" else "mdz"}
        for row in content["subjects"]
    ]
    text = toml(arms='{ "Esketamine 84 mg" = "ketamine", ket = "ketamine", mdz = "midazolam" }')
    study = read(tmp_path, content | {"subjects": people}, text)
    (found,) = [issue for issue in study.issues if issue.rule == "arm.enantiomer"]
    assert found.count == 6
    assert "arm.enantiomer" not in rules(read_study(write_study(tmp_path / "plain", content)))


def test_rows_may_be_chosen_by_one_text_or_by_several(tmp_path):
    content = tables()
    other = content["infusions"][0] | {"agent": "ondansetron", "start": "2025-03-04T10:00"}
    many = content | {"infusions": [*content["infusions"], other]}
    chosen = 'where = { agent = ["ketamine", "midazolam"] }'
    long = read_study(write_study(tmp_path / "long", content))
    study = read(tmp_path / "chosen", many, toml(infusions=chosen))
    assert_same(long, study)


def test_a_declared_code_that_is_in_no_row_is_flagged(tmp_path):
    content = tables()
    rows = [row for row in item_rows(content["scores"]) if row["code"] != "item_03"]
    text = toml(values=TALL).replace('primary = "PCL-5-now"', 'primary = "PCL-5-now"')
    study = read(tmp_path, content | {"scores": rows}, text)
    (found,) = [issue for issue in study.issues if issue.rule == "item.code-unseen"]
    assert (found.count, found.severity) == (1, "FLAG")
    assert "are in no row (" in found.message


def test_rows_that_are_not_chosen_are_counted(tmp_path):
    content = tables()
    rows = [
        row | {"visit": "x" if number % 4 else "y"} for number, row in enumerate(content["scores"])
    ]
    text = toml(values='items = "item_{:02d}"\nwhere = { visit = "x" }')
    study = read(tmp_path, content | {"scores": rows}, text)
    (found,) = [issue for issue in study.issues if issue.rule == "row.not-chosen"]
    assert found.count == len(rows) - len(study.assessments) == len(rows) // 4


def test_a_mistyped_zero_does_not_hide_items_stored_from_1_up(tmp_path):
    content = tables(n_per_arm=10)
    rows = [
        {key: value + 1 if key.startswith("item_") else value for key, value in row.items()}
        for row in content["scores"]
    ]
    for row in rows[:6]:
        row |= {"item_05": 5, "item_06": 5, "item_09": 5, "item_10": 5}
    rows[9]["item_01"] = 0
    with pytest.raises(ReliefError) as caught:
        read(tmp_path, content | {"scores": rows}, toml())
    assert caught.value.rule == "score.coding-base"


def test_visits_of_one_day_that_agree_are_two_visits(tmp_path):
    content = tables()
    wide_scores = [
        {"id": row["id"], "day_a": "2025-03-01", "sum_a": 30, "day_b": "2025-03-01", "sum_b": 30}
        for row in content["subjects"]
    ]
    text = toml(values='total = "sum_{visit}"\nvisits = ["a", "b"]')
    text = text.replace('time = "when"', 'time = "day_{visit}"')
    study = read(tmp_path, content | {"scores": wide_scores}, text)
    assert len(study.assessments) == 2 * len(wide_scores)


def test_a_date_and_a_time_of_day_may_stand_in_two_columns(tmp_path):
    content = tables()
    long = read_study(write_study(tmp_path / "long", content))
    rows = [
        {key: value for key, value in row.items() if key != "when"}
        | {"day": row["when"][:10], "clock": row["when"][11:]}
        for row in content["scores"]
    ]
    text = toml().replace('time = "when"', 'time = "day + clock"')
    assert_same(long, read(tmp_path / "two", content | {"scores": rows}, text))
    rows[0]["clock"] = ""
    study = read(tmp_path / "one", content | {"scores": rows}, text)
    assert "time.some-date-only" in rules(study)


def test_one_file_for_all_tables_is_no_flag(tmp_path):
    content = tables()
    given = {row["id"]: row for row in content["infusions"]}
    arms = {row["id"]: row for row in content["subjects"]}
    rows = [given[row["id"]] | arms[row["id"]] | row for row in content["scores"]]
    text = toml().replace("subjects.csv", "scores.csv").replace("infusions.csv", "scores.csv")
    study = read(tmp_path / "one", {"scores": rows}, text)
    assert_same(read_study(write_study(tmp_path / "long", content)), study)
    assert not {"row.same-content", "row.duplicate"} & rules(study)


def test_study_codes_may_be_grouped_like_a_telephone_number(tmp_path):
    content = {
        name: [row | {"id": f"101-0{row['id'][2:]}-0001"} for row in rows]
        for name, rows in tables().items()
    }
    with pytest.raises(ReliefError) as caught:
        read(tmp_path / "clinic", content, toml())
    assert caught.value.rule == "identifier.pattern"
    text = toml(arm='arm = "arm"\nstudy_codes = true')
    assert len(read(tmp_path / "study", content, text).subjects) == 12
