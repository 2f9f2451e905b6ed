"""`many`: from a formula and a table of trials to their fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array
from analysis.mmrm.batch.stack import stack_trials
from analysis.mmrm.design.frames import as_frame
from analysis.mmrm.design.levels import Coded
from analysis.mmrm.design.matrix import learn_template
from analysis.mmrm.design.table import Roles, Table, read_table
from analysis.mmrm.spec import ModelSpec, Options
from analysis.mmrm.trials.fit import fit_stack
from analysis.mmrm.trials.results import ManyMMRM


def many(
    formula: str,
    data: pd.DataFrame,
    *,
    trial: str,
    subject: str,
    visit: str,
    covariance: str = "us",
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str = "model",
    time: str | Sequence[str] | None = None,
    group: str | None = None,
    weights: str | None = None,
    fallback: bool | Sequence[str] = True,
) -> ManyMMRM:
    """Fit the same mixed model to each of many trials.

    Parameters
    ----------
    data : DataFrame
        One row a trial, subject and visit; subjects of two trials may have the same name. The
        levels of factors and visits, and the knots of splines, are those of all trials together.
    trial : str
        Column whose values tell the data sets apart.
    formula, subject, visit, ...
        As for `analysis.mmrm.mmrm`.

    Returns
    -------
    ManyMMRM
        With lsmeans, differences and contrast of every trial: what
        ``prepare(formula, data, ...).fit(rows of the trial)`` gives, to eight digits.

    Raises
    ------
    ValueError
        As `analysis.mmrm.mmrm` for what concerns all trials. What one trial's data do not allow
        is kept in `ManyMMRM.refusals`.

    Warns
    -----
    FitWarning
        Once for all trials, where `analysis.mmrm.mmrm` warns.

    Notes
    -----
    Trials are fitted together where the covariance is linear in its parameters (us, cs, toep),
    the tests are model-based, and the fit is a plain one: no column is aliased, no visit nearly
    determined by the others, and a maximum is soon found. Else they are fitted one by one,
    slower by an order; `ManyMMRM.how` says which.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.MultiIndex.from_product([range(50), range(20), ["day 1", "day 7"]])
    >>> trials = rows.to_frame(index=False, name=["trial", "subject", "visit"])
    >>> trials["arm"] = np.where(trials["subject"] < 10, "a", "b")
    >>> trials["change"] = rng.normal(size=len(trials))
    >>> fits = many("change ~ arm * visit", trials, trial="trial", subject="subject",
    ...             visit="visit")
    >>> fits.differences("arm", by="visit").shape
    (100, 10)
    >>> fits.how.value_counts().to_dict()
    {'at once': 50}
    """
    data = as_frame(data)
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"many needs one DataFrame of all trials, not a {type(data).__name__}.")
    options = Options(covariance, method, df, vcov, time, fallback)
    for name in (trial, subject):
        if name not in data:
            raise ValueError(f"The data have no column '{name}', which the model needs.")
    of_row, labels = pd.factorize(data[trial])
    nameless = int((of_row < 0).sum())
    if nameless:
        raise ValueError(f"{nameless} row(s) have no '{trial}': fill it in or leave them out.")
    person, people = pd.factorize(data[subject])
    own = f"{subject} of {trial}"
    key = np.where(person < 0, np.nan, of_row * float(max(len(people), 1)) + person)
    roles = Roles.of(
        formula, data.columns, subject=own, visit=visit, group=group, weights=weights, time=time
    )
    table = read_table(data.assign(**{own: key}), roles)
    spec = ModelSpec(learn_template(table, roles), options)
    used = of_row[table.rows]
    stack = stack_trials(spec.template, table, used, len(labels))
    lost = np.bincount(of_row, minlength=len(labels)) - np.bincount(used, minlength=len(labels))
    return fit_stack(spec, stack, pd.Index(labels, name=trial), lost)


def many_arrays(spec: ModelSpec, y: Array, **columns: Any) -> ManyMMRM:
    """Fit a prepared model to many trials that are arrays, of a simulation say.

    Parameters
    ----------
    spec : ModelSpec
        From `analysis.mmrm.prepare`, on a table that has every level.
    y : array of shape (trials, people, visits)
        Outcomes at the visits the model was prepared with, in their order; NaN where absent.
    **columns : arrays of shape (people,), (trials, people) or (trials, people, visits)
        Every other column the model needs, by name: covariates and weights as numbers (NaN
        where missing), factors and groups by their levels.

    Returns
    -------
    ManyMMRM
        Trials are numbered from 0.

    Raises
    ------
    ValueError
        When a column is missing or unknown, or a shape or a level does not fit.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.mmrm import prepare
    >>> people = pd.MultiIndex.from_product([range(4), ["day 1", "day 7"]])
    >>> levels = people.to_frame(index=False, name=["subject", "visit"])
    >>> levels = levels.assign(arm=["a", "a", "b", "b"] * 2, change=np.arange(8.0))
    >>> spec = prepare("change ~ arm * visit", levels, subject="subject", visit="visit")
    >>> rng = np.random.default_rng(1)
    >>> many_arrays(spec, rng.normal(size=(100, 20, 2)), arm=np.repeat(["a", "b"], 10))
    <ManyMMRM change ~ arm * visit: 100 trials, 100 at once>
    """
    y = np.asarray(y, dtype=float)
    roles, levels = spec.template.roles, spec.template.levels
    k = len(levels.visits)
    if y.ndim != 3 or y.shape[2] != k:
        raise ValueError(f"y must have the shape (trials, people, {k} visits), not {y.shape}.")
    if len(roles.outcomes) != 1:
        raise ValueError("Arrays need a model whose outcome is one column.")
    needed = [name for name in roles.needed if name not in (*roles.outcomes, roles.subject)]
    missing = [name for name in needed if name != roles.visit and name not in columns]
    unknown = [name for name in columns if name not in needed or name == roles.visit]
    if missing or unknown:
        what = f"without {', '.join(missing)}" if missing else f"with {', '.join(unknown)}"
        raise ValueError(
            f"The arrays came {what}; the model needs "
            f"{', '.join(name for name in needed if name != roles.visit) or 'no column'}."
        )
    n_trials, n, _ = y.shape
    seen = np.isfinite(y)
    known = {**levels.factors, **({roles.group: levels.groups} if roles.group else {})}
    factors = {
        roles.visit: Coded(np.broadcast_to(np.arange(k), y.shape), levels.visits, True, True)
    }
    numbers = {roles.outcomes[0]: y}
    for name, given in columns.items():
        values = _spread(name, np.asarray(given), y.shape)
        if name in known:
            codes = _codes(name, np.asarray(given), known[name])
            factors[name] = Coded(_spread(name, codes, y.shape), known[name], True)
            continue
        try:
            numbers[name] = values.astype(float)
        except ValueError as error:
            raise ValueError(f"Column '{name}' must hold numbers.") from error
        seen = seen & np.isfinite(numbers[name])
    rows = np.flatnonzero(seen)
    person = rows // k
    present = np.unique(person)
    table = Table(
        subject=np.searchsorted(present, person),
        subjects=present,
        factors={name: Coded(column.codes[seen], column.labels, True, column.ordered)
                 for name, column in factors.items()},
        numbers={name: values[seen] for name, values in numbers.items()},
        rows=rows,
        n_excluded=int(y.size - len(rows)),
        index=pd.RangeIndex(y.size),
    )  # fmt: skip
    used = rows // (n * k)
    stack = stack_trials(spec.template, table, used, n_trials)
    lost = n * k - np.bincount(used, minlength=n_trials)
    return fit_stack(spec, stack, pd.RangeIndex(n_trials, name="trial"), lost)


def _spread(name: str, values: Any, shape: tuple[int, ...]) -> Any:
    """An array of people, of trials and people, or of these and visits, at every visit."""
    for front in (shape[1:2], shape[:2], shape):
        if values.shape == front:
            own = values.reshape(
                (1,) * (2 - len(front)) + values.shape + (1,) * (3 - max(len(front), 2))
            )
            return np.broadcast_to(own, shape)
    trials, people, visits = shape
    raise ValueError(
        f"Column '{name}' must have the shape ({people},), ({trials}, {people}) or "
        f"({trials}, {people}, {visits}), not {values.shape}."
    )


def _codes(name: str, values: Any, levels: tuple[Any, ...]) -> Any:
    codes, labels = pd.factorize(values.ravel())
    found = Coded(codes.astype(np.intp), tuple(labels.tolist())).recode(name, levels)
    return found.reshape(values.shape)
