"""The 2×2 crossover against SAS, against least squares, and against a known truth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.estimates.control import crossover
from analysis.estimates.control.crossover import crossover_contrast
from analysis.estimates.control.crossover_scores import crossover_scores
from analysis.estimates.table import COLUMNS
from analysis.readers.nimh.crossover import read_nimh
from tests.length import seed, trials

REFERENCE = Path(__file__).parents[2] / "reference" / "crossover"


def long_form(y: np.ndarray, active_first: np.ndarray) -> pd.DataFrame:
    """Two columns of outcomes as one row a person and period."""
    n = len(y)
    active = np.column_stack([active_first, ~active_first])
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), 2),
            "sequence": np.repeat(np.where(active_first, "KP", "PK"), 2),
            "period": np.tile([1, 2], n),
            "treatment": np.where(active, "ketamine", "placebo").ravel(),
            "outcome": y.ravel(),
        }
    )


def draw(
    generator: np.random.Generator,
    *,
    sizes: tuple[int, int] = (12, 12),
    treatment: float = -5.0,
    period: float = 3.0,
    carryover: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes with known effects; the carry-over is that of the active treatment."""
    first = np.repeat([True, False], sizes)
    y = 30 + generator.normal(0, 6, (len(first), 1)) + generator.normal(0, 4, (len(first), 2))
    y[:, 1] += period
    y[first, 0] += treatment
    y[~first, 1] += treatment
    y[first, 1] += carryover
    return y, first


@pytest.fixture
def uneven() -> pd.DataFrame:
    """Seven and five people, of whom one lacks the second and one the first outcome."""
    y, first = draw(np.random.default_rng(3), sizes=(7, 5))
    y[0, 1] = np.nan
    y[-1, 0] = np.nan
    return long_form(y, first)


def one(rows: pd.DataFrame, estimand: str) -> pd.Series:
    return rows.set_index("estimand").loc[estimand]


def test_agrees_with_the_sas_listing():
    data = pd.read_csv(REFERENCE / "cochran_cox_4_10.csv")
    first = data[data["period"] == 1].set_index("trial")["machine"]
    rows = crossover_contrast(
        data.assign(sequence=data["trial"].map(first)),
        subject="trial",
        treatment="machine",
        outcome="time",
        active="A",
        comparator="B",
    )
    machine, order = one(rows, crossover.TREATMENT), one(rows, crossover.PERIOD)
    assert machine["estimate"] == pytest.approx(8.0, abs=1e-9)
    assert machine["se"] == pytest.approx(math.sqrt(2 * 21.025 / 10), abs=1e-9)
    assert machine["df"] == 8
    assert (machine["estimate"] / machine["se"]) ** 2 == pytest.approx(15.22, abs=0.005)
    assert machine["p_value"] == pytest.approx(0.0045, abs=0.00005)
    assert order["estimate"] == pytest.approx(-3.6, abs=1e-9)
    assert (order["estimate"] / order["se"]) ** 2 == pytest.approx(3.08, abs=0.005)
    assert order["p_value"] == pytest.approx(0.117, abs=0.001)
    assert machine["contrast"] == "A - B"


def test_is_least_squares_with_a_fixed_effect_a_person(uneven):
    rows = crossover_contrast(uneven)
    complete = uneven[uneven.groupby("subject")["outcome"].transform("count") == 2]
    complete = complete.assign(
        active=(complete["treatment"] == "ketamine") * 1.0, second=(complete["period"] == 2) * 1.0
    )
    fit = smf.ols("outcome ~ C(subject) + active + second", complete).fit()
    for name, estimand in (("active", crossover.TREATMENT), ("second", crossover.PERIOD)):
        row, interval = one(rows, estimand), fit.conf_int().loc[name]
        assert row["estimate"] == pytest.approx(fit.params[name], rel=1e-9)
        assert row["se"] == pytest.approx(fit.bse[name], rel=1e-9)
        assert row["df"] == fit.df_resid == 8
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(interval.tolist(), rel=1e-9)
        assert row["p_value"] == pytest.approx(fit.pvalues[name], rel=1e-9)


def test_the_other_rows_agree_with_scipy(uneven):
    rows = crossover_contrast(uneven)
    wide = uneven.pivot(index="subject", columns="period", values="outcome")
    first = uneven.groupby("subject")["sequence"].first() == "KP"
    pairs = wide.dropna()
    active_first = first[pairs.index]
    total = pairs.sum(axis=1)
    carryover = stats.ttest_ind(total[active_first], total[~active_first])
    row = one(rows, crossover.CARRYOVER)
    assert row["estimate"] == pytest.approx(
        total[active_first].mean() - total[~active_first].mean()
    )
    assert (row["p_value"], row["df"]) == (pytest.approx(carryover.pvalue), carryover.df)
    assert "not used to choose" in row["method"]

    scored = wide[1].dropna()
    welch = stats.ttest_ind(
        scored[first[scored.index]], scored[~first[scored.index]], equal_var=False
    )
    row = one(rows, crossover.FIRST_PERIOD)
    assert (row["n"], row["df"]) == (11, pytest.approx(welch.df))
    assert row["p_value"] == pytest.approx(welch.pvalue)
    assert row["ci_low"] == pytest.approx(welch.confidence_interval().low)
    assert "7 + 4" in row["method"]

    d = np.where(active_first, pairs[1] - pairs[2], pairs[2] - pairs[1])
    paired = stats.ttest_1samp(d, 0)
    row = one(rows, crossover.UNADJUSTED)
    assert (row["estimate"], row["df"]) == (pytest.approx(d.mean()), 9)
    assert row["p_value"] == pytest.approx(paired.pvalue)


def test_the_unadjusted_estimate_is_the_same_only_when_the_sequences_are_equally_large(uneven):
    y, first = draw(np.random.default_rng(5))
    even = crossover_contrast(long_form(y, first))
    assert one(even, crossover.UNADJUSTED)["estimate"] == pytest.approx(
        one(even, crossover.TREATMENT)["estimate"]
    )
    odd = crossover_contrast(uneven)
    difference = (
        one(odd, crossover.UNADJUSTED)["estimate"] - one(odd, crossover.TREATMENT)["estimate"]
    )
    assert abs(difference) > 0.01


def test_finds_the_known_truth_with_the_stated_error():
    generator = np.random.default_rng(seed(20))
    fits = [
        crossover_contrast(long_form(*draw(generator))) for _ in range(trials(short=100, long=300))
    ]
    rows = pd.concat([one(fit, crossover.TREATMENT).to_frame().T for fit in fits])
    estimates = rows["estimate"].astype(float)
    mc = estimates.std() / math.sqrt(len(rows))
    assert estimates.mean() == pytest.approx(-5, abs=4 * mc)
    covered = ((rows["ci_low"] < -5) & (rows["ci_high"] > -5)).mean()
    # Four Monte Carlo standard errors about 95 %.
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / len(rows)))
    # The stated variance is unbiased: 22 df and 300 fits leave a relative error of 1.7 %.
    truth = 4**2 * 2 / 24
    assert (rows["se"].astype(float) ** 2).mean() == pytest.approx(
        truth, rel=trials(short=0.12, long=0.07)
    )


@pytest.mark.parametrize("carryover", [0.0, -4.0])
def test_carry_over_biases_by_half_its_size_and_the_first_period_is_free_of_it(carryover):
    # One trial so large that its errors are small beside the effects.
    generator = np.random.default_rng(21)
    y, first = draw(generator, sizes=(6000, 4000), carryover=carryover)
    rows = crossover_contrast(long_form(y, first))
    expected = {
        crossover.TREATMENT: -5 - carryover / 2,
        crossover.PERIOD: 3 + carryover / 2,
        crossover.CARRYOVER: carryover,
        crossover.FIRST_PERIOD: -5,
    }
    for estimand, truth in expected.items():
        row = one(rows, estimand)
        assert row["estimate"] == pytest.approx(truth, abs=4 * row["se"])
        assert row["se"] < 0.3


def test_rows_are_the_table_of_estimates_and_the_input_is_left_alone(uneven):
    before = uneven.copy()
    rows = crossover_contrast(uneven, claim="c", instrument="MADRS", window="day 2")
    pd.testing.assert_frame_equal(uneven, before)
    assert tuple(rows) == COLUMNS
    assert len(rows) == 5
    assert set(rows["claim"]) == {"c"}
    assert set(rows["window"]) == {"day 2"}
    assert rows["method"].str.contains("excluded").all()
    assert "6 + 4 participants with both scores, 2 excluded" in rows.loc[0, "method"]
    assert rows.loc[0, "n"] == 10


def test_order_of_rows_and_names_of_people_do_not_matter(uneven):
    shuffled = uneven.sample(frac=1, random_state=1).assign(subject=lambda d: 100 - d["subject"])
    pd.testing.assert_frame_equal(crossover_contrast(uneven), crossover_contrast(shuffled))


def changed(data: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    data = data.astype({column: object}) if isinstance(value, str) else data.copy()
    data.loc[row, column] = value
    return data


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.drop(columns="period"), "no column 'period'"),
        (lambda d: changed(d, 0, "period", 3), "periods 1 and 2"),
        (lambda d: changed(d, 0, "treatment", "midazolam"), "'ketamine' and 'placebo'"),
        (lambda d: changed(d, 0, "treatment", np.nan), "told on every row"),
        (lambda d: changed(d, 0, "treatment", "placebo"), "same treatment in both periods"),
        (lambda d: d.assign(sequence="KP"), "holds people of both orders"),
        (lambda d: changed(d, [0, 1], "sequence", "other"), "more than one label"),
        (lambda d: pd.concat([d, d.head(1)]), "more than one row in a period"),
        (lambda d: changed(d, 0, "outcome", np.inf), "finite numbers"),
        (lambda d: d.assign(outcome=d["outcome"].astype(str)), "finite numbers"),
        (lambda d: d[d["period"] == 1], "cannot be paired"),
        (lambda d: d.assign(outcome=d["outcome"].where(d["sequence"] == "KP")), "0 with placebo"),
        (lambda d: d.assign(outcome=d["period"] * 1.0), "no error can be estimated"),
    ],
)
def test_refuses_in_words(uneven, change, sentence):
    with pytest.raises(ValueError, match=sentence):
        crossover_contrast(change(uneven))


def test_refuses_a_level_that_is_no_probability(uneven):
    with pytest.raises(ValueError, match="between 0 and 1"):
        crossover_contrast(uneven, level=95)


def test_first_scores_that_do_not_vary_give_no_interval():
    y, first = draw(np.random.default_rng(2))
    y[:, 0] = 20.0
    row = one(crossover_contrast(long_form(y, first)), crossover.FIRST_PERIOD)
    assert (row["estimate"], row["se"]) == (0.0, 0.0)
    assert math.isnan(row["p_value"])


def test_equal_changes_are_refused_though_rounding_tells_them_apart():
    first = np.array([True, True, True, False, False, False])
    start = 13.7 + 0.3 * np.arange(6)
    y = np.column_stack([start, start - np.where(first, -3.3, 4.7)])
    with pytest.raises(ValueError, match="everybody changed alike"):
        crossover_contrast(long_form(y, first))


# --- the real trial: aggregates only ---------------------------------------------------------


@pytest.fixture(scope="module")
def nimh_folder(open_data) -> Path:
    return open_data("nimh-ketamine-ds005917")


def test_day_two_contrast_of_the_real_trial(nimh_folder):
    scores = crossover_scores(read_nimh(nimh_folder), instrument="MADRS", since=(24, 72))
    rows = crossover_contrast(scores, instrument="MADRS", window="day 2")
    # statsmodels 0.15.0, ordinary least squares of the score on a fixed effect a person,
    # treatment and period, from the published files read without this project's reader.
    main = one(rows, crossover.TREATMENT)
    assert (main["n"], main["df"]) == (24, 22)
    assert "12 + 12 participants with both scores, 7 excluded" in main["method"]
    assert main["estimate"] == pytest.approx(-6.75, abs=1e-9)
    assert main["se"] == pytest.approx(1.991697, abs=5e-7)
    assert main["ci_low"] == pytest.approx(-10.880526, abs=5e-7)
    assert main["ci_high"] == pytest.approx(-2.619474, abs=5e-7)
    assert main["p_value"] == pytest.approx(0.002639, abs=5e-7)
    assert one(rows, crossover.PERIOD)["estimate"] == pytest.approx(0.0, abs=1e-9)
    first = one(rows, crossover.FIRST_PERIOD)
    assert (first["n"], first["estimate"]) == (28, pytest.approx(-9.779487, abs=5e-7))
    assert one(rows, crossover.UNADJUSTED)["estimate"] == pytest.approx(-6.75, abs=1e-9)


def test_day_two_contrast_is_least_squares_on_the_files_themselves(nimh_folder):
    people = pd.read_csv(nimh_folder / "participants.tsv", sep="\t", na_values="n/a")
    scores = pd.read_csv(nimh_folder / "phenotype.tsv", sep="\t", na_values="n/a")
    data = scores.merge(people[people["group"] == "MDD"])
    data = data[data["session_id"].isin(["ses-d2", "ses-p2"])].dropna(subset="MADRS_Total")
    data = data[data.groupby("participant_id")["MADRS_Total"].transform("count") == 2]
    data["active"] = (data["session_id"] == "ses-d2") * 1.0
    data["second"] = (data["session_id"].str[4] != data["infusion_1"]) * 1.0
    fit = smf.ols("MADRS_Total ~ C(participant_id) + active + second", data).fit()
    ours = crossover_contrast(
        crossover_scores(read_nimh(nimh_folder), instrument="MADRS", since=(24, 72))
    )
    main = one(ours, crossover.TREATMENT)
    assert main["estimate"] == pytest.approx(fit.params["active"], rel=1e-9)
    assert main["se"] == pytest.approx(fit.bse["active"], rel=1e-9)
    assert main["df"] == fit.df_resid
