"""What the R scripts in tests/reference/mmrm fitted, and what they printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm import MMRM, mmrm

REFERENCE = Path(__file__).parents[1] / "reference" / "mmrm"
LISTINGS = REFERENCE / "listings"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """A table and a model, as studies.R has them."""

    formula: str
    subject: str
    visit: str
    arm: str
    time: list[str]
    weights: str | None
    file: str | None = None

    def read(self, name: str, open_data: Path | None) -> pd.DataFrame:
        if self.file is None:
            table = pd.read_csv(REFERENCE / "synthetic.csv")
            table = table[table["trial"] == name].reset_index(drop=True)
        else:
            assert open_data is not None
            table = pd.read_csv(open_data / self.file)
        return table.astype({self.visit: "category"})


def _made(formula: str) -> Study:
    return Study(formula, "subject", "visit", "arm", ["hours"], "weight")


STUDIES = {
    "fev": Study(
        "FEV1 ~ RACE + SEX + ARMCD * AVISIT",
        *("USUBJID", "AVISIT", "ARMCD", ["VISITN", "VISITN2"], "WEIGHT"),
        file="fev_data.csv",
    ),
    "antidepressant": Study(
        "CHANGE ~ BASVAL * VISIT + THERAPY * VISIT",
        *("PATIENT", "VISIT", "THERAPY", ["RELDAYS"], None),
        file="antidepressant_data.csv",
    ),
    "large": _made("y ~ site + baseline * visit + arm * visit"),
    "small": _made("y ~ baseline + arm * visit"),
    "complete": _made("y ~ baseline + arm * visit"),
}
FOLDERS = {"fev": "fev", "antidepressant": "antidepressant-trial"}


def fit(name: str, data: pd.DataFrame, kind: str, method: str, **options: Any) -> MMRM:
    """Our fit of what a listing calls ``kind``: a structure, weighted, or one for each arm."""
    study = STUDIES[name]
    structure = kind.split(" ")[0]
    return mmrm(
        study.formula,
        data,
        subject=study.subject,
        visit=study.visit,
        covariance="us" if structure == "grouped" else structure,
        method=method.lower(),
        df=options.pop("df", "satterthwaite"),
        time=study.time if structure == "sp_exp" else None,
        weights=study.weights if kind.endswith("weighted") else None,
        group=study.arm if structure == "grouped" else None,
        fallback=False,
        **options,
    )


def plain(term: str) -> str:
    """A term's name without formulaic's brackets, its factors in alphabetic order."""
    bare = term.replace("[T.", "").replace("]", "").replace("(", "").replace(")", "")
    return ":".join(sorted(bare.split(":")))


@dataclass(frozen=True)
class Listing:
    """One file: covariance, method, quantity, name, value."""

    table: pd.DataFrame

    def has(self, kind: str, method: str) -> bool:
        return bool(((self.table.index.get_level_values(0) == kind) & self._of(method)).any())

    def _of(self, method: str) -> Array:
        return self.table.index.get_level_values(1) == method

    def values(self, kind: str, method: str, quantity: str) -> pd.Series:
        """Values by name, in the listing's order."""
        return self.table.loc[(kind, method, quantity)].set_index("name")["value"]

    def terms(self, kind: str, method: str, quantity: str) -> pd.Series:
        """Values by term, named as `plain` names them."""
        return self.values(kind, method, quantity).rename(index=plain)

    def number(self, kind: str, method: str, quantity: str) -> float:
        return float(self.table.loc[(kind, method, quantity)]["value"].item())

    def matrix(self, kind: str, method: str, quantity: str) -> Array:
        """A symmetric matrix from its lower triangle, row by row."""
        values = self.values(kind, method, quantity).to_numpy()
        size = int(np.sqrt(2 * len(values)))
        full = np.zeros((size, size))
        full[np.tril_indices(size)] = values
        return full + np.tril(full, -1).T

    @cached_property
    def kinds(self) -> list[tuple[str, str]]:
        """Every covariance and method that has a log-likelihood."""
        index = self.table.index
        rows = index[index.get_level_values(2) == "loglik"]
        return [(kind, method) for kind, method, _ in rows]


@cache
def listing(software: str, name: str) -> Listing:
    table = pd.read_csv(LISTINGS / f"{software}_{name}.csv", comment="#", keep_default_na=False)
    table["value"] = table["value"].astype(float)
    return Listing(table.set_index(["covariance", "method", "quantity"]).sort_index(level=[]))


def parameters(kind: str, matrix: Array) -> Array:
    """Our parameters of a structure from a covariance matrix that has it."""
    k = len(matrix)
    variances = np.diag(matrix)
    correlation = matrix / np.sqrt(np.outer(variances, variances))
    if kind == "us":
        return matrix[np.tril_indices(k)]
    if kind == "cs":
        return np.array([matrix[0, 1], matrix[0, 0] - matrix[0, 1]])
    if kind == "toep":
        return matrix[0]
    head = variances if kind.endswith("h") else variances[:1]
    tail = {
        "cs": correlation[0, 1:2],
        "ar1": correlation[0, 1:2],
        "toep": correlation[0, 1:],
        "ad": np.diag(correlation, 1),
    }
    return np.concatenate([head, tail[kind.removesuffix("h")]])


def listed_parameters(table: Listing, kind: str, method: str) -> Array:
    """Our parameters as a listing prints them."""
    structure = kind.split(" ")[0]
    if structure == "grouped":
        quantities = table.table.loc[(kind, method)].index.unique()
        groups = [name for name in quantities if name.startswith("cov ")]
        return np.concatenate(
            [parameters("us", table.matrix(kind, method, group)) for group in groups]
        )
    if (kind, method, "theta") in table.table.index:
        return table.values(kind, method, "theta").to_numpy()
    return parameters(structure, table.matrix(kind, method, "cov"))


def at(result: MMRM, theta: Array, *, expected: bool = False) -> MMRM:
    """Our formulas at other covariance parameters, or with the expected information."""
    inference = result._inference
    likelihood = inference.optimum.likelihood
    state = likelihood.at(np.asarray(theta))
    derivatives = likelihood.derivatives(state)
    information = derivatives.expected if expected else derivatives.observed
    optimum = replace(
        inference.optimum,
        state=state,
        derivatives=derivatives,
        theta_cov=np.linalg.inv(information),
    )
    return MMRM(replace(inference, optimum=optimum))
