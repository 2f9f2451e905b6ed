"""`mmrm`: from a formula and a table to a fitted model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from analysis.mmrm.design.frames import as_frame
from analysis.mmrm.design.table import Roles
from analysis.mmrm.moments.sources import Source, source_of
from analysis.mmrm.results import MMRM
from analysis.mmrm.spec import ModelSpec, Options, fit_source, prepare_table

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A model that is asked for, and the data to fit it to or to prepare it on."""

    data: Any
    source: Source | None
    roles: Roles
    options: Options


def model_request(
    formula: str,
    data: Any,
    *,
    subject: str | None = None,
    visit: str | None = None,
    covariance: str = "us",
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str = "model",
    time: str | Sequence[str] | None = None,
    group: str | None = None,
    weights: str | None = None,
    fallback: bool | Sequence[str] = True,
    n_jobs: int = 1,
) -> Request:
    """What `mmrm` and `prepare` are asked: their arguments and defaults stand here alone."""
    options = Options(covariance, method, df, vcov, time, fallback)
    data = as_frame(data)
    source = source_of(data, n_jobs)
    names = data.columns if source is None else source.columns
    roles = Roles.of(
        formula, names, subject=subject, visit=visit, group=group, weights=weights, time=time
    )
    return Request(data, source, roles, options)


def _asked_by(ask: Callable[P, Request]) -> Callable[[Callable[[Request], T]], Callable[P, T]]:
    """Decorator: a function of a request takes the arguments that make one, and shows them."""

    def decorate(function: Callable[[Request], T]) -> Callable[P, T]:
        @functools.wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            return function(ask(*args, **kwargs))

        returned = inspect.signature(function).return_annotation
        shown = inspect.signature(ask).replace(return_annotation=returned)
        asked.__signature__ = shown  # type: ignore[attr-defined]
        asked.__annotations__ = {**ask.__annotations__, "return": returned}
        return asked

    return decorate


@_asked_by(model_request)
def mmrm(request: Request) -> MMRM:
    """Fit a mixed model for repeated measures: correlated residuals, no random effects.

    ``y_i = X_i beta + e_i``, ``e_i ~ N(0, Sigma_i)``, subjects independent, Sigma_i the part
    of Sigma (of the subject's group) for the visits the subject has.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects in the notation of formulaic. The visit is a factor.
    data : DataFrame, list of DataFrames, pyarrow Dataset or Table, dask DataFrame, or function
        One row a subject and visit; of polars and other libraries by way of narwhals. Lengths of
        time become hours, dates are refused (:mod:`analysis.numbers`). Rows with a missing value
        are left out and counted.
        Everything but one DataFrame is chunks (see :mod:`analysis.mmrm.moments.chunks`): they are
        read twice and let go, so that memory does not grow with them; what needs rows
        afterwards is then refused. A subject's rows may lie in several chunks; sort or
        partition the data by subject where that holds for many. Chunks that do not follow the
        order of the subjects are read three times, and cost eight bytes a subject.
    subject, visit : str
        Columns. Visits, and the levels of every other factor, are in declared order
        (categories, ordered or not), else in the order in which a person would put them (see
        :mod:`analysis.mmrm.design.natural_order`). Of ordered visits each must have been seen.
    covariance : str
        us, toep, toeph, ar1, ar1h, cs, csh, ad, adh or sp_exp
        (see :mod:`analysis.mmrm.fit.covariance`).
    method : {"reml", "ml"}
    df : str
        kenward-roger (linear form; R's Kenward-Roger-Linear), kenward-roger-original,
        satterthwaite, between-within (as R's mmrm, not as SAS: 334 against 192 for a visit of
        fev, see :mod:`analysis.mmrm.inference.between_within`) or residual.
    vcov : {"model", "CR0", "CR2", "CR3"}
        Model-based (Kenward-Roger adjusts it) or sandwich; satterthwaite then means
        the degrees of freedom of Bell and McCaffrey. CR2 is clubSandwich's, not R's mmrm's:
        standard errors up to 6 % apart at 16 people (:mod:`analysis.mmrm.inference.sandwich`).
    time : str or sequence of str, optional
        Columns with times (or coordinates), for ``sp_exp``.
    group : str, optional
        Column constant within subject: each level has its own covariance parameters.
    weights : str, optional
        Column of positive weights: a row's variance is divided by its weight.
    fallback : bool or sequence of str
        When the covariance does not converge: True goes down the ladder us, toeph, ar1h, cs and
        warns by name; structures written out here replace it in this order without a warning,
        since they were declared beforehand; False raises. The result says what was used.
    n_jobs : int
        Workers of joblib that share the chunks (-1: one a core). Dask's partitions run on
        Dask's own scheduler.

    Warns
    -----
    FitWarning
        When another covariance was used than the one asked for, and when the covariance rests on
        the order of three or more visits that the data do not declare.

    Returns
    -------
    MMRM
        With params, bse, vcov, covariance, lsmeans, differences, contrast, wald and more.

    Raises
    ------
    ValueError
        In a sentence, when options or data do not allow the fit, and (as
        ``ConvergenceError``) when no maximum of the likelihood is found.

    Notes
    -----
    The work after one pass over the data does not depend on the number of subjects; see
    :mod:`analysis.mmrm.moments.cross_products`. Checked against published SAS PROC MIXED listings
    (`tests/reference/mmrm`). Many fits of one model are faster from `prepare`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> trial = pd.DataFrame({
    ...     "subject": np.repeat(np.arange(20), 2),
    ...     "visit": ["day 1", "day 7"] * 20,
    ...     "arm": np.repeat(["a", "b"], 20),
    ...     "change": rng.normal(size=40),
    ... })
    >>> trial.loc[3, "change"] = np.nan
    >>> fit = mmrm("change ~ arm * visit", trial, subject="subject", visit="visit")
    >>> fit.n_obs, fit.n_excluded, fit.covariance_type
    (39, 1, 'us')
    >>> list(fit.differences("arm", by="visit")["contrast"])
    ['b - a', 'b - a']
    """
    if request.source is not None:
        return fit_source(request.roles, request.source, request.options)
    spec, table = prepare_table(request.data, request.roles, request.options)
    return spec.fit_table(table)


@_asked_by(model_request)
def prepare(request: Request) -> ModelSpec:
    """Read a formula once, for many fits of the same model.

    Parameters
    ----------
    data : DataFrame
        Gives the levels of factors and visits, and the knots of splines.
    formula, subject, visit, ...
        As for `mmrm`. Workers (``n_jobs``) are given to `ModelSpec.fit`.

    Returns
    -------
    ModelSpec
        ``prepare(formula, data, ...).fit(data)`` gives the numbers of
        ``mmrm(formula, data, ...)``.

    Raises
    ------
    ValueError
        As `mmrm`, and when the data are not one DataFrame.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> people = pd.MultiIndex.from_product([range(20), ["day 1", "day 7"]])
    >>> trial = people.to_frame(index=False, name=["subject", "visit"])
    >>> trial["change"] = rng.normal(size=40)
    >>> spec = prepare("change ~ visit", trial, subject="subject", visit="visit")
    >>> again = trial.assign(change=rng.normal(size=40))
    >>> spec.fit(again).n_obs
    40
    """
    if request.source is not None:
        raise ValueError(
            "A model is prepared on a DataFrame, which may be a sample that holds every level; "
            "the prepared model then fits chunks as well."
        )
    return prepare_table(request.data, request.roles, request.options)[0]
