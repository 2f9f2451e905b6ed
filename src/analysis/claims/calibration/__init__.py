"""How often the whole procedure is wrong: simulated trials of known truth, judged and counted.

In: scenarios of simulate. Out: the committed counts, and gate 7, which reads them.
"""

from analysis.claims.calibration.counts import merge, rows_of
from analysis.claims.calibration.run import SEED, calibrate

__all__ = ["SEED", "calibrate", "merge", "rows_of"]
