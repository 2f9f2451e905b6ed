"""Where a function of one number crosses nought: SciPy's ``brentq`` without importing ``optimize``.

Step for step the same (Brent 1973, Algorithms for Minimization Without Derivatives, ch. 4; SciPy's
``brentq.c``), so that every digit is. The import takes longer than all the roots of a verdict.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["brentq"]

_RTOL, _STEPS = 4 * sys.float_info.epsilon, 1000


def brentq(function: Callable[[float], float], a: float, b: float, *, xtol: float) -> float:
    """A root between a and b.

    Parameters
    ----------
    function : function of float
        Continuous, of other signs at a and b.
    a, b : float
    xtol : float
        The root is this near to the number returned, beside rounding.

    Raises
    ------
    ValueError
        When the function has the same sign at both ends.
    """
    before, now, other = a, b, 0.0
    f_before, f_now, f_other = function(a), function(b), 0.0
    if f_before == 0 or f_now == 0:
        return before if f_before == 0 else now
    if (f_before < 0) == (f_now < 0):
        raise ValueError("The function has the same sign at both ends; no root lies between.")
    last = step = 0.0
    for _ in range(_STEPS):
        if f_before != 0 and f_now != 0 and (f_before < 0) != (f_now < 0):
            other, f_other = before, f_before
            last = step = now - before
        if abs(f_other) < abs(f_now):
            before, now, other = now, other, now
            f_before, f_now, f_other = f_now, f_other, f_now
        near, half = (xtol + _RTOL * abs(now)) / 2, (other - now) / 2
        if f_now == 0 or abs(half) < near:
            break
        tried = half
        if abs(last) > near and abs(f_now) < abs(f_before):
            if before == other:
                tried = -f_now * (now - before) / (f_now - f_before)
            else:
                pre = (f_before - f_now) / (before - now)
                off = (f_other - f_now) / (other - now)
                below = off * pre * (f_other - f_before)
                if below != 0:
                    tried = -f_now * (f_other * off - f_before * pre) / below
            if not 2 * abs(tried) < min(abs(last), 3 * abs(half) - near):
                tried = half
        # A bisection starts the count of steps anew.
        last, step = (half, half) if tried is half else (step, tried)
        before, f_before = now, f_now
        now += step if abs(step) > near else (near if half > 0 else -near)
        f_now = function(now)
    return now
