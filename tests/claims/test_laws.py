"""Laws of the verdict: what may never make relief look better, and what must change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.claims import judge
from analysis.claims.calibration.pieces import trials_of
from analysis.claims.calibration.trial import judge_trials
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators import common
from analysis.claims.ledger import SUPPORTED, Reason
from analysis.readers.assemble import read_study
from analysis.simulate import Trial, world, write_study
from tests.length import seed, trials

pytestmark = pytest.mark.simulates

RULES = load_definitions()
COUNT = trials(short=200, long=2_000)
SCALE = """
[instruments.moment]
title = "Symptoms at this moment"
construct = "ptsd"
totals = [{low}, {high}]
higher_is = "worse"
recall_hours = 0
reference_sd = 7
source = "the clinic's own questionnaire, 2025"
"""


def with_fewer_scores(trial: Trial, rng: np.random.Generator, share: float) -> Trial:
    """The trial with a random share of its scores after the infusion gone."""
    gone = rng.random(trial.totals.shape) < share
    return replace(
        trial,
        totals=np.where(gone, np.nan, trial.totals),
        filled_totals=np.where(gone, np.nan, trial.filled_totals),
    )


def supported(several: list[Trial]) -> np.ndarray:
    return np.array([one.words["onset"] == SUPPORTED for one in judge_trials(several, RULES)])


@pytest.mark.parametrize("name", ["power-cell", "unblinding-0.50"])
def test_removing_scores_at_random_does_not_raise_the_rate_of_support(name):
    """Single trials may turn either way; of all, no more are supported than luck alone brings."""
    rng = np.random.default_rng(seed(41))
    drawn = [one for start in range(0, COUNT, 200)
             for one in trials_of(name, 30, range(start, start + 200), seed(42))]  # fmt: skip
    before = supported(drawn)
    after = supported([with_fewer_scores(one, rng, 0.06) for one in drawn])
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    # Of those that turn, at most half are gained, and three standard errors more.
    assert gained <= lost + 3 * np.sqrt(gained + lost)


@pytest.fixture
def gate_7_passes(monkeypatch):
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


def entered_again(folder: Path) -> None:
    """Everybody stands in every table a second time, under another id."""
    for file in folder.glob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        again = rows.assign(id="B" + rows["id"].str[2:])
        pd.concat([rows, again]).to_csv(file, index=False)


@pytest.mark.usefixtures("gate_7_passes")
@pytest.mark.parametrize("effect", ["effect-0.75", "effect-1.50"])
def test_a_second_entry_of_everybody_never_helps(tmp_path, effect):
    path = write_study(world(effect), 20, 7, tmp_path)
    once = judge(read_study(path))
    entered_again(tmp_path)
    path.write_text(path.read_text().replace("= 20,", "= 40,").replace("= 20 }", "= 40 }"))
    twice = judge(read_study(path))
    for claim in ("onset", "headline", "attribution"):
        assert twice[claim].verdict != SUPPORTED
    assert once["onset"].verdict == SUPPORTED or effect == "effect-0.75"


@pytest.mark.usefixtures("gate_7_passes")
def test_ten_points_more_on_a_scale_declared_with_that_range_change_nothing(tmp_path, monkeypatch):
    path = write_study(world("effect-1.50"), 20, 8, tmp_path)
    file = tmp_path / "pcl5_now_synthetic.csv"
    rows = pd.read_csv(file)
    items = [column for column in rows if column.startswith("pcl5now")]
    rows = rows[rows[items].notna().all(axis=1)]
    text = path.read_text().replace('"PCL-5-now"', '"moment"').replace('"ad-hoc"', '"own"')
    text = text.replace('items = "pcl5now_{:02d}"\n', "")
    found = []
    for more in (0, 10):
        monkeypatch.setattr(instruments.catalogue, "_declared", {})
        total = rows[items].sum(axis=1).astype(int) + more
        rows.drop(columns=items).assign(total=total).to_csv(file, index=False)
        path.write_text(text + SCALE.format(low=more, high=56 + more))
        ledger = judge(read_study(path))
        found.append({claim: (ledger[claim].verdict, ledger[claim].parts,
                              round(ledger[claim].estimate["estimate"], 9),
                              round(ledger[claim].estimate["ci_high"], 9))
                      for claim in ("onset", "attribution")})  # fmt: skip
    assert found[0] == found[1]
    assert found[0]["onset"][0] == SUPPORTED
