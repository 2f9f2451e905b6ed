"""What the tests of this room share."""

from __future__ import annotations

import numpy as np


def differences(function, at: np.ndarray) -> np.ndarray:
    """Richardson's extrapolation of central differences."""
    rows = []
    for i, value in enumerate(at):
        step = np.zeros_like(at)
        step[i] = 1e-3 * max(abs(value), 0.1)
        wide = (function(at + step) - function(at - step)) / 2
        near = (function(at + step / 2) - function(at - step / 2)) / 1
        rows.append((4 * near - wide) / 3 / step[i])
    return np.array(rows)
