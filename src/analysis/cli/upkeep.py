"""The commands that keep the project's own numbers: calibrate, evidence add, evidence show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.commands import Json, app
from analysis.cli.output import print_json, run_or_refuse, say

__all__ = ["add_evidence", "calibrate", "show_evidence"]


def is_given(context: typer.Context, option: str) -> bool:
    """Whether an option stands on the command line, be it with its default."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


@app.command()
def calibrate(
    context: typer.Context,
    worlds: Annotated[
        str | None, typer.Option(help="Names, comma between; all that are committed unless given.")
    ] = None,
    n: Annotated[str, typer.Option(help="Participants per arm, comma between.")] = "15,30,60",
    replicates: Annotated[
        int, typer.Option(help="Simulated trials of each scenario and size.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 20261123,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A Dask scheduler whose workers do it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of counts; the committed one.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what was counted.")] = False,
    renew: Annotated[
        bool,
        typer.Option("--renew", help="Judge the stored trials again; none changed: new hashes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure how often the procedure is wrong: judge simulated trials of known truth."""
    from analysis.claims.calibration.command import (
        calibrate_into,
        counts_text,
        renew_in,
        renewed_text,
    )

    if renew:
        options = ("worlds", "n", "replicates", "seed", "resume")
        given = [name for name in options if is_given(context, name)]
        renewed = run_or_refuse(
            lambda: renew_in(out, jobs=jobs, scheduler=scheduler, given=given), as_json=as_json
        )
        if as_json:
            print_json(vars(renewed))
        else:
            say(renewed_text(renewed))
        return

    def run() -> Any:
        return calibrate_into(
            out,
            worlds=worlds,
            sizes=n,
            replicates=replicates,
            seed=seed,
            jobs=jobs,
            scheduler=scheduler,
            resume=resume,
        )

    found = run_or_refuse(run, as_json=as_json)
    for why, count in found.left_out.items():
        say(f"Left out of the table: {count} {why}.", error=True)
    if as_json:
        print_json(found.rows.to_dict("records"))
        return
    say(counts_text(found.rows))


evidence_app = typer.Typer(no_args_is_help=True, help="The published results and what is added.")
app.add_typer(evidence_app, name="evidence")


@evidence_app.command("add")
def add_evidence(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV table or a registry record.")],
    write: Annotated[bool, typer.Option("--write", help="Store the rows; else only show.")] = False,
    placeable: Annotated[
        bool, typer.Option("--placeable", help="Leave out, and name, measures without a place.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what published figures a file brings, and what they change in pools and verdicts."""
    from analysis.claims.definitions import load_definitions
    from analysis.claims.published.addition import add_evidence as add
    from analysis.claims.published.addition import addition_text

    found = run_or_refuse(
        lambda: add(file, load_definitions(), write=write, placeable=placeable), as_json=as_json
    )
    if as_json:
        print_json(found)
        return
    say(addition_text(found))


@evidence_app.command("show")
def show_evidence(
    row: Annotated[str, typer.Argument(metavar="ROW", help="Its id, such as Feder2014-001.")],
    as_json: Json = False,
) -> None:
    """Print a row of the published results, with what was read and where it stands."""
    from analysis.evidence.derivation.query import source_of

    found = run_or_refuse(lambda: source_of(row), as_json=as_json)
    if as_json:
        print_json(found)
        return
    say("\n".join(f"{name}: {value}" for name, value in found.items()))
