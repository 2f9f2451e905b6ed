"""What a fit did that was not asked for in so many words, said where the fit was called."""

from __future__ import annotations

import sys
import warnings

__all__ = ["FitWarning", "warn"]


class FitWarning(UserWarning):
    """The fit is another than the one asked for, or rests on a choice that was not made."""


def warn(message: str) -> None:
    """Warn at the line that called into the mixed model."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("analysis.mmrm."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, FitWarning, stacklevel=level)
