"""The mixed model for repeated measures (MMRM): REML or ML by moments, usable by itself.

In: a formula and a table. Out: LS means, differences and tests with Kenward-Roger, Satterthwaite,
between-within or residual degrees of freedom. `y_i ~ N(X_i beta, Sigma_i)`, no random effects.
Not here: anything that knows of claims or arms. tests/reference/mmrm: what it is held against.
"""

from analysis.mmrm.fit.maximise import ConvergenceError
from analysis.mmrm.model import mmrm, prepare
from analysis.mmrm.results import MMRM
from analysis.mmrm.spec import ModelSpec
from analysis.mmrm.trials import ManyMMRM, many, many_arrays
from analysis.mmrm.warned import FitWarning

__all__ = [
    "MMRM",
    "ConvergenceError",
    "FitWarning",
    "ManyMMRM",
    "ModelSpec",
    "many",
    "many_arrays",
    "mmrm",
    "prepare",
]
