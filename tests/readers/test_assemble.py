"""A whole study from text: what must not matter does not, and nothing breaks or leaks."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks import Checked, check
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import TOKEN, stamp, tables, toml, write_study
from tests.length import examples

FUZZ = examples(short=6, long=500)


def seen(study: Study):
    """All that a study is and all that is said of it, but for places in files and notes."""
    checked = check(study)
    issues = sorted(
        (i.rule, i.severity, i.scope, i.count) for i in checked.issues if i.severity != "NOTE"
    )
    return study, checked.flow, issues


def same(first: Study, second: Study) -> None:
    (one, flow, issues), (two, other_flow, other_issues) = seen(first), seen(second)
    pd.testing.assert_frame_equal(one.subjects, two.subjects)
    pd.testing.assert_frame_equal(one.infusions, two.infusions)
    drop = ["row", "source"]
    pd.testing.assert_frame_equal(
        one.assessments.drop(columns=drop), two.assessments.drop(columns=drop)
    )
    assert one.items.keys() == two.items.keys()
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, two.items[key])
    pd.testing.assert_frame_equal(flow, other_flow)
    assert issues == other_issues


def messy() -> dict:
    """Something of everything: blanks, a mistyped item, a stranger, a backward infusion."""
    content = tables()
    content["scores"][1]["item_03"] = ""
    content["scores"][6]["item_04"] = 7
    content["scores"][9]["id"] = "S999"
    content["scores"][11]["when"] = content["scores"][11]["when"][:10]
    row = content["infusions"][3]
    row["start"], row["end"] = row["end"], row["start"]
    return content


def shifted(content: dict, **shift: float) -> dict:
    def move(text: str) -> str:
        moment = datetime.fromisoformat(text) + timedelta(**shift)
        return stamp(moment) if "T" in text else moment.date().isoformat()

    times = {"start", "end", "when"}
    return {
        name: [{k: move(v) if k in times else v for k, v in row.items()} for row in rows]
        for name, rows in content.items()
    }


def as_files(folder: Path, encode, content: dict | None = None, **changes) -> Study:
    path = write_study(folder, content or messy(), **changes)
    for file in folder.glob("*.csv"):
        file.write_bytes(encode(file.read_text(encoding="utf-8")))
    return read_study(path)


@pytest.fixture
def plain(tmp_path) -> Study:
    return read_study(write_study(tmp_path / "plain", messy()))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.bad_input("G1")
def test_order_of_rows_and_columns_does_not_matter(plain, tmp_path, seed):
    draw = random.Random(seed)
    content = messy()
    for name, rows in content.items():
        names = list(rows[0])
        draw.shuffle(names)
        content[name] = [{key: row[key] for key in names} for row in rows]
        draw.shuffle(content[name])
    same(plain, read_study(write_study(tmp_path / "moved", content)))


@pytest.mark.bad_input("G2")
def test_names_of_people_do_not_matter(plain, tmp_path):
    content = messy()
    names = {f"S{i:03d}": f"Q{(7 * i) % 1000:03d}" for i in (*range(12), 999)}
    for rows in content.values():
        for row in rows:
            row["id"] = names[row["id"]]
    same(plain, read_study(write_study(tmp_path / "renamed", content)))


@pytest.mark.bad_input("G3")
def test_a_copy_of_every_row_does_not_matter(plain, tmp_path):
    content = {name: rows + [dict(row) for row in rows] for name, rows in messy().items()}
    second = read_study(write_study(tmp_path / "twice", content))
    # What reading sets aside before it looks for copies is counted in rows.
    stranger = [i for i in second.issues if i.rule == "subject.unknown"]
    assert [i.count for i in stranger] == [2]
    mended = [replace(i, count=1) if i.rule == "subject.unknown" else i for i in second.issues]
    same(plain, replace(second, issues=tuple(mended)))


@pytest.mark.parametrize("zone", ["Etc/GMT+5", "Asia/Kolkata"])
@pytest.mark.bad_input("G5")
def test_seventeen_days_and_another_zone_do_not_matter(tmp_path, zone):
    first = read_study(write_study(tmp_path / "a", messy(), zone='timezone = "Etc/GMT+5"'))
    moved = shifted(messy(), days=17)
    same(first, read_study(write_study(tmp_path / "b", moved, zone=f'timezone = "{zone}"')))


@pytest.mark.bad_input("G8")
def test_items_from_1_declared_so_are_the_same(plain, tmp_path):
    content = messy()
    for row in content["scores"]:
        row.update({k: v + 1 for k, v in row.items() if k.startswith("item") and v != ""})
    values = 'items = "item_{:02d}"\nitem_base = 1'
    same(plain, read_study(write_study(tmp_path / "one", content, values=values)))


@pytest.mark.parametrize(
    ("encode", "files"),
    [
        (lambda text: text.replace("\n", "\r\n").encode(), ""),
        (lambda text: ("\ufeff" + text).encode(), ""),
        (lambda text: text.encode("utf-16"), ""),
        (lambda text: text.encode("cp1252"), 'encoding = "cp1252"'),
        (lambda text: text.replace(",", "\t").encode(), 'separator = "\\t"'),
        (lambda text: text.replace(",", ";").encode(), 'separator = ";"\ndecimal = ","'),
        (lambda text: text.replace("\n", "\n\n").encode(), ""),
    ],
    ids=["crlf", "bom", "utf-16", "cp1252", "tabs", "semicolons", "blank rows"],
)
def test_how_the_text_is_written_does_not_matter(plain, tmp_path, encode, files):
    same(plain, as_files(tmp_path / "written", encode, files=files))


def test_decimal_commas_are_read_as_decimals(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["dose"] = "0,5"
    semicolons = 'separator = ";"\ndecimal = ","'
    path = write_study(tmp_path, content, files=semicolons, infusions='dose_mg_per_kg = "dose"')
    for file in tmp_path.glob("*.csv"):
        text = file.read_text(encoding="utf-8").replace('"0,5"', "0#5")
        file.write_text(text.replace(",", ";").replace("#", ","), encoding="utf-8")
    assert set(read_study(path).infusions["dose_mg_per_kg"]) == {0.5}


@pytest.mark.bad_input("G18")
def test_the_zone_of_the_computer_does_not_matter(tmp_path):
    path = write_study(tmp_path, messy())
    code = (
        "import sys, pathlib; from analysis.readers.assemble import read_study;"
        "s = read_study(pathlib.Path(sys.argv[1]));"
        "print(s.assessments.to_csv(), s.infusions.to_csv())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, str(path)], env=os.environ | {"TZ": zone},
            capture_output=True, check=True,
        ).stdout
        for zone in ("UTC", "Asia/Kolkata", "America/Detroit")
    }  # fmt: skip
    assert len(outputs) == 1


def test_a_whole_number_of_hours_in_local_time_is_one_on_the_clock(tmp_path):
    # Each person stands on one side of the bounds, as nobody fills a form in twice in a minute.
    content = tables(hours_after_end=())
    for at, row in enumerate(content["infusions"]):
        end = datetime.fromisoformat(row["end"])
        items = {k: 1 for k in content["scores"][0] if k.startswith("item")} | {"item_01": 0}
        for number, minutes in enumerate(((119, 359, 1800), (120, 360, 1801))[at % 2]):
            when = stamp(end + timedelta(minutes=minutes))
            content["scores"].append(
                {"id": row["id"], "when": when} | items | {"item_03": number % 5}
            )
    forms = check(read_study(write_study(tmp_path, content, zone='timezone = "UTC"'))).forms
    after = forms[forms["latest_infusion"] == 1].sort_values(["subject", "hours_low"])
    phases = after.groupby("subject")["phase"].agg(list)
    assert set(map(tuple, phases)) == {("acute", "hours", "day"), ("hours", "day", "later")}


def test_start_and_end_of_an_infusion_belong_to_it_and_the_next_one_cuts_the_window(tmp_path):
    content = tables(hours_after_end=())
    for at, row in enumerate(list(content["infusions"])):
        start, end = (datetime.fromisoformat(row[key]) for key in ("start", "end"))
        second = {
            "start": stamp(start + timedelta(hours=4)),
            "end": stamp(end + timedelta(hours=4)),
        }
        content["infusions"].append(row | second)
        items = {k: 1 for k in content["scores"][0] if k.startswith("item")} | {"item_01": 0}
        second_start = (timedelta(hours=3, minutes=59), timedelta(hours=4))[at % 2]
        moments = (start, end, start + second_start, end + timedelta(hours=6))
        for number, moment in enumerate(moments):
            content["scores"].append(
                {"id": row["id"], "when": stamp(moment)} | items | {"item_03": number % 5}
            )
    forms = check(read_study(write_study(tmp_path, content, zone='timezone = "UTC"'))).forms
    after = forms[forms["latest_infusion"] > 0].sort_values(["subject", "hours_low"])
    found = after.groupby("subject").apply(
        lambda own: tuple(zip(own["phase"], own["latest_infusion"], strict=True))
    )
    assert set(found) == {
        (("during", 1), ("during", 1), ("hours", 1), ("hours", 2)),
        (("during", 1), ("during", 1), ("during", 2), ("hours", 2)),
    }


def test_hours_across_a_clock_change_are_true_hours(tmp_path):
    content = tables(hours_after_end=(), start=datetime(2025, 3, 9, 0, 30), n_per_arm=1)
    first = content["infusions"][0]
    items = {k: 1 for k in content["scores"][0] if k.startswith("item")}
    # 01:10 to 05:10 on the night the clock goes forward is three hours.
    content["scores"].append({"id": first["id"], "when": "2025-03-09T05:10"} | items)
    study = read_study(write_study(tmp_path, content))
    assert study.assessments["hours_low"].max() == pytest.approx(3 + 40 / 60, abs=1e-6)


def test_a_file_that_serves_several_namedis_read_once_and_hashed_once(tmp_path):
    path = write_study(tmp_path, tables())
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text[text.index("[[assessments]]") :], encoding="utf-8")
    study = read_study(path)
    assert set(study.sources) == {"study.toml", "subjects.csv", "infusions.csv", "scores.csv"}
    # What both tables tell counts once.
    assert len(study.assessments) == 48
    assert (
        len(check(study).study.subjects) == 0
        or study.items[("PCL-5-now", "ad-hoc")].index.is_unique
    )


def test_files_of_one_name_in_two_folders_have_two_hashes(tmp_path):
    path = write_study(tmp_path, tables())
    (tmp_path / "a").mkdir()
    (tmp_path / "scores.csv").rename(tmp_path / "a" / "subjects.csv")
    text = path.read_text(encoding="utf-8").replace("scores.csv", "a/subjects.csv")
    path.write_text(text, encoding="utf-8")
    named = {"subjects.csv", "infusions.csv", "a/subjects.csv"}
    assert set(read_study(path).sources) == {"study.toml", *named}


def test_where_that_no_row_meets_is_refused(tmp_path):
    values = 'items = "item_{:02d}"\nwhere = { id = "nobody" }'
    with pytest.raises(ReliefError, match="meets the where"):
        read_study(write_study(tmp_path, values=values))


def test_hours_need_no_dates(tmp_path):
    content = tables(n_per_arm=2)
    for row in content["infusions"]:
        row["start"], row["end"] = "0", "0.667"
    for number, row in enumerate(content["scores"]):
        row["when"] = (-26.0, -1.0, 3.667, 24.667)[number % 4]
    path = write_study(tmp_path, content, zone="")
    text = path.read_text(encoding="utf-8")
    for old, new in (("start =", "start_hours ="), ("end =", "end_hours ="), ("time =", "hours =")):
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    forms = check(read_study(path)).forms
    assert list(forms.groupby("phase").size()[["before", "hours", "day"]]) == [8, 4, 4]


def test_many_forms_are_read_in_seconds(tmp_path):
    content = tables(n_per_arm=2)
    path = write_study(tmp_path, content)
    rng = np.random.default_rng(1)
    people = [row["id"] for row in content["subjects"]]
    rows = 20_000
    frame = pd.DataFrame(rng.integers(0, 5, (rows, 14)), columns=list(content["scores"][0])[2:])
    start = np.datetime64("2025-03-05T00:00")
    # Each of the four people every 20 minutes: closer forms would be one sent twice.
    frame.insert(0, "when", np.datetime_as_string(start + 5 * np.arange(rows), unit="m"))
    frame.insert(0, "id", np.resize(people, rows))
    frame.to_csv(tmp_path / "scores.csv", index=False)
    begin = time.perf_counter()
    check(read_study(path))
    assert time.perf_counter() - begin < 20


# Fuzz: whatever comes in, a Study or one sentence comes out, and no cell with it.


def survive(path: Path) -> None:
    """A study that is counted, or a sentence; neither with the token."""
    checked = attempt(path)
    if isinstance(checked, ReliefError):
        assert TOKEN not in checked.message
        return
    assert not any(TOKEN in issue.message for issue in checked.issues)
    assert TOKEN not in checked.flow.to_csv()
    # People read are people set aside and people analysed together.
    n = checked.flow.groupby("stage")["n"].sum()
    assert n["people read"] == n.get("people set aside", 0) + n["people analysed"]


def attempt(path: Path) -> Checked | ReliefError:
    """What reading and checking give, or the one kind of error they may raise."""
    try:
        return check(read_study(path))
    except ReliefError as error:
        return error


@pytest.fixture(scope="module")
def ground(tmp_path_factory) -> Path:
    return write_study(tmp_path_factory.mktemp("fuzz"), tables(n_per_arm=2))


def restored(ground: Path) -> Path:
    return write_study(ground.parent, tables(n_per_arm=2))


@FUZZ
@given(raw=st.binary(max_size=300), name=st.sampled_from(["subjects", "infusions", "scores"]))
def test_any_bytes_are_a_study_or_a_sentence(ground, raw, name):
    path = restored(ground)
    (path.parent / f"{name}.csv").write_bytes(raw)
    survive(path)


CELLS = st.one_of(
    st.text(max_size=12).map(lambda text: TOKEN + text),
    st.sampled_from(["", " ", "NA", "nan", "-9", "99", "1e5", "inf", "2025-03-04", "2025-03",
                     "2025-03-04T24:00", "0001-01-01T00:00", "9999-12-31T23:59Z", "03/04/2025",
                     "2025-03-09T02:30", "2025-11-02T01:30", '"', "'", "\n", ",", ";", "\x00",
                     "=1+1", "9" * 500, "٣", "S000", "s-000", "ket", "ketamine"]),
    st.text(max_size=8),
)  # fmt: skip


@FUZZ
@given(data=st.data())
def test_any_cell_is_a_study_or_a_sentence(ground, data):
    content = tables(n_per_arm=2)
    for _ in range(data.draw(st.integers(1, 4))):
        rows = content[data.draw(st.sampled_from(sorted(content)))]
        row = data.draw(st.sampled_from(rows))
        text = data.draw(CELLS)
        row[data.draw(st.sampled_from(sorted(row)))] = text.encode("utf-8", "replace").decode()
    survive(write_study(ground.parent, content))


@FUZZ
@given(data=st.data())
def test_any_change_of_study_toml_is_a_study_or_a_sentence(ground, data):
    path = restored(ground)
    lines = toml().splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key = lines[at].partition("=")[0]
        value = data.draw(
            st.one_of(
                st.sampled_from([f'"{TOKEN}"', '""', "1", "-1", "true", "[]", "{}", "inf", "nan",
                                 '"."', '".."', '"/"', '"\\u0000"', '"{:9d}"', "9" * 30,
                                 '["-9", "x"]', '{ ket = "ketamine" }', '"id"', "2025-03-04"]),
                st.text(max_size=10).map(lambda text: f"'{text}'"),
            )
        )  # fmt: skip
        lines[at] = data.draw(st.sampled_from([f"{key} = {value}", "", f"{key}", value]))
    text = "\n".join(lines).encode("utf-8", "replace")
    path.write_bytes(text)
    # Declared words (columns, labels, file names) may be repeated; a traceback may not come.
    attempt(path)
