"""``relief calibrate``: judge simulated trials of many worlds, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims.calibration.counts import rows_of
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.pieces import Piece, keep, pieces, run_piece, stored
from analysis.errors import ReliefError, require
from analysis.process import started_deaf

__all__ = ["SEED", "calibrate", "results"]

SEED = 20261123
Told = Callable[[int, int], None]


def calibrate(
    worlds: list[str],
    sizes: list[int],
    *,
    replicates: int,
    seed: int = SEED,
    jobs: int = 1,
    scheduler: str | None = None,
    shards: Path | None = None,
    resume: bool = False,
    told: Told | None = None,
) -> pd.DataFrame:
    """Judge trials of each world and size, and count the words.

    Parameters
    ----------
    worlds : list of str
        Names of :func:`analysis.simulate.scenarios.catalogue`.
    sizes : list of int
        People in each arm.
    replicates : int
        Trials a cell. Trial number i of a cell is the same whatever the other arguments.
    seed : int
    jobs : int
        Processes of joblib; -1 for one a core.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers then do the work.
    shards : Path, optional
        Folder in which each piece of a cell is kept when it is done.
    resume : bool
        Pieces that are there already, made by the same rules, code and world, are kept.
    told : function of (pieces done, pieces in all), optional

    Returns
    -------
    DataFrame
        Rows of :func:`analysis.claims.calibration.counts.rows_of`.

    Raises
    ------
    ReliefError
        ``calibrate.value`` for a world that is not in the catalogue, or a size, number of
        trials or of processes that is none; ``calibrate.scheduler`` where none answers.
    """
    _refuse(worlds, sizes, replicates, jobs)
    wanted = list(pieces(worlds, sizes, replicates, seed))
    done: list[dict[str, Any]] = []
    left = []
    for piece in wanted:
        kept = stored(piece, shards) if resume and shards is not None else None
        left.append(piece) if kept is None else done.append(kept)
    told = told or (lambda _done, _all: None)
    told(len(done), len(wanted))
    for result in results(left, shards, jobs, scheduler):
        done.append(result)
        told(len(done), len(wanted))
    return rows_of(done)


def _refuse(worlds: list[str], sizes: list[int], replicates: int, jobs: int) -> None:
    for name in worlds:
        try:
            scenario(name)
        except ValueError as error:
            raise ReliefError("calibrate.value", f"--worlds: {error}") from None
    if min(sizes, default=0) < 3 or replicates < 1 or not worlds or jobs == 0:
        raise ReliefError(
            "calibrate.value",
            "Expected at least one scenario, three participants per arm, one replicate or more, "
            "and a number of processes (-1 for all).",
        )


def results(
    left: list[Piece], shards: Path | None, jobs: int, scheduler: str | None
) -> Iterator[dict[str, Any]]:
    """What judging each piece gives, as it comes, in whatever order."""
    if not left:
        return
    if scheduler is not None:
        yield from _on_dask(left, shards, scheduler)
        return
    from joblib import Parallel, delayed, parallel_config

    if jobs == 1:
        yield from (run_piece(piece, shards) for piece in left)
        return
    # One BLAS thread a process: the matrices are small, and threads would fight.
    with parallel_config("loky", inner_max_num_threads=1):
        workers = Parallel(n_jobs=jobs, return_as="generator_unordered")
        with started_deaf():
            found = workers(delayed(run_piece)(piece, shards) for piece in left)
        yield from found


def _on_dask(left: list[Piece], shards: Path | None, scheduler: str) -> Iterator[dict[str, Any]]:
    require("cluster", "dask", "distributed", what="A Dask scheduler")
    from dask.distributed import Client, as_completed

    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError):
        raise ReliefError(
            "calibrate.scheduler", "No Dask scheduler answers at the address given; start one."
        ) from None
    with client:
        # Workers may be elsewhere: the results come back, and are kept here.
        futures = [client.submit(run_piece, piece, None, pure=False) for piece in left]
        # Told its loop, or it would look for a default client.
        for future in as_completed(futures, loop=client.loop):
            result = future.result()
            if shards is not None:
                keep(result, shards)
            yield result
