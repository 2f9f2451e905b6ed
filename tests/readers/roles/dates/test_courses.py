"""A clock that is not the declared one is seen by the courses it gives, in any format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from tests.factory import Outcome, checked, promised, stamp, tables, toml, write_rows
from tests.readers.formats.redcap.project import export, write_project

Content = dict[str, list[dict[str, Any]]]
ITEMS = 'items = "item_{:02d}"'
SHIFTS = {"time.shifted", "time.half-day-off", "time.seems-shifted"}
CLOCKS = SHIFTS | {"time.no-afternoon", "time.at-night", "time.weekend", "time.other-epoch"}


def day(*, screening: bool = False, **changes: Any) -> Content:
    """One rating before the infusion and two after; with ``screening`` one the day before too."""
    content = tables(n_per_arm=8, **changes)
    if not screening:
        content["scores"] = [row for n, row in enumerate(content["scores"]) if n % 4]
    return content


def moved(content: Content, table: str, move: Callable[[datetime], datetime]) -> Content:
    """The content with every time of a table moved."""
    times = {"scores": ("when",), "infusions": ("start", "end")}[table]
    rows = [
        row | {name: stamp(move(datetime.fromisoformat(row[name]))) for name in times}
        for row in content[table]
    ]
    return content | {table: rows}


def to_utc(zone: str) -> Callable[[datetime], datetime]:
    def move(local: datetime) -> datetime:
        return local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    return move


def without_half(local: datetime) -> datetime:
    """A time whose AM or PM was lost."""
    return local - timedelta(hours=12) if local.hour > 12 else local


def said(outcome: Outcome) -> set[str]:
    """Rules about clocks that an outcome names."""
    return ({outcome.error["rule"]} if outcome.error else outcome.rules()) & CLOCKS


def in_workbooks(folder: Path, content: Content) -> Outcome:
    """The same content with real dates in workbooks."""
    for name, rows in content.items():
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        for row in rows:
            real = {k: datetime.fromisoformat(row[k]) for k in ("when", "start", "end") if k in row}
            book.active.append(list((row | real).values()))
        book.save(folder / f"{name}.xlsx")
    path = folder / "study.toml"
    path.write_text(toml().replace(".csv", ".xlsx"), encoding="utf-8")
    return promised(Outcome(path))


def delimited(folder: Path, content: Content) -> Outcome:
    return checked(folder, content)


def semicolons(folder: Path, content: Content) -> Outcome:
    """The same content as a spreadsheet of another country writes it."""
    for name, rows in content.items():
        for row in rows:
            for key in {"when", "start", "end"} & set(row):
                row[key] = datetime.fromisoformat(row[key]).strftime("%d.%m.%Y %H:%M")
        write_rows(folder / f"{name}.csv", rows, separator=";")
    form = 'datetime_format = "%d.%m.%Y %H:%M"'
    (folder / "study.toml").write_text(toml(section=form), encoding="utf-8")
    return promised(Outcome(folder / "study.toml"))


FORMATS = [delimited, in_workbooks, semicolons]


@pytest.mark.parametrize("written", FORMATS)
def test_forms_in_utc_beside_local_infusions_stop_with_the_key_to_declare(tmp_path, written):
    content = moved(day(), "scores", to_utc("America/Detroit"))
    outcome = written(tmp_path, content)
    assert outcome.error["rule"] == "time.shifted"
    for words in ("scores", "16 of 16 participants", "-5 or -4 h", 'timezone = "UTC"'):
        assert words in outcome.error["message"]


@pytest.mark.parametrize("written", FORMATS)
def test_a_sound_study_raises_none_of_it(tmp_path, written):
    assert said(written(tmp_path, day())) == set()


def test_two_ratings_before_and_none_after_are_no_other_clock(tmp_path):
    content = day(screening=True)
    content["scores"] = [row for n, row in enumerate(content["scores"]) if n % 4 < 2]
    assert said(checked(tmp_path, content)) == set()


def test_infusions_in_utc_are_named_as_such(tmp_path):
    content = moved(day(), "infusions", to_utc("America/Los_Angeles"))
    outcome = checked(tmp_path, content, zone='timezone = "America/Los_Angeles"')
    assert outcome.find("time.seems-shifted")["file"] == "infusions.csv"


def test_what_the_refusal_advises_brings_the_same_forms(tmp_path):
    content = moved(day(), "scores", to_utc("America/Detroit"))
    mended = checked(tmp_path / "a", content, values=f'{ITEMS}\ntimezone = "UTC"')
    assert mended.flow == checked(tmp_path / "b", day()).flow
    assert said(mended) == set()


def test_a_table_whose_zone_is_declared_is_believed_and_flagged(tmp_path):
    content = moved(day(), "scores", to_utc("America/Detroit"))
    outcome = checked(tmp_path, content, values=f'{ITEMS}\ntimezone = "America/Detroit"')
    assert outcome.find("time.seems-shifted")["count"] == 16


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo"])
@pytest.mark.parametrize("screening", [False, True])
def test_forms_in_utc_are_told_anywhere(tmp_path, zone, screening):
    """By the time of day, or by visits that lie beside whole days."""
    where = {"zone": f'timezone = "{zone}"'}
    content = moved(day(screening=screening), "scores", to_utc(zone))
    assert said(checked(tmp_path / "utc", content, **where)) & SHIFTS
    assert said(checked(tmp_path / "local", day(screening=screening), **where)) == set()


@pytest.mark.parametrize("at_the_other", [False, True])
def test_forms_in_utc_at_one_site_are_told_for_that_site(tmp_path, at_the_other):
    """Two ratings before and two after it, so that everybody keeps a course."""
    content = tables(n_per_arm=12)
    north = {row["id"] for row in content["subjects"][::2]}
    for row in content["subjects"]:
        row["site"] = "north" if row["id"] in north else "south"
    move = to_utc("America/Detroit")
    for row in content["scores"]:
        if at_the_other and row["id"] in north:
            row["when"] = stamp(move(datetime.fromisoformat(row["when"])))
    outcome = checked(tmp_path, content, arm='arm = "arm"\nsite = "site"')
    shifts = [one for one in outcome.issues if one["rule"] == "time.seems-shifted"]
    assert len(shifts) == at_the_other
    assert not shifts or "at one site would be more plausible" in shifts[0]["message"]


def test_an_hour_is_told_by_visits_that_should_lie_at_whole_days(tmp_path):
    zone = 'timezone = "Europe/Amsterdam"'
    content = day(hours_after_end=(3, 23.83), start=datetime(2025, 2, 4, 10, 20))
    utc = moved(content, "scores", to_utc("Europe/Amsterdam"))
    assert "time.seems-shifted" in said(checked(tmp_path / "utc", utc, zone=zone))
    assert said(checked(tmp_path / "local", content, zone=zone)) == set()


def test_visits_that_move_when_the_clock_changes_are_told(tmp_path):
    """Visits of no plan in whole days: only the change of the clock tells."""
    zone = 'timezone = "Europe/Amsterdam"'
    content = day(hours_after_end=(3, 20), start=datetime(2025, 3, 22, 10, 20))
    utc = moved(content, "scores", to_utc("Europe/Amsterdam"))
    assert "time.seems-shifted" in said(checked(tmp_path / "utc", utc, zone=zone))
    assert said(checked(tmp_path / "local", content, zone=zone)) == set()


def test_infusions_some_hours_off_are_told_by_the_form_before_that_lies_in_them(tmp_path):
    """Visits of no other day: only that the form just before lies after the start tells."""
    zone = 'timezone = "Europe/Berlin"'
    content = tables(n_per_arm=8, hours_after_end=(3,), start=datetime(2025, 6, 3, 10, 20))
    utc = moved(content, "infusions", to_utc("Europe/Berlin"))
    outcome = checked(tmp_path / "utc", utc, zone=zone)
    assert outcome.find("time.seems-shifted")["file"] == "infusions.csv"
    assert said(checked(tmp_path / "local", content, zone=zone)) == set()


def test_an_hour_is_told_by_visits_that_lie_about_whole_days(tmp_path):
    """The next day, give or take a quarter of an hour."""
    zone = 'timezone = "Europe/Amsterdam"'
    content = day(hours_after_end=(3, 23.83), start=datetime(2025, 2, 4, 10, 20))
    for number, row in enumerate(content["scores"][2::3]):
        late = timedelta(minutes=(37 * number) % 35 - 17)
        row["when"] = stamp(datetime.fromisoformat(row["when"]) + late)
    utc = moved(content, "scores", to_utc("Europe/Amsterdam"))
    assert "time.seems-shifted" in said(checked(tmp_path / "utc", utc, zone=zone))
    assert said(checked(tmp_path / "local", content, zone=zone)) == set()


def test_forms_of_the_afternoon_alone_are_not_half_a_day_off(tmp_path):
    """Where forms before the infusion were not exported, none of the times lies at night."""
    content = day(hours_after_end=(3, 168))
    content["scores"] = [row for n, row in enumerate(content["scores"]) if n % 3]
    assert said(checked(tmp_path, content, zone='timezone = "UTC"')) == set()


def test_times_twelve_hours_off_stop(tmp_path):
    content = moved(day(), "scores", lambda local: local + timedelta(hours=12))
    assert said(checked(tmp_path, content, zone='timezone = "UTC"')) == {"time.half-day-off"}


def test_a_lost_half_of_the_day_is_told(tmp_path):
    content = moved(day(screening=True), "scores", without_half)
    for row in content["scores"]:
        row["when"] = row["when"].replace("T12:", "T00:") if "T00" in row["when"] else row["when"]
    assert "time.no-afternoon" in said(checked(tmp_path, content))


def test_a_lost_half_is_told_where_few_times_are_of_the_afternoon(tmp_path):
    """Three infusions at one at night, and none after noon."""
    content = day(screening=True)
    for row in content["infusions"][:3]:
        row |= {name: row[name].replace("T1", "T0") for name in ("start", "end")}
        row |= {name: f"{row[name][:11]}01{row[name][13:]}" for name in ("start", "end")}
    assert "time.no-afternoon" in said(checked(tmp_path, content))


def test_a_half_lost_in_a_few_forms_is_told_unless_people_are_up_at_night(tmp_path):
    content = screened_by_day(lambda number: 9.3 + 0.3 * number, 3)
    later = [row for row in content["scores"] if row["when"][11:13] == "14"]
    for row in later[:4]:
        row["when"] = row["when"].replace("T14", "T02")
    assert said(checked(tmp_path / "lost", content)) == {"time.at-night"}
    later[4]["when"] = later[4]["when"].replace("T14", "T23")
    assert said(checked(tmp_path / "awake", content)) == set()


def test_a_repository_export_is_looked_at_too(tmp_path):
    rows = export(moved(tables(), "scores", to_utc("America/Detroit")))
    assert said(promised(Outcome(write_project(tmp_path, rows)))) & SHIFTS


def screened_by_day(at: Callable[[int], float], hours_after_end: float) -> Content:
    """A form of an earlier day at some hour, one just before the infusion, one within hours."""
    # No change of clocks, which would tell by itself.
    begin = datetime(2025, 1, 7, 10, 20)
    content = day(screening=True, hours_after_end=(hours_after_end,), start=begin)
    for number, row in enumerate(content["scores"][::3]):
        midnight = datetime.fromisoformat(row["when"]).replace(hour=0, minute=0)
        row["when"] = stamp(midnight + timedelta(hours=at(number)))
    return content


def test_forms_in_utc_without_a_visit_of_the_next_day_are_told_by_the_evenings(tmp_path):
    sound = screened_by_day(lambda number: 9.3 + 0.4 * number, 3)
    assert said(checked(tmp_path / "sound", sound)) == set()
    shifted = moved(sound, "scores", to_utc("America/Detroit"))
    assert said(checked(tmp_path / "shifted", shifted)) == {"time.seems-shifted"}


def test_forms_filled_in_at_home_in_the_evening_are_no_other_clock(tmp_path):
    at_home = screened_by_day(lambda number: 17.0 + 0.3 * number, 3)
    assert said(checked(tmp_path, at_home)) == set()


def test_follow_up_on_weekends_alone_is_flagged(tmp_path):
    content = day(start=datetime(2025, 3, 7, 10, 20))
    for table, names in (("infusions", ("start", "end")), ("scores", ("when",))):
        for row in content[table]:
            shift = timedelta(days=6 * int(row["id"][1:]))
            for name in names:
                row[name] = stamp(datetime.fromisoformat(row[name]) + shift)
    outcome = checked(tmp_path, content)
    assert outcome.find("time.weekend")["count"] == 16


@pytest.mark.parametrize(("days", "years"), [(3653, "10"), (24107, "66"), (25569, "70")])
def test_dates_of_another_epoch_stop_and_are_never_half_kept(tmp_path, days, years):
    content = moved(day(), "scores", lambda local: local - timedelta(days=days))
    error = checked(tmp_path, content).error
    assert error["rule"] in ("time.other-epoch", "time.none-readable")
    assert f"{years} years before" in error["message"]
