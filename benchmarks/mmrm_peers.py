"""One fit by a Python package, timed: ``python mmrm_peers.py DATA.csv SOFTWARE REPEATS``.

Prints CPU seconds of each repeat, the log-likelihood, and the version. Run by the interpreter of
an environment that has the package; it imports nothing of this project. The fit alone is timed.
"""

import sys
import time
import warnings
from importlib.metadata import version

import pandas as pd

FORMULA = "change ~ baseline * visit + arm * visit"


def rust(data):
    """A random effect for every visit, which is the unstructured covariance."""
    import mixedlm_rs

    model = mixedlm_rs.mixedlm(FORMULA, data, groups="subject", re_formula="~ 0 + visit")
    return model.fit().llf


def mixedlm(data):
    """The same by the other package."""
    import mixedlm

    result = mixedlm.lmer(f"{FORMULA} + (0 + visit | subject)", data)
    return float(result.logLik().value)


def statsmodels(data):
    """A random intercept: the nearest model that it fits reliably."""
    import statsmodels.formula.api as smf

    return smf.mixedlm(FORMULA, data, groups=data["subject"]).fit(reml=True).llf


def main():
    """Read, fit, print."""
    path, software, repeats = sys.argv[1:]
    data = pd.read_csv(path).dropna()
    data["visit"] = pd.Categorical(data["visit"], [f"week {k + 1}" for k in range(20)])
    data["visit"] = data["visit"].cat.remove_unused_categories()
    fit = {"mixedlm-rs": rust, "mixedlm": mixedlm, "statsmodels": statsmodels}[software]
    warnings.simplefilter("ignore")
    times = []
    for _ in range(int(repeats) + 1):
        start = time.process_time()
        loglik = fit(data)
        times.append(time.process_time() - start)
        # The first warms up, unless it is so long that warming up is lost in it.
        if times[0] > 5:
            break
    print(*(times[1:] or times))
    print(f"{loglik:.9f}")
    print(version(software))


if __name__ == "__main__":
    main()
