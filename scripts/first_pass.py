"""Judge 1,000 trials of every scenario at designs that depart far, to find the worst of each kind.

Usage: python scripts/first_pass.py

Writes data/processed/calibration/first_pass.csv, 30 people an arm; `WORST` in
analysis.claims.calibration.command names the scenarios that are then counted with 10,000.
"""

from __future__ import annotations

import sys

from analysis.claims.calibration import calibrate
from analysis.claims.calibration.command import first_pass
from analysis.paths import CALIBRATION
from analysis.writing import write_atomic

SIZE, TRIALS = 30, 1_000
COLUMNS = ["world", "n_per_arm", "replicates", "supported", "contradicted", "rate", "mc_low",
           "mc_high", "loss", "seed", "decisions_sha256", "code_sha256"]  # fmt: skip


def main() -> int:
    """Judge, count and write."""
    rows = calibrate(first_pass(), [SIZE], replicates=TRIALS, jobs=-1)
    found = rows.loc[rows["claim"] == "onset", COLUMNS].sort_values("world", kind="stable")
    text = found.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_atomic(CALIBRATION / "first_pass.csv", text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
