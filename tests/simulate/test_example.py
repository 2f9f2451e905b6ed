"""The simulated cohorts: reproducible, labelled, and true to what the generator states."""

import csv
import hashlib
import tomllib
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis import instruments, paths, simulate
from analysis.config import load_config
from analysis.simulate import EXAMPLE, NULL, World

FOLDER = paths.EXAMPLE_STUDY
AFTER = ["3 h", "5 h", "24 h", "72 h", "168 h"]
WHOLE = {"dropout": 0.0, "missed": 0.0, "blank": 0.0}
TABLES = ("subjects", "infusions", "pcl5_now", "pcl5_week", "iesr", "cadss")


@pytest.fixture(scope="module")
def committed():
    return tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    simulate.write_example(folder)
    return folder


@cache
def large(world: World, seed: int, blocks: int = 6) -> dict[str, pd.DataFrame]:
    """Many people, in blocks that fit in memory; ids made distinct."""
    trials = [simulate.simulate(world, 500, seed + block) for block in range(blocks)]
    for number, trial in enumerate(trials):
        for table in trial.values():
            table["id"] = f"{number}-" + table["id"]
    return {name: pd.concat([trial[name] for trial in trials]) for name in trials[0]}


def totals(cohort: dict[str, pd.DataFrame], name: str, prefix: str) -> pd.DataFrame:
    """Totals, one row a person and one column a visit."""
    table = cohort[name]
    total = table.filter(regex=rf"^{prefix}_\d\d$").sum(axis=1, skipna=False)
    return table.assign(score=total).pivot(index="id", columns="visit", values="score")


def changes(cohort, name="pcl5_now", prefix="pcl5now"):
    score = totals(cohort, name, prefix)
    after = [visit for visit in AFTER if visit in score]
    return score[after].sub(score[["other day", "before"]].mean(axis=1), axis=0)


def in_ketamine(cohort, table):
    return (cohort["subjects"].set_index("id")["arm"].loc[table.index] == "ket").to_numpy()


def gap_and_error(values, ketamine):
    one, other = values[ketamine], values[~ketamine]
    return one.mean() - other.mean(), np.hypot(one.sem(), other.sem())


@pytest.mark.parametrize("name", TABLES)
def test_the_same_seed_writes_the_committed_bytes(rebuilt, name):
    file = f"{name}_synthetic.csv"
    assert (rebuilt / file).read_bytes() == (FOLDER / file).read_bytes()


def test_truth_is_rebuilt(rebuilt, committed):
    again = tomllib.loads((rebuilt / "truth.toml").read_text(encoding="utf-8"))
    assert again.keys() == committed.keys()
    for section, values in committed.items():
        if section in {"made_by", "sha256", "world"}:
            assert again[section] == values
        else:
            assert again[section] == pytest.approx(values, abs=0.002), section


def test_hashes_in_truth_are_those_of_the_files(committed):
    files = {file.name: file for file in FOLDER.glob("*.csv")}
    assert set(files) == set(committed["sha256"])
    for name, file in files.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == committed["sha256"][name]


def test_truth_holds_the_world_and_the_seed_that_made_it(committed):
    assert committed["made_by"]["seed"] == simulate.SEED == 20261123
    made = {key: tuple(v) if isinstance(v, list) else v for key, v in committed["world"].items()}
    assert World(**made) == EXAMPLE


def test_every_file_says_that_it_is_synthetic():
    assert "synthetic" in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()[0]
    assert "synthetic" in FOLDER.name
    for file in FOLDER.glob("*.csv"):
        assert "synthetic" in file.name
        content = file.read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        header, *rows = csv.reader(content.decode("ascii").splitlines(), strict=True)
        assert header[0] == "synthetic"
        assert {row[0] for row in rows} == {"yes"}
        assert {len(row) for row in rows} == {len(header)}


def test_files_hold_what_the_study_declares():
    config = load_config(FOLDER / "study.toml")
    subjects = pd.read_csv(FOLDER / config.subjects.path, dtype=str)
    assert set(subjects["arm"]) == set(config.study.arms)
    assert subjects["arm"].value_counts().tolist() == [30, 30]
    for table in config.assessments:
        found = pd.read_csv(FOLDER / table.path, dtype=str, keep_default_na=False)
        names = [
            table.items.format(number)
            for number in instruments.get(table.instrument).item_numbers(table.version)
        ]
        cells = set(found[names].to_numpy().ravel())
        assert cells <= {"", "-9", *"01234"}, "an item is out of its range"
        assert set(found["id"]) == set(subjects["id"])


def test_planted_faults_are_few_and_present():
    now = pd.read_csv(FOLDER / "pcl5_now_synthetic.csv")
    items = now.filter(like="pcl5now_")
    whole = items.notna().all(axis=1)
    assert (now["total"].notna() == whole).all()
    assert (items.sum(axis=1)[whole] != now["total"][whole]).sum() == 1
    assert 1 <= (~whole).sum() <= 20
    assert (items.isna().sum(axis=1) <= 1).all()
    codes = {
        name: (pd.read_csv(FOLDER / f"{name}_synthetic.csv").filter(regex=r"_\d\d$") == -9)
        for name in TABLES[2:]
    }
    assert {name: int(found.to_numpy().sum()) for name, found in codes.items()} == {
        "pcl5_now": 0,
        "pcl5_week": 1,
        "iesr": 0,
        "cadss": 0,
    }


def test_times_keep_to_their_phases():
    cohort = large(EXAMPLE, 100)
    infusions = cohort["infusions"].set_index("id")
    now = cohort["pcl5_now"]
    end = infusions["end_hours"].loc[now["id"]].to_numpy()
    since = now["hours"] - end
    visit = now["visit"]
    assert since[visit.isin(["3 h", "5 h"])].between(2, 6, inclusive="left").all()
    assert since[visit == "24 h"].between(6, 30).all()
    assert (since[visit.isin(["72 h", "168 h"])] > 30).all()
    assert (now["hours"][visit == "other day"] <= -16).all()
    assert now["hours"][visit == "before"].between(-1, -0.3).all()
    stay = infusions["stay_end_hours"].loc[now["id"]].to_numpy()
    assert (now["hours"] < stay)[visit == "5 h"].all()
    whole = infusions["status"] == "completed"
    assert infusions["end_hours"][whole].between(38 / 60 - 0.001, 43 / 60 + 0.001).all()
    stopped = infusions[~whole]
    assert len(stopped) == 6 * round(500 / 30)
    assert (stopped["dose_mg_per_kg"] < 0.5).all()


def test_simulate_takes_a_seed_or_a_generator():
    one = simulate.simulate(EXAMPLE, 15, 4)
    other = simulate.simulate(EXAMPLE, 15, np.random.default_rng(4))
    for name in TABLES:
        pd.testing.assert_frame_equal(one[name], other[name])
    assert not one["pcl5_now"].equals(simulate.simulate(EXAMPLE, 15, 5)["pcl5_now"])


def test_null_has_no_difference_between_the_arms():
    cohort = large(replace(NULL, **WHOLE), 200)
    change = changes(cohort)
    for visit in AFTER:
        gap, error = gap_and_error(change[visit], in_ketamine(cohort, change))
        assert abs(gap) < 4 * error, visit


def test_null_falls_by_regression_to_the_mean_and_only_by_selection():
    selected = changes(large(replace(NULL, **WHOLE), 200))
    everybody = changes(large(replace(NULL, **WHOLE, entry_threshold=0), 300))
    for visit in AFTER:
        assert selected[visit].mean() < -4 * selected[visit].sem(), visit
        assert abs(everybody[visit].mean()) < 4 * everybody[visit].sem(), visit


def test_regression_to_the_mean_has_the_size_that_normal_theory_gives():
    """Fall = (r(S,Y1) - r(S,Y2)) SD(Y) phi(z) / (1 - Phi(z)), after Chuang-Stein & Tong 1997.

    doi:10.1177/096228029700600204; scores cut off at their ends blur it a little.
    """
    everybody = large(replace(NULL, **WHOLE, entry_threshold=0), 300)
    score = totals(everybody, "pcl5_now", "pcl5now")
    screening = everybody["subjects"].set_index("id")["screening_total"].loc[score.index]
    # A whole number is at least c from c - 0.5 on.
    z = (EXAMPLE.entry_threshold - 0.5 - screening.mean()) / screening.std()
    tail = norm.pdf(z) / norm.sf(z)
    fall = score["other day"].cov(screening) - score["168 h"].cov(screening)
    expected = fall / screening.std() * tail
    selected = totals(large(replace(NULL, **WHOLE), 200), "pcl5_now", "pcl5now")
    seen = (selected["other day"] - selected["168 h"]).mean()
    assert expected > 1
    assert seen == pytest.approx(expected, abs=0.5)


def test_a_past_week_form_barely_moves_when_the_right_now_form_does():
    cohort = large(replace(EXAMPLE, **WHOLE), 400)
    now, week = changes(cohort)["5 h"], changes(cohort, "pcl5_week", "pcl5")["5 h"]
    ketamine = in_ketamine(cohort, now)
    # A share of the form's range, since one has 14 items and the other 20.
    assert now[ketamine].mean() / 56 < -0.15
    assert -0.03 < week[ketamine].mean() / 80 < 0


def test_truth_is_recovered_from_an_independent_simulation(committed):
    cohort = large(replace(EXAMPLE, **WHOLE), 400)
    change = changes(cohort)
    ketamine = in_ketamine(cohort, change)
    change["hours phase"] = change[["3 h", "5 h"]].mean(axis=1)
    for visit in [*AFTER, "hours phase"]:
        gap, error = gap_and_error(change[visit], ketamine)
        expected = committed["mean_difference"][visit.replace(" ", "_")]
        assert abs(gap - expected) < 4 * error, visit
    share = {
        "any_fall_hours_phase": change["hours phase"] < 0,
        "any_fall_at_any_visit": (change[AFTER] < 0).any(axis=1),
    }
    for name, hit in share.items():
        for arm, who in (("ketamine", ketamine), ("midazolam", ~ketamine)):
            assert hit[who].mean() == pytest.approx(committed[f"share_{arm}"][name], abs=0.03)
    baseline = totals(cohort, "pcl5_now", "pcl5now")["before"]
    assert baseline.std() == pytest.approx(committed["baseline_sd"]["before"], abs=0.4)


def test_drug_and_expectancy_add_up_to_the_difference(committed):
    for visit, whole in committed["mean_difference"].items():
        drug = committed["mean_difference_by_drug"][visit]
        expectancy = committed["mean_difference_by_expectancy"][visit]
        assert drug + expectancy == pytest.approx(whole, abs=0.002)
        assert drug < 0
        assert expectancy < 0


def test_truth_of_a_world_without_drug_or_belief_is_zero():
    nothing = simulate.truth(NULL, n_per_arm=600, seed=1)
    assert set(nothing["mean_difference"].values()) == {0.0}
    assert nothing["mean_change_midazolam"]["168_h"] < 0


def test_the_cohort_looks_like_the_trial_it_plays(committed):
    assert 28 < committed["baseline_mean"]["before"] < 32
    assert 8 < committed["baseline_sd"]["before"] < 9.5
    assert -4.5 < committed["mean_change_midazolam"]["hours_phase"] < -2.5
    assert -7 < committed["mean_difference"]["hours_phase"] < -6
    assert 0.4 < committed["correlation_with_before_midazolam"]["24_h"] < 0.6


def test_dissociation_peaks_with_ketamine_and_is_brief():
    cohort = large(replace(EXAMPLE, **WHOLE), 400)
    score = totals(cohort, "cadss", "cadss")
    ketamine = in_ketamine(cohort, score)
    mean = score[ketamine].mean()
    assert mean.idxmax() == "40 min"
    assert mean["40 min"] > 15
    assert mean["120 min"] < mean["before"] + 2
    assert score[~ketamine].mean()["40 min"] < 8


def test_dropout_is_plausible_and_likelier_for_those_who_feel_no_better():
    cohort = large(EXAMPLE, 100)
    score = totals(cohort, "pcl5_now", "pcl5now")
    present = cohort["pcl5_now"].query("visit == '168 h'")["id"]
    gone = ~score.index.isin(present)
    assert 0.08 < gone.mean() < 0.16
    change = score["5 h"] - score[["other day", "before"]].mean(axis=1, skipna=False)
    assert change[gone].mean() > change[~gone].mean() + 0.5


def test_more_people_on_ketamine_guess_it():
    subjects = large(EXAMPLE, 100)["subjects"]
    share = subjects["guess"].eq("ketamine").groupby(subjects["arm"]).mean()
    assert share["ket"] > 0.5
    assert share["mdz"] < 0.1
    assert set(subjects["guess"]) == {"ketamine", "midazolam", "unsure"}
