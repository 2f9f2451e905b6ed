"""From a formula and a table of rows to the arrays of the model, or a refusal in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Totals:
    """What least squares means need of the covariates: sums, and counts of factor levels."""

    n: int
    sums: pd.Series
    counts: pd.Series

    def __add__(self, other: Totals) -> Totals:
        """Totals of two chunks together."""
        counts = self.counts.add(other.counts, fill_value=0)
        return Totals(self.n + other.n, self.sums + other.sums, counts)

    def share(self, grid: pd.DataFrame, names: Sequence[str]) -> Array:
        """Frequency of the combination of levels of the named factors in each row of a grid."""
        if not names:
            return np.ones(len(grid))
        counts = self.counts.groupby(level=list(names), observed=True).sum().to_dict()
        keys = grid[list(names)].itertuples(index=False, name=None)
        return np.array([counts.get(k if len(names) > 1 else k[0], 0) for k in keys], float)


@dataclass(frozen=True)
class Streamed:
    """What a fit to chunks keeps of rows that are gone."""

    totals: dict[str, Totals]
    varies: NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """Rows used by the model, sorted by subject and then visit.

    Attributes
    ----------
    x : array of shape (N, p)
        Every column of the formula, aliased ones included, not yet weighted.
    y : array of shape (N,)
        Outcome.
    subject, visit, group : arrays of int, shape (N,)
        Codes; `subjects`, `visits` and `groups` name them.
    weights : array of shape (N,), or None
        The residual variance of a row is its element of the covariance over its weight.
    times : array of shape (N, d), or None
        Coordinates in time, in the unit of the data, for ``sp_exp``.
    spec : formulaic ModelSpec
        Encodes new rows as these were encoded.
    predictors : tuple of str
        Variables of the right-hand side.
    frame : DataFrame
        The variables of the formula for the rows used.
    levels : dict
        Levels of each categorical variable, in their order.
    order : array of int, shape (N,)
        Position of each row in the table that came in.
    n_excluded : int
        Rows left out because the outcome, a covariate or another named column is missing.
    """

    x: Array
    y: Array
    columns: tuple[str, ...]
    subject: Index
    visit: Index
    group: Index
    subjects: NDArray[Any]
    visits: tuple[Any, ...]
    groups: tuple[str, ...]
    weights: Array | None
    times: Array | None
    spec: Any
    predictors: tuple[str, ...]
    outcome: str
    frame: pd.DataFrame
    levels: dict[str, tuple[Any, ...]]
    order: Index
    n_excluded: int
    streamed: Streamed | None = None

    def totals(self, per: str, factors: Sequence[str]) -> Totals:
        """Sums of the numeric predictors and counts of factor levels over rows or subjects."""
        if self.streamed is not None:
            return self.streamed.totals[per]
        frame = self.frame[list(self.predictors)]
        if per == "subjects":
            frame = frame[np.concatenate([[True], np.diff(self.subject) != 0])]
        numbers = [name for name in self.predictors if name not in factors]
        counts = pd.Series([len(frame)])
        if factors:
            counts = frame.groupby(list(factors), observed=True).size()
        return Totals(len(frame), frame[numbers].sum().astype(float), counts)

    def varies_within_subject(self) -> NDArray[np.bool_]:
        """Whether each column of X changes between the visits of some subject."""
        if self.streamed is not None:
            return self.streamed.varies
        same = np.diff(self.subject) == 0
        return np.array([bool(np.any(np.diff(column)[same] != 0)) for column in self.x.T])

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one row used."""
        return len(self.subjects)

    def encode(self, rows: pd.DataFrame) -> Array:
        """Design matrix of new rows, (rows, p); a level the model never saw is refused."""
        frame = pd.DataFrame(index=rows.index)
        for name in self.predictors:
            if name not in rows:
                raise ValueError(f"The new data have no column '{name}', which the model needs.")
            missing = int(rows[name].isna().sum())
            if missing:
                raise ValueError(f"Column '{name}' of the new data has {missing} missing value(s).")
            frame[name] = rows[name]
            if name in self.levels:
                frame[name] = _as_levels(rows[name], name, self.levels[name])
        return np.asarray(self.spec.get_model_matrix(frame, na_action="raise"), dtype=float)


@dataclass(frozen=True)
class Known:
    """Levels known before a chunk is read: visits, groups, and each factor of the formula."""

    visits: tuple[Any, ...]
    groups: tuple[Any, ...]
    levels: dict[str, tuple[Any, ...]]


def build_design(
    formula: str,
    data: pd.DataFrame,
    *,
    subject: str,
    visit: str,
    group: str | None = None,
    weights: str | None = None,
    time: str | Sequence[str] | None = None,
    known: Known | None = None,
) -> Design:
    """Encode the formula on the rows that have every variable.

    Visits are in declared order where the column is an ordered categorical, else in
    natural order, so that VIS10 comes after VIS9. The visit is a factor in the formula,
    also where its column holds numbers. Other text columns are factors in natural order.
    `known` gives the levels where the data are one chunk of many.

    Raises
    ------
    ValueError
        When a column is missing, a subject has two rows for a visit, a declared visit
        was seen by nobody, a value is infinite, weights are not positive, the outcome is
        not a number or is constant, or the formula has an offset or random effects.
    """
    parsed, outcomes, predictors = formula_variables(formula, data)
    times = [time] if isinstance(time, str) else list(time or [])
    extra = [name for name in (group, weights, *times) if name is not None]
    variables = list(dict.fromkeys([*outcomes, *predictors]))
    needed = list(dict.fromkeys([*variables, subject, visit, *extra]))
    for name in needed:
        if name not in data.columns:
            raise ValueError(f"The data have no column '{name}', which the model needs.")
    complete = np.ones(len(data), dtype=bool)
    for name in needed:
        complete &= data[name].notna().to_numpy()
    if not complete.any():
        raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
    used = data.loc[complete, needed]
    _refuse_infinite(used)

    subject_code, subjects = pd.factorize(used[subject], sort=False)
    visits = known.visits if known else visit_order(data[visit], used[visit], visit)
    visit_code = pd.Categorical(used[visit], categories=list(visits)).codes.astype(np.intp)
    _refuse_duplicates(subject_code, visit_code, len(visits), subject, visit)
    order = np.arange(len(used))
    if np.any(np.diff(subject_code * len(visits) + visit_code) < 0):
        order = np.lexsort((visit_code, subject_code))
        used = used.iloc[order]
    group_code, groups = _groups(used, group, subject_code[order], known)

    frame, levels = _factors(used[variables], visit, visits, known)
    outcome, matrices = str(parsed.lhs), _encode(parsed, frame)
    y = np.asarray(matrices.lhs, dtype=float)
    if y.shape[1] != 1:
        raise ValueError(f"The outcome '{outcome}' must be one numeric column.")
    x = np.asarray(matrices.rhs, dtype=float)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(f"The formula '{formula}' gives a value that is not finite.")
    if known is None and np.ptp(y) == 0:
        raise ValueError(f"The outcome '{outcome}' is constant: no variance can be estimated.")
    return Design(
        x=x,
        y=y[:, 0],
        columns=tuple(str(name) for name in matrices.rhs.model_spec.column_names),
        subject=subject_code[order].astype(np.intp),
        visit=visit_code[order],
        group=group_code,
        subjects=np.asarray(subjects),
        visits=visits,
        groups=groups,
        weights=_weights(used, weights),
        times=used[times].to_numpy(float) if times else None,
        spec=matrices.rhs.model_spec,
        predictors=predictors,
        outcome=outcome,
        frame=frame,
        levels=levels,
        order=np.flatnonzero(complete)[order],
        n_excluded=int((~complete).sum()),
    )


def natural_key(value: Any) -> tuple[Any, ...]:
    """Sort key under which VIS10 comes after VIS9, and numbers come in numeric order."""
    if isinstance(value, (int, float, np.number)):
        return (0, float(value))
    parts = re.split(r"(\d+)", str(value))
    return (1, *((int(p), "") if p.isdigit() else (-1, p) for p in parts))


def visit_order(declared: pd.Series, seen: pd.Series, name: str) -> tuple[Any, ...]:
    """Visits in declared order (ordered categorical) or natural order."""
    present = set(seen.unique())
    if isinstance(declared.dtype, pd.CategoricalDtype) and declared.cat.ordered:
        categories = tuple(declared.cat.categories)
        empty = [str(value) for value in categories if value not in present]
        if empty:
            raise ValueError(
                f"No row that can be used has {name} {', '.join(empty)}, which the column "
                "declares: remove the category or find the missing rows."
            )
        return categories
    return tuple(sorted(present, key=natural_key))


def _parse(formula: str) -> Any:
    for sign, what in (("offset(", "An offset"), ("|", "A random effect")):
        if sign in formula:
            raise ValueError(
                f"{what} in the formula '{formula}' is not part of this model: the covariance "
                "is chosen by covariance=, and a known shift is subtracted from the outcome."
            )
    try:
        parsed = Formula(formula)
    except FormulaicError as error:
        raise ValueError(f"The formula '{formula}' cannot be read: {error}") from error
    if not hasattr(parsed, "lhs") or not hasattr(parsed, "rhs"):
        raise ValueError(f"The formula '{formula}' must read 'outcome ~ terms'.")
    return parsed


def formula_variables(
    formula: str, data: pd.DataFrame
) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """The parsed formula, and the variables of its left and right-hand side."""
    parsed = _parse(formula)
    left, right = formula.split("~", 1)
    return parsed, _variables(parsed.lhs, left, data), _variables(parsed.rhs, right, data)


def _variables(side: Any, text: str, data: pd.DataFrame) -> tuple[str, ...]:
    """Variables of one side; formulaic does not name those inside ``bs(x, df=4)``."""
    names = re.findall(r"[^\W\d]\w*(?!\w|\s*\(|\s*=(?!=)|\.)", text)
    inside = [name for name in names if name in data.columns]
    return tuple(sorted({*(str(name) for name in side.required_variables), *inside}))


def _encode(parsed: Any, frame: pd.DataFrame) -> Any:
    try:
        return parsed.get_model_matrix(frame, output="numpy", na_action="raise")
    except FormulaicError as error:
        raise ValueError(f"The formula '{parsed}' cannot be evaluated: {error}") from error


def _refuse_infinite(used: pd.DataFrame) -> None:
    for name in used.columns:
        if pd.api.types.is_float_dtype(used[name].dtype):
            count = int(np.isinf(used[name].to_numpy(float)).sum())
            if count:
                raise ValueError(
                    f"Column '{name}' has {count} infinite value(s): correct them or leave the "
                    "rows out."
                )


def _refuse_duplicates(
    subject: Index, visit: Index, n_visits: int, subject_name: str, visit_name: str
) -> None:
    cells = np.bincount(subject * n_visits + visit)
    repeated = int(np.maximum(cells - 1, 0).sum())
    if repeated:
        raise ValueError(
            f"{repeated} row(s) repeat a pair of '{subject_name}' and '{visit_name}': a subject "
            "has one outcome at a visit. Keep one row of each pair."
        )


def _groups(
    used: pd.DataFrame, name: str | None, subject: Index, known: Known | None
) -> tuple[Index, tuple[str, ...]]:
    if name is None:
        return np.zeros(len(used), dtype=np.intp), ("",)
    values = used[name]
    levels = list(known.groups) if known else sorted(values.unique(), key=natural_key)
    codes = pd.Categorical(values, categories=levels).codes.astype(np.intp)
    changes = (np.diff(subject) == 0) & (np.diff(codes) != 0)
    if changes.any():
        count = len(np.unique(subject[1:][changes]))
        raise ValueError(
            f"Column '{name}' changes within {count} subject(s): the group of a "
            "separate covariance must be the same at all visits of a subject."
        )
    return codes, tuple(str(level) for level in levels)


def _weights(used: pd.DataFrame, name: str | None) -> Array | None:
    if name is None:
        return None
    values = used[name].to_numpy(float)
    if (values <= 0).any():
        raise ValueError(
            f"Column '{name}' has {int((values <= 0).sum())} weight(s) that are not positive."
        )
    return values


def _factors(
    used: pd.DataFrame, visit: str, visits: tuple[Any, ...], known: Known | None
) -> tuple[pd.DataFrame, dict[str, tuple[Any, ...]]]:
    """Text, boolean and categorical columns as unordered categoricals with known levels."""
    frame = used.copy()
    levels: dict[str, tuple[Any, ...]] = {}
    for name in frame.columns:
        values = frame[name]
        if known and name in known.levels:
            levels[name] = known.levels[name]
        elif name == visit:
            levels[name] = visits
        elif isinstance(values.dtype, pd.CategoricalDtype):
            present = set(values.unique())
            levels[name] = tuple(v for v in values.cat.categories if v in present)
        elif is_factor(values):
            levels[name] = tuple(sorted(values.unique(), key=natural_key))
        else:
            continue
        frame[name] = _as_levels(values, name, levels[name])
    return frame, levels


def is_factor(values: pd.Series) -> bool:
    """Whether a column is coded as a factor: it holds text, categories or truth values."""
    return bool(not pd.api.types.is_numeric_dtype(values.dtype) or values.dtype == bool)


def _as_levels(values: pd.Series, name: str, levels: tuple[Any, ...]) -> pd.Series:
    unseen = int((~values.isin(list(levels))).sum())
    if unseen:
        raise ValueError(
            f"Column '{name}' has {unseen} value(s) that are not among the levels the model "
            f"was fitted with: {', '.join(str(level) for level in levels)}."
        )
    coded = pd.Categorical(values, categories=list(levels))
    return pd.Series(coded, index=values.index, name=name)
