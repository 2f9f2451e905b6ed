"""The mixed model for repeated measures, by moments."""

from analysis.mmrm.fit import ConvergenceError
from analysis.mmrm.model import mmrm
from analysis.mmrm.results import MMRM

__all__ = ["MMRM", "ConvergenceError", "mmrm"]
