"""A model before its data: options checked, formula read, levels known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.design.frames import as_frame
from analysis.mmrm.design.matrix import Design, Template, assemble, learn_template
from analysis.mmrm.design.table import Roles, Table, read_table
from analysis.mmrm.fit.covariance import STRUCTURES, Covariance, distances
from analysis.mmrm.fit.maximise import Optimum, fit_with_fallback, ladder
from analysis.mmrm.inference.contrasts import DF_METHODS, VCOV_METHODS, Inference, KeptRows
from analysis.mmrm.moments.chunks import Streamed, accumulate_chunks
from analysis.mmrm.moments.cross_products import Moments, Patterns, accumulate
from analysis.mmrm.moments.sources import Source, source_of
from analysis.mmrm.results import MMRM
from analysis.mmrm.spelling import in_our_words
from analysis.mmrm.threads import single_threaded
from analysis.mmrm.warned import warn

Array = NDArray[np.float64]

# Structures in which it matters which visits are neighbours.
IN_ORDER = ("toep", "toeph", "ar1", "ar1h", "ad", "adh")


@dataclass(frozen=True)
class Options:
    """How a model is fitted; see `analysis.mmrm.mmrm`.

    Raises
    ------
    ValueError
        When a name is unknown, or two options do not go together.
    """

    covariance: str
    method: str
    df: str
    vcov: str
    time: str | Sequence[str] | None
    fallback: bool | Sequence[str]

    @property
    def ladder(self) -> tuple[str, ...]:
        """Structures that may replace the one asked for, in order."""
        if isinstance(self.fallback, bool):
            return ladder(self.covariance) if self.fallback else ()
        return tuple(self.fallback)

    def __post_init__(self) -> None:
        for name, allowed in (
            ("covariance", STRUCTURES),
            ("method", ("reml", "ml")),
            ("df", DF_METHODS),
            ("vcov", VCOV_METHODS),
        ):
            # Frozen: once, from another package's word to this one's.
            object.__setattr__(self, name, in_our_words(name, getattr(self, name), allowed))
        if isinstance(self.fallback, str) or not set(self.ladder) <= set(STRUCTURES) - {"sp_exp"}:
            raise ValueError(
                "fallback must be True, False, or the structures that may replace the one asked "
                f"for, such as ('toeph', 'ar1h', 'cs'), not {self.fallback!r}."
            )
        if self.covariance == "sp_exp" and not self.time:
            raise ValueError("covariance 'sp_exp' needs the times of the visits: give time=.")
        if self.covariance != "sp_exp" and self.time:
            raise ValueError(
                f"time is used by covariance 'sp_exp' only, not by '{self.covariance}'."
            )
        if self.df.startswith("kenward-roger"):
            if self.method == "ml":
                raise ValueError("Kenward-Roger needs method 'reml'; with 'ml' use satterthwaite.")
            if self.vcov != "model":
                raise ValueError(
                    f"Kenward-Roger adjusts the model-based covariance, not {self.vcov}: "
                    "with a sandwich covariance choose df='satterthwaite'."
                )


@dataclass(frozen=True)
class ModelSpec:
    """A prepared model: fits data without reading the formula again.

    The levels of factors and visits, and the knots of splines, are those of the data it was
    prepared on; other data may lack a level, and a level that was not there is refused. Made
    by `analysis.mmrm.prepare`.
    """

    template: Template
    options: Options

    @property
    def formula(self) -> str:
        """Outcome and fixed effects."""
        return self.template.roles.formula

    def fit(self, data: Any, *, n_jobs: int = 1) -> MMRM:
        """Fit the model to data; the same numbers as `analysis.mmrm.mmrm`.

        Parameters
        ----------
        data
            As for `analysis.mmrm.mmrm`.
        n_jobs : int
            Workers of joblib that share the chunks.
        """
        data = as_frame(data)
        source = source_of(data, n_jobs)
        if source is None:
            return self.fit_table(read_table(data, self.template.roles))
        return fit_source(self.template.roles, source, self.options, self.template)

    @single_threaded
    def fit_table(self, table: Table) -> MMRM:
        """Fit the model to rows that have been read."""
        roles, design = self.template.roles, assemble(self.template, table)
        if not len(design.y):
            raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
        if np.ptp(design.y) == 0:
            raise ValueError(
                f"The outcome '{roles.outcome}' is constant: no variance can be estimated."
            )
        moments, columns, patterns = accumulate(design)
        # Added up with the pass over the rows, which least squares means then need no more.
        _ = design.totals
        kept = KeptRows(design, columns, patterns)
        return _fit(self.options, design, moments, kept)


def prepare_table(data: pd.DataFrame, roles: Roles, options: Options) -> tuple[ModelSpec, Table]:
    """The prepared model, and the rows it was prepared on."""
    table = read_table(data, roles)
    return ModelSpec(learn_template(table, roles), options), table


def fit_source(
    roles: Roles, source: Source, options: Options, template: Template | None = None
) -> MMRM:
    """Fit a model to chunks.

    Raises
    ------
    ValueError
        When the covariance has no sums that add up.
    """
    if options.covariance == "sp_exp":
        raise ValueError(
            "covariance 'sp_exp' with times of each subject has no sums to add up over chunks: "
            "fit one DataFrame, or choose a structure of the visits such as ar1h."
        )
    vary = options.df == "between-within"
    rows, moments = accumulate_chunks(roles, source, columns_that_vary=vary, template=template)
    return _fit(options, rows, moments, None)


@single_threaded
def _fit(
    options: Options, rows: Design | Streamed, moments: Moments, kept: KeptRows | None
) -> MMRM:
    check_size(rows, moments, options.covariance)
    patterns = kept.patterns if kept else None
    structure = make_structure(options.covariance, rows.template, patterns, moments)
    optimum = fit_with_fallback(
        moments, structure, reml=options.method == "reml", fallback=options.ladder
    )
    _warn_of_what_was_not_asked(options, rows.template, optimum)
    return MMRM(Inference(rows, kept, optimum, options.df, options.vcov))


def _warn_of_what_was_not_asked(options: Options, template: Template, optimum: Optimum) -> None:
    """Say which covariance replaced the one asked for, and an order of visits that nobody gave.

    A ladder that the caller wrote out was declared beforehand: following it is no surprise.
    """
    levels, used = template.levels, optimum.likelihood.covariance.kind
    said = []
    if optimum.failed and options.fallback is True:
        failed = ", ".join(optimum.failed)
        said.append(
            f"Covariance {failed} did not converge: {used} was used instead. Ask for "
            f"covariance='{used}', or write fallback=False to be refused."
        )
    if used in IN_ORDER and len(levels.visits) > 2 and not levels.order_declared:
        visit, visits = template.roles.visit, [str(label) for label in levels.visits]
        said.append(
            f"Covariance {used} rests on the order of the visits, which '{visit}' does not "
            f"declare; taken: {', '.join(visits)}. Declare it: data['{visit}'] = "
            f"pandas.Categorical(data['{visit}'], {visits}, ordered=True)."
        )
    if said:
        warn(" ".join(said))


def make_structure(
    kind: str, template: Template, patterns: Patterns | None, moments: Moments
) -> Covariance:
    """The covariance structure of a model's visits and groups."""
    labels = [str(visit) for visit in template.levels.visits]
    groups = [str(group) for group in template.levels.groups]
    if len(labels) == 1 and kind != "sp_exp":
        # One visit: every structure is a single variance.
        return Covariance("us", 1, labels, groups)
    structure = Covariance(kind, len(labels), labels, groups)
    if kind != "sp_exp":
        places = range(len(groups))
        seen = np.array([moments.visits[moments.unit == g].any(axis=0) for g in places])
        return structure if seen.all() else replace(structure, seen=seen)
    if patterns is None or patterns.unit_times is None:
        raise ValueError("covariance 'sp_exp' needs the times of the visits: give time=.")
    gaps = distances(patterns.unit_times)
    both = patterns.visits[:, :, None] & patterns.visits[:, None, :]
    tied = int(((gaps == 0) & both & ~np.eye(len(labels), dtype=bool)).any(axis=(1, 2)).sum())
    if tied:
        raise ValueError(
            f"{tied} subject(s) have two visits at the same time: 'sp_exp' needs distinct times."
        )
    return replace(structure, distance=gaps, unit_group=patterns.unit_group)


def check_size(rows: Design | Streamed, moments: Moments, kind: str) -> None:
    """Refuse what cannot be fitted: too few subjects, or an outcome that does not vary.

    A visit needs subjects left over after its mean only where it has a variance of its own.
    """
    seen = moments.count @ moments.visits
    names = rows.template.levels.visits
    alone = kind == "us" or kind.endswith("h") or len(names) == 1
    for a, name in enumerate(names):
        n = int(seen[a])
        if n > moments.rank or not alone:
            continue
        rank = int(np.linalg.matrix_rank(moments.z[:, a, :-1]))
        if n <= rank:
            raise ValueError(
                f"Visit {name} was seen by {n} subject(s), and the model has {rank} parameters "
                f"for the mean there: covariance '{kind}' needs fewer terms or more subjects"
                + ("." if len(names) == 1 else ", 'cs' lets visits share one variance.")
            )
    rest = moments.z[:, :, -1]
    if float((rest**2).sum()) <= 1e-20 * moments.n_obs * rows.spread**2:
        raise ValueError(
            f"The model fits the outcome '{rows.template.roles.outcome}' exactly: no variance "
            "can be estimated."
        )
    _refuse_what_does_not_vary(rows, moments)


def _refuse_what_does_not_vary(rows: Design | Streamed, moments: Moments) -> None:
    """Refuse by name a visit with one outcome for all, and two that differ by one number."""
    if moments.scatter is None:
        return
    count, names = moments.scatter.count, rows.template.levels.visits
    # A standard deviation below a ten millionth of the range of the outcome is rounding.
    still = moments.scatter.squares <= 1e-14 * count * rows.spread**2
    for a, b in np.argwhere(np.triu(still & (count > 1))):
        z = moments.z[:, [a], :-1] - (moments.z[:, [b], :-1] if a < b else 0.0)
        both = moments.visits[:, a] & moments.visits[:, b]
        # So few are fitted exactly by the model's own terms, whatever they scored.
        if count[a, b] <= np.linalg.matrix_rank(z[both[moments.pattern], 0]):
            continue
        outcome, n = rows.template.roles.outcome, int(count[a, b])
        if a == b:
            raise ValueError(
                f"At visit {names[a]} the outcome '{outcome}' is the same for all {n} subjects: "
                "it has no variance there. Leave the visit out, or correct it."
            )
        raise ValueError(
            f"Visits {names[a]} and {names[b]} differ by the same number in '{outcome}' for all "
            f"{n} subjects who had both: no covariance can tell them apart. Leave one visit out, "
            "or correct it."
        )
