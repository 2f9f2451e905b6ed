"""Trials one under the other: one row a subject, read by the rules of a single table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.design.matrix import Design, Template, assemble
from analysis.mmrm.design.table import Table
from analysis.mmrm.moments.columns import subject_columns, weighted_outcome


@dataclass(frozen=True)
class Stack:
    """The subjects of all trials, n of them.

    Attributes
    ----------
    template : Template
        The one model: levels and recipe of the formula.
    table : Table
        The rows used.
    trial_of_row : array of int, shape (rows used,)
    trial : array of int, shape (n,)
        The trial of each subject.
    w : array of shape (n, c)
        Distinct columns of X (:mod:`analysis.mmrm.moments.columns`); the first is one.
    y : array of shape (n, K)
        Outcome times the root of its weight, zero where absent.
    layout : array of shape (K, c, p)
        ``x_ia = layout[a].T @ w_i``.
    log_weights : array of shape (n,)
        Sum of the logarithms of a subject's weights.
    """

    template: Template
    table: Table
    design: Design
    n_trials: int
    trial_of_row: Index
    trial: Index
    group: Index
    seen: Mask
    w: Array
    y: Array
    layout: Array
    log_weights: Array


def stack_trials(template: Template, table: Table, trial_of_row: Index, n_trials: int) -> Stack:
    """The subjects of a table whose subjects each belong to one trial.

    Parameters
    ----------
    trial_of_row : array of int, shape (rows of the table,)

    Raises
    ------
    ValueError
        As :func:`analysis.mmrm.design.matrix.assemble`.
    """
    design = assemble(template, table)
    columns = subject_columns(design)
    n_visits = len(template.levels.visits)
    c = columns.u.shape[1] - n_visits
    trial = np.zeros(design.n_subjects, dtype=np.intp)
    trial[table.subject] = trial_of_row
    log_weights = np.zeros(len(trial))
    if design.weights is not None:
        np.add.at(log_weights, design.subject, np.log(design.weights))
    return Stack(
        template=template,
        table=table,
        design=design,
        n_trials=n_trials,
        trial_of_row=trial_of_row,
        trial=trial,
        group=design.group[design.first_rows],
        seen=columns.observed,
        w=columns.u[:, :c],
        y=design.wide(weighted_outcome(design)),
        layout=columns.maps[:, :c, :-1],
        log_weights=log_weights,
    )
