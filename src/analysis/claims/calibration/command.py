"""What ``relief calibrate`` does with its options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analysis.claims.calibration.counts import Merged, merge
from analysis.claims.calibration.design import Design, counted_designs
from analysis.claims.calibration.gate import no_effect_worlds
from analysis.claims.calibration.renew import Renewed, renew
from analysis.claims.calibration.run import calibrate
from analysis.claims.definitions import load_definitions
from analysis.errors import ReliefError
from analysis.paths import CALIBRATION, INSTALLED
from analysis.simulate import catalogue
from analysis.writing import make_folder

__all__ = ["calibrate_into", "counts_text", "every_world", "first_pass", "other_designs",
           "renew_in", "renewed_text"]  # fmt: skip

# Sizes beside those of the catalogue: bias to far beyond the bound, and real differences.
CURVES = {"unblinding": (0.15, 0.50, 0.80, 1.10, 1.50), "effect": (0.75, 1.25, 1.50)}
# Of each group of designs the scenarios that were worst in a first pass over all of them, with
# 1,000 trials each (``first_pass.csv`` beside the counts): without an effect, and with one of M.
WORST = {
    "loss and visits": ("narrow-entry", "best-of-three"),
    "unequal SDs alone": ("hidden-improvers", "narrow-entry", "best-of-three"),
    "allocation": ("regression-hope-dropout", "anticipation-unblinding"),
    "covariate": ("best-of-three", "regression-hope-dropout"),
    "look": ("narrow-entry", "expectancy-0.30"),
    "later window": ("narrow-entry", "by-illness"),
}
MATTERS = "effect-0.50-against-0.15"
# Where power is promised, and at which other designs it stands beside.
POWER, POWER_BESIDE = "power-cell", ("loss-0.05", "loss-0.10", "covariate-0")


def every_world() -> list[str]:
    """The scenarios of the usual design: the catalogue, and sizes that make a curve."""
    sizes = [f"{family}-{size:.2f}" for family, some in CURVES.items() for size in some]
    return [*catalogue()["world"], *sizes]


def other_designs() -> list[str]:
    """Scenarios at other designs, whose rows speak for studies that depart from the usual one.

    Where a departure is crossed with unequal SDs, the worst scenario alone stands for the others.
    """
    found = []
    for group, designs in counted_designs().items():
        for design in designs:
            alone = design == Design(sd_ratio=2)
            crossed = design.sd_ratio != 1 and not alone and design.allocation == 1
            worst = WORST["unequal SDs alone" if alone else group]
            worst = worst[:1] if crossed else worst
            found += [f"{world}@{design.name}" for world in (*worst, MATTERS)]
    return [*found, *(f"{POWER}@{name}" for name in POWER_BESIDE)]


def first_pass() -> list[str]:
    """Every scenario that gate 7 asks for, at one design of each kind that departs far.

    Without those whose biases sum to more than the bound there: scores that are hidden on purpose
    bias the more the more are lost, and allocation by illness the more where no form but the
    baseline shows how ill people are; the drug that acts from 6.5 h on does act later.
    """
    bound = load_definitions().rule("bias_bound_sd")
    asked = ("loss-0.10", "loss-0.30", "visits-1", "sd-2", "allocation-2", "allocation-2+sd-2",
             "covariate-0", "level-0.0147", "loss-0.15+visits-1+window-later")  # fmt: skip
    beyond = {"hidden-improvers": "loss", "by-illness": "covariate", "real-24h": "window"}
    return [f"{world}@{name}" for name in asked for world in no_effect_worlds(bound)
            if beyond.get(world, " ") not in name]  # fmt: skip


def calibrate_into(
    out: Path | None,
    *,
    worlds: str | None,
    sizes: str,
    replicates: int,
    seed: int,
    jobs: int,
    scheduler: str | None,
    resume: bool,
) -> Merged:
    """Run the cells, keep their pieces under ``out/shards``, merge all pieces there are.

    Returns
    -------
    Merged
        Rows of the cells asked for, and what was left out of the table.

    Raises
    ------
    ReliefError
        ``calibrate.value`` for an option that cannot be used, ``calibrate.folder`` for the counts
        of an installed package, ``file.not-written`` where nothing can be written.
    """
    _refuse_installed(out)
    folder = CALIBRATION if out is None else out
    shards = make_folder(folder / "shards")
    names = [*every_world(), *other_designs()] if worlds is None else _listed(worlds)
    with _bar() as told:
        rows = calibrate(
            names,
            _whole(sizes),
            replicates=replicates,
            seed=seed,
            jobs=jobs,
            scheduler=scheduler,
            shards=shards,
            resume=resume,
            told=told,
        )
    merged = merge(shards, folder / "table.csv", folder / "words.json")
    return Merged(rows, merged.left_out)


def renew_in(
    out: Path | None, *, jobs: int, scheduler: str | None, given: Sequence[str] = ()
) -> Renewed:
    """Judge the stored trials again, and have the counts carry the hashes of now.

    Raises
    ------
    ReliefError
        ``calibrate.value`` for one of the options ``given`` that do not go with it,
        ``calibrate.folder`` for the counts of an installed package; else as :func:`renew`.
    """
    if given or jobs == 0:
        raise ReliefError(
            "calibrate.value",
            "--renew judges every stored trial as it was drawn: it takes none of --worlds, --n, "
            "--replicates, --seed and --resume, and --jobs is a number of processes (-1 for all).",
        )
    _refuse_installed(out)
    with _bar() as told:
        return renew(CALIBRATION if out is None else out, jobs=jobs, scheduler=scheduler, told=told)


def _refuse_installed(out: Path | None) -> None:
    if out is None and INSTALLED:
        raise ReliefError(
            "calibrate.folder", "The counts of an installed package stay as they are; give --out."
        )


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on the standard error of a terminal: what is printed is the result alone."""
    columns = (TextColumn("pieces"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("pieces", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def renewed_text(found: Renewed) -> str:
    """A renewal as a sentence."""
    hashes = ", ".join(f"{name} {value[:12]}" for name, value in found.hashes.items())
    return (
        f"{found.trials:,} stored trials of {found.cells} cells were judged again and all "
        f"{found.words:,} verdicts are the same: the counts now carry {hashes}."
    )


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _whole(text: str) -> list[int]:
    try:
        return [int(part) for part in _listed(text)]
    except ValueError:
        raise ReliefError(
            "calibrate.value", "--n takes whole numbers with commas between, as in 15,30,60."
        ) from None


def counts_text(rows: pd.DataFrame) -> str:
    """The counts as lines to read."""
    lines = []
    for row in rows.to_dict("records"):
        truth = "no effect" if row["no_effect"] else f"effect {row['drug_sd']:.2f} SD"
        lines.append(
            f"{row['claim']:<24} {row['world']:<26} {truth:<15} n {row['n_per_arm']:>3}  "
            f"supported {row['supported']:>6} of {row['replicates']} ({row['rate']:.1%}, "
            f"{row['mc_low']:.1%} to {row['mc_high']:.1%}), contradicted {row['contradicted']}"
        )
    return "\n".join(lines)
