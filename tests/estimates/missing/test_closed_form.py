"""The deterministic check of gate 6: jump to reference and the tipping shift."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.missing.closed_form import Robustness, robustness_to_missing
from analysis.estimates.missing.imputation_model import by_visit
from analysis.mmrm import mmrm

VISITS = ("a", "b", "c")
COVARIANCE = np.array([[30.0, 18.0, 12.0], [18.0, 36.0, 20.0], [12.0, 20.0, 40.0]])


def trial(n: int, seed: int, lost: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Changes with some missing at the end and some in between, baselines, arms."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    baseline = rng.normal(35, 7, n)
    change = rng.multivariate_normal([-2, -3, -4], COVARIANCE, n) - 5.0 * treated[:, None]
    for visit in range(3):
        change[rng.random(n) < lost / 2, visit:] = np.nan
        change[rng.random(n) < lost / 2, visit] = np.nan
    return change, baseline, treated


def fitted(change: np.ndarray, baseline: np.ndarray, treated: np.ndarray) -> dict[str, Any]:
    """What the mixed model gives to the check."""
    n, k = change.shape
    rows = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": list(VISITS) * n,
            "baseline": np.repeat(baseline, k),
            "treated": np.repeat(treated.astype(float), k),
            "change": change.ravel(),
        }
    )
    fit = mmrm(
        "change ~ baseline * visit + treated * visit", rows, subject="subject", visit="visit"
    )
    later = {f"treated:visit[T.{name}]": 1 / k for name in VISITS[1:]}
    found = fit.contrast({"treated": 1.0, **later})
    return {
        "coefficients": by_visit(fit.params, VISITS),
        "covariance": np.stack([np.asarray(fit.covariance)] * 2),
        "se": found["se"],
        "df": found["df"],
        "estimate": found["estimate"],
    }


def doubted(
    change: np.ndarray, baseline: np.ndarray, treated: np.ndarray, **asked: Any
) -> Robustness:
    """The check where the baseline is the one covariate."""
    return robustness_to_missing(change, baseline[:, None], treated, **asked)


def by_person(
    change: np.ndarray, baseline: np.ndarray, treated: np.ndarray, model: dict[str, Any], jump: bool
) -> float:
    """The same by the textbook formulas, a person at a time, and least squares."""
    constant, slope, effect = model["coefficients"]
    cov = model["covariance"][0]
    filled = change.copy()
    for row, b, t in zip(filled, baseline, treated, strict=True):
        seen = np.isfinite(row)
        last = np.flatnonzero(seen).max(initial=-1)
        after = np.arange(len(row)) > last
        mean = constant + slope * b + effect * (t & ~(after & jump))
        if not seen.any():
            row[:] = mean
        elif not seen.all():
            gain = cov[np.ix_(~seen, seen)] @ np.linalg.inv(cov[np.ix_(seen, seen)])
            row[~seen] = mean[~seen] + gain @ (row[seen] - mean[seen])
    design = np.column_stack([np.ones(len(baseline)), baseline, treated])
    return float(np.linalg.lstsq(design, filled.mean(axis=1))[0][2])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_the_textbook_formulas_a_person_at_a_time(seed: int) -> None:
    data = trial(40, seed)
    model = fitted(*data)
    estimate = model.pop("estimate")
    found = doubted(*data, **model, holds=lambda *_: True)
    model["estimate"] = estimate
    assert found.missing_at_random == pytest.approx(estimate, abs=1e-9)
    assert found.missing_at_random == pytest.approx(by_person(*data, model, False), abs=1e-9)
    assert found.jump_to_reference == pytest.approx(by_person(*data, model, True), abs=1e-9)
    assert abs(found.jump_to_reference) < abs(estimate)


def test_jump_to_reference_of_the_antidepressant_trial_is_what_rbmi_prints(
    antidepressant: pd.DataFrame, rbmi: dict[str, Any]
) -> None:
    listing = rbmi["conditional_mean_jackknife"]
    drug = (antidepressant["THERAPY"] == "DRUG").to_numpy()
    rows = antidepressant.reset_index().melt(
        ["PATIENT", "BASVAL", "THERAPY"], [4, 5, 6, 7], var_name="VISIT", value_name="CHANGE"
    )
    rows = rows.assign(drug=(rows["THERAPY"] == "DRUG").astype(float))
    fit = mmrm("CHANGE ~ BASVAL * VISIT + drug * VISIT", rows.astype({"VISIT": str}),
               subject="PATIENT", visit="VISIT")  # fmt: skip
    for place, visit in enumerate(("4", "5", "6", "7")):
        found = doubted(
            antidepressant[[4, 5, 6, 7]].to_numpy(float),
            antidepressant["BASVAL"].to_numpy(float),
            drug,
            coefficients=by_visit(fit.params, ("4", "5", "6", "7"), terms=("BASVAL", "drug"),
                                  visit="VISIT"),
            covariance=np.stack([np.asarray(fit.covariance)] * 2),
            se=1.0,
            df=150.0,
            holds=lambda *_: False,
            visits=[place],
        )  # fmt: skip
        # The listing is placebo minus drug, to three digits.
        assert -found.jump_to_reference == pytest.approx(listing[f"trt_{visit}"][0], abs=5.1e-4)
        assert found.tipping_shift == 0.0


def test_the_conclusion_fails_at_the_tipping_shift_and_holds_below_it() -> None:
    data = trial(60, 4)
    model = fitted(*data)
    estimate = model.pop("estimate")
    asked: list[tuple[float, float, float]] = []

    def below_minus_one(middle: float, low: float, high: float) -> bool:
        asked.append((middle, low, high))
        return high < -1.0

    found = doubted(*data, **model, holds=below_minus_one)
    assert 0 < found.tipping_shift < 100
    failing = min(high for _, _, high in asked if high >= -1.0)
    holding = max(high for _, _, high in asked if high < -1.0)
    assert failing == pytest.approx(-1.0, abs=1e-3)
    assert holding == pytest.approx(-1.0, abs=1e-3)
    # A shift makes the interval no narrower, and moves its middle by less than itself.
    assert all(high - low >= asked[0][2] - asked[0][1] - 1e-9 for _, low, high in asked)
    at_tip = min(asked, key=lambda one: abs(one[2] + 1.0))[0]
    assert estimate < at_tip < estimate + found.tipping_shift


def test_a_weaker_conclusion_tips_later_and_the_other_direction_is_its_mirror() -> None:
    change, baseline, treated = trial(60, 5)
    model = fitted(change, baseline, treated)
    model.pop("estimate")
    shifts = [
        doubted(
            change, baseline, treated, **model, holds=lambda e, low, high, at=at: high < at
        ).tipping_shift
        for at in (-1.0, 0.0, 1.0)
    ]
    assert shifts == sorted(shifts)
    mirrored = model | {"coefficients": -model["coefficients"]}
    assert doubted(
        -change, baseline, treated, **mirrored, holds=lambda e, low, high: low > 0, direction=-1
    ).tipping_shift == pytest.approx(shifts[1], rel=1e-9)


def test_nothing_missing_cannot_tip_and_jumps_nowhere() -> None:
    data = trial(40, 6, lost=0.0)
    model = fitted(*data)
    estimate = model.pop("estimate")
    found = doubted(*data, **model, holds=lambda e, low, high: high < 0)
    assert found.tipping_shift == math.inf
    assert found.jump_to_reference == found.missing_at_random == pytest.approx(estimate)


def test_missing_scores_of_control_are_shifted_the_other_way() -> None:
    """Lower: the same as higher ones in an arm that is called treated."""
    change, baseline, treated = trial(40, 7, lost=0.0)
    change[~treated & (np.arange(40) < 20), 2] = np.nan
    model = fitted(change, baseline, treated)
    model.pop("estimate")
    found = doubted(change, baseline, treated, **model, holds=lambda e, low, high: high < 0)
    assert 0 < found.tipping_shift < math.inf
    assert found.jump_to_reference == pytest.approx(found.missing_at_random)
    constant, slope, effect = model["coefficients"]
    other = model | {"coefficients": np.stack([constant + effect, slope, -effect])}
    swapped = doubted(
        change, baseline, ~treated, **other, holds=lambda e, low, high: low > 0, direction=-1
    )
    assert swapped.tipping_shift == pytest.approx(found.tipping_shift, rel=1e-6)


def test_a_person_is_filled_by_the_covariance_of_the_own_arm_and_jumps_to_the_other() -> None:
    """One person on treatment misses the last visit; the others only make up the numbers."""
    change, _, treated = trial(20, 3, lost=0.0)
    change[0, 2] = np.nan
    coefficients = np.array([[-2.0, -3.0, -4.0], [0.0, 0.0, 0.0], [-5.0, -5.0, -5.0]])
    of_control, of_treated = COVARIANCE, COVARIANCE * np.array([[1, 1, 2], [1, 1, 2], [2, 2, 4.0]])
    model = {"coefficients": coefficients, "se": 1.0, "df": 30.0, "holds": lambda *_: True}
    found = doubted(
        change, np.repeat(np.linspace(30, 40, 10), 2), treated,
        covariance=np.stack([of_control, of_treated]), **model,
    )  # fmt: skip
    seen = change[0, :2] - (coefficients[0] + coefficients[2])[:2]
    by = [cov[2, :2] @ np.linalg.inv(cov[:2, :2]) @ seen for cov in (of_control, of_treated)]
    # The jump takes the effect away, and the regression on what was seen is that of control.
    moved = 5.0 + by[0] - by[1]
    # Of one of three visits, of one of ten people.
    assert found.jump_to_reference - found.missing_at_random == pytest.approx(moved / 30)


def test_the_order_of_people_does_not_matter() -> None:
    change, baseline, treated = trial(50, 8)
    model = fitted(change, baseline, treated)
    model.pop("estimate")
    order = np.random.default_rng(0).permutation(50)
    holds = lambda e, low, high: high < 0  # noqa: E731
    one = doubted(change, baseline, treated, **model, holds=holds)
    two = doubted(change[order], baseline[order], treated[order], **model, holds=holds)
    assert one.jump_to_reference == pytest.approx(two.jump_to_reference, abs=1e-10)
    assert one.tipping_shift == pytest.approx(two.tipping_shift, abs=1e-4)


def test_arrays_that_do_not_belong_together_are_refused_in_words() -> None:
    change, baseline, treated = trial(20, 9)
    model = {"coefficients": np.zeros((3, 3)), "covariance": np.stack([COVARIANCE] * 2),
             "se": 1.0, "df": 10.0}  # fmt: skip
    with pytest.raises(ValueError, match="20 x 1 covariates"):
        doubted(change, baseline[1:], treated, **model, holds=lambda *_: True)
    blank = np.where(np.arange(20) == 3, np.nan, baseline)
    with pytest.raises(ValueError, match="covariate is missing"):
        doubted(change, blank, treated, **model, holds=lambda *_: True)
    with pytest.raises(ValueError, match="two people"):
        doubted(change, baseline, treated * False, **model, holds=lambda *_: True)
