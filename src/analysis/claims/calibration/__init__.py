"""How often the whole procedure is wrong: simulated trials of known truth, judged and counted."""

from analysis.claims.calibration.counts import merge, rows_of
from analysis.claims.calibration.run import SEED, calibrate

__all__ = ["SEED", "calibrate", "merge", "rows_of"]
