"""The mixed model for repeated measures (MMRM), by moments.

Correlated residuals within subject, no random effects: ``y_i ~ N(X_i beta, Sigma_i)``,
fitted by REML or ML. `mmrm` is the way in, `prepare` the way in for many fits of one model;
what they return gives LS means, differences, contrasts and tests with Kenward-Roger,
Satterthwaite, between-within or residual degrees of freedom. Formulas and sources stand in
the modules that compute them: `likelihood`, `kenward_roger`, `satterthwaite`, `sandwich`,
`intervals`, `moments`.

Checked against SAS PROC MIXED listings (every structure but ``ad``), against classical tests
that it must equal, dense formulas, finite differences, statsmodels, and simulation; see
`tests/mmrm` and `tests/reference/mmrm`.
"""

from analysis.mmrm.fit import ConvergenceError
from analysis.mmrm.model import mmrm, prepare
from analysis.mmrm.results import MMRM
from analysis.mmrm.spec import ModelSpec

__all__ = ["MMRM", "ConvergenceError", "ModelSpec", "mmrm", "prepare"]
