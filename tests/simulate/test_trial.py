"""A trial as arrays holds what the exported tables of the same seed hold, once read."""

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import simulate
from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.readers.assemble import read_study
from analysis.simulate import EXAMPLE
from analysis.simulate.scenarios.flawed_designs import FLAWED

READ = ("example", "unblinding-0.30", "past-week", "jitter", "one-rating", "sites", "carry-over")
WINDOWS = {"hours": (2, 6), "day": (6, 30.000001), "day_7": (144, 216)}


def world(name):
    return EXAMPLE if name == "example" else simulate.world(name)


def read(folder, name, n, seed, missing=None):
    study = read_study(simulate.write_study(world(name), n, seed, folder))
    return Case(check(study, missing=missing), load_definitions())


def in_order(*columns):
    """Rows of several columns as one table, in an order that names nobody."""
    return np.array(sorted(zip(*columns, strict=True)), float)


@pytest.mark.parametrize("missing", ["person-mean", "complete"])
@pytest.mark.parametrize("name", READ)
def test_people_and_scores_are_those_of_the_study_that_was_written_and_read(
    tmp_path, name, missing
):
    case = read(tmp_path, name, 15, 11, missing)
    trial = simulate.trial(world(name), 15, 11)
    totals, baseline = trial.filled_totals, trial.filled_baseline
    if missing == "complete":
        totals, baseline = trial.totals, trial.baseline
    for window, (low, high) in WINDOWS.items():
        since = trial.hours_since_end
        scores = np.where((since >= low) & (since < high), totals, np.nan)
        there = ~np.isnan(scores).all(axis=1) & ~np.isnan(baseline)
        mean = np.nanmean(scores[there], axis=1)
        own = in_order(trial.treated[there], baseline[there], mean)
        seen = case.people(window)
        judged = in_order(seen["arm"] == "ketamine", seen["baseline"], seen["score"])
        np.testing.assert_allclose(own, judged, atol=1e-9)


@pytest.mark.parametrize("name", ["example", "past-week", "one-rating", "euphoria-0.80"])
def test_flagged_people_are_those_that_the_tables_show(tmp_path, name):
    case = read(tmp_path, name, 15, 12)
    trial = simulate.trial(world(name), 15, 12)
    groups = trial.groups
    study, forms = case.checked.study, case.checked.forms
    assert groups["stopped"].sum() == (study.infusions["status"] == "stopped").sum()
    for drug in ("ketamine", "midazolam"):
        told = (study.subjects["blinding_guess"] == drug).sum()
        assert groups[f"guessed {drug}"].sum() == told
    cadss = forms[forms["instrument"] == "CADSS"]
    before = cadss[cadss["phase"] == "before"].set_index("subject")["total"]
    later = cadss[cadss["phase"] != "before"]
    rise = later["total"] - later["subject"].map(before)
    found = np.isfinite(trial.cadss_rise)
    shown = sorted(zip(later["since_end_low"].round(3), rise, strict=True))
    shown = [(hours, points) for hours, points in shown if np.isfinite(points)]
    own = zip(trial.cadss_hours_since_end[found].round(3), trial.cadss_rise[found], strict=True)
    np.testing.assert_allclose(sorted(own), shown, atol=2e-3)
    if name != "past-week":
        own = case.on_primary_form(case.baselines)
        assert groups["one rating"].sum() == (own["n_ratings"] == 1).sum()


@pytest.mark.parametrize("name", ["example", "null", "past-week", "sites", *FLAWED])
def test_arrays_are_the_exported_totals_person_by_person(name):
    trial = simulate.trial(world(name), 20, 5)
    tables = simulate.simulate(world(name), 20, 5)
    form, items = ("pcl5_week", "pcl5_") if name == "past-week" else ("pcl5_now", "pcl5now_")
    table = tables[form]
    total = table.filter(like=items).sum(axis=1, skipna=False)
    wide = table.assign(score=total).pivot(index="id", columns="visit", values="score")
    before = ["other day", "before"]
    wide = wide.reindex(index=tables["subjects"]["id"], columns=[*before, *world(name).after])
    after = wide[[*world(name).after]]
    np.testing.assert_array_equal(trial.baseline_forms, wide[before])
    np.testing.assert_array_equal(trial.totals, after)
    np.testing.assert_array_equal(trial.treated, tables["subjects"]["arm"] == "ket")
    if name in FLAWED and "pcl5_week" in tables:
        week = tables["pcl5_week"].set_index("id").reindex(tables["subjects"]["id"])
        total = week.filter(like="pcl5_").sum(axis=1, skipna=False).to_numpy()
        whole = np.isfinite(total)
        np.testing.assert_allclose(trial.week_before[whole], total[whole], atol=1e-9)
    if "site" in tables["subjects"]:
        assert [f"site {1 + number}" for number in trial.site] == [*tables["subjects"]["site"]]


def test_the_numbers_drawn_are_the_same_from_a_seed_and_from_a_generator():
    one = simulate.trial(simulate.NO_EFFECT, 15, 4)
    other = simulate.trial(simulate.NO_EFFECT, 15, np.random.default_rng(4))
    np.testing.assert_array_equal(one.totals, other.totals)
    assert (one.totals != simulate.trial(simulate.NO_EFFECT, 15, 5).totals).any()


def test_baseline_is_the_mean_of_right_now_ratings_and_the_last_of_a_look_back_form():
    forms = np.array([[20.0, 30.0], [np.nan, 30.0], [20.0, np.nan], [np.nan, np.nan]])
    now = replace(simulate.trial(simulate.NO_EFFECT, 2, 1), baseline_forms=forms)
    np.testing.assert_array_equal(now.baseline, [25, 30, 20, np.nan])
    np.testing.assert_array_equal(replace(now, recall_hours=168).baseline, [30, 30, 20, np.nan])


def test_a_written_study_says_everywhere_that_it_is_synthetic(tmp_path):
    declared = simulate.write_study(simulate.world("sites"), 5, 1, tmp_path / "new")
    assert "synthetic = true" in declared.read_text(encoding="utf-8")
    assert "synthetic" in (declared.parent / "README.md").read_text(encoding="utf-8").split("\n")[0]
    files = [*declared.parent.glob("*.csv")]
    assert len(files) == 5
    for file in files:
        assert "synthetic" in file.name
        header, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines(), strict=True)
        assert header[0] == "synthetic"
        assert {row[0] for row in rows} == {"yes"}


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for folder in ("one", "other"):
        simulate.write_study(simulate.NO_EFFECT, 5, 9, tmp_path / folder)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_a_crossover_is_read_with_two_infusions_and_its_order(tmp_path):
    study = read_study(simulate.write_study(simulate.world("carry-over"), 12, 3, tmp_path))
    assert study.infusions["infusion"].max() == 2
    assert (study.infusions.query("infusion == 2")["start_hours"] == 336).all()
    orders = study.subjects["sequence"].value_counts()
    assert orders.to_dict() == {"ketamine-midazolam": 12, "midazolam-ketamine": 12}


def readings(frugal):
    """Scores that depend on severity at many times, from everybody who asks for treatment."""
    everybody = replace(EXAMPLE, entry_threshold=0, missed=0.0, blank=0.0, dropout=0.0)
    found = []
    for seed in range(8):
        tables = simulate.simulate(replace(everybody, frugal=frugal), 250, 100 + seed)
        columns = {"screening": tables["subjects"].set_index("id")["screening_total"]}
        for name, items in (("pcl5_now", "pcl5now_"), ("pcl5_week", "pcl5_")):
            table = tables[name]
            if name == "pcl5_week":  # what a frugal draw has of it
                table = table[table["visit"] == "before"]
            score = table.filter(like=items).sum(axis=1)
            wide = table.assign(score=score).pivot(index="id", columns="visit", values="score")
            columns |= {f"{name} {visit}": wide[visit] for visit in wide}
        found.append(pd.DataFrame(columns))
    return pd.concat(found)


def test_frugal_draws_have_the_distribution_of_whole_ones():
    one, other = readings(frugal=True), readings(frugal=False)
    n = len(one)
    gap = (one.mean() - other.mean()) / np.hypot(one.sem(), other.sem())
    assert gap.abs().max() < 4.2
    spread = np.log(one.std() / other.std()) * np.sqrt(n)
    assert spread.abs().max() < 4.2
    place = np.triu_indices(one.shape[1], 1)
    related = [np.arctanh(table.corr().to_numpy()[place]) for table in (one, other)]
    assert np.abs((related[0] - related[1]) * np.sqrt((n - 3) / 2)).max() < 4.5
