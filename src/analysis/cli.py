"""The command line: studies, check, judge, describe, notebooks, report, init, calibrate."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.errors import ReliefError, printable, printable_lines
from analysis.process import (
    NO_MEMORY,
    cannot_start,
    collecting_seldom,
    ended_cleanly,
    flushed,
    unprinted,
)

# A call that is wrong; the module it lives in differs between versions of Typer.
UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Do PTSD symptoms fall within hours of a ketamine infusion? A verdict on each claim.",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
Share = Annotated[
    bool, typer.Option("--share", help="What may be passed on, not what the study team sees.")
]
Team = Annotated[
    bool,
    typer.Option("--team", help="Every number, for those who hold the data alone (the default)."),
]
Source = Annotated[
    str,
    typer.Argument(metavar="STUDY", help="A study.toml, its folder, or example, published, nimh."),
]


def _plain(value: Any) -> Any:
    """NaN and infinities become null, for JSON has no word for them; texts as they are printed."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _say(text: object, *, error: bool = False) -> None:
    """The one way out: no name that was typed or read moves the cursor or turns a line around."""
    if (stream := sys.stderr if error else sys.stdout) is not None:
        print(printable_lines(str(text)), file=stream)


def _print_json(document: Any) -> None:
    _say(json.dumps(_plain(document), ensure_ascii=False, indent=2, allow_nan=False))


def _run(action: Callable[[], Any], *, as_json: bool) -> Any:
    """Run, and turn what cannot be done into one sentence and exit code 2."""
    try:
        return action()
    except ReliefError as error:
        rule, message = error.rule, error.message
    except MemoryError:
        rule, message = NO_MEMORY
    except (
        Exception
    ) as error:  # Nobody sees a traceback, and no message of a library may hold a value.
        rule, message = (
            "internal",
            (
                f"Something unforeseen went wrong inside the project ({type(error).__name__}); "
                "please report it with the command, not with the data."
            ),
        )
        if _debugging():
            raise
    raise typer.Exit(_refuse(rule, message, as_json=as_json))


def _refuse(rule: str, message: str, *, as_json: bool) -> int:
    """Say in one line what cannot be done; the exit code, which tells it where nothing else can."""
    with contextlib.suppress(OSError):
        _say(f"relief: {printable(message)} [{rule}]", error=True)
    with contextlib.suppress(OSError):
        if as_json:
            _print_json({"error": {"rule": rule, "message": message}})
    return 2


def _view(share: bool, team: bool, default: str) -> str:
    """For whom the numbers are."""
    if share and team:
        raise ReliefError("usage.view", "--share and --team are two views; give one of them.")
    return "shared" if share else "team" if team else default


def _debugging() -> bool:
    import os

    return os.environ.get("RELIEF_DEBUG") == "1"


@app.command()
def studies(as_json: Json = False) -> None:
    """List the built-in studies and whether they can be read here."""
    from analysis.studies import listing

    rows = _run(listing, as_json=as_json)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        label = "synthetic" if row["synthetic"] else "real"
        state = "available" if row["available"] else f"not here: {row['reason']}"
        _say(f"{row['name']:<10} {label:<10} {row['title']} ({state})")


@app.command()
def check(
    study: Source,
    as_json: Json = False,
    html: Annotated[
        Path | None, typer.Option(help="Also write the issues and the flow as a page.")
    ] = None,
    share: Share = False,
    team: Team = False,
) -> None:
    """Say what was found in a study's data, what was excluded, and who stays."""
    from analysis.studies import check_source

    found = _run(lambda: check_source(study, _view(share, team, "team")), as_json=as_json)
    if html is not None:
        _run(lambda: _write_page(study, found, html), as_json=as_json)
    if as_json:
        _print_json(found)
        return
    from analysis.checks.findings_text import check_text

    _say(check_text(found))


def _write_page(study: str, found: dict[str, Any], html: Path) -> None:
    from analysis.report import build_check_page

    build_check_page(study, found, html)


@app.command()
def data(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="All of them unless given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Download the open data that the tests use, each file checked by its hash, into the cache."""
    from analysis.readers.open_data.fetch import fetch_all

    rows = _run(
        lambda: fetch_all(names or [], tell=lambda text: _say(text, error=True)), as_json=as_json
    )
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        _say(row["folder"])


@app.command()
def judge(
    study: Source,
    beside: Annotated[
        str | None, typer.Option("--with", help="Set the published evidence beside the study.")
    ] = None,
    why: Annotated[
        list[str] | None,
        typer.Option(metavar="CLAIM", help="Give the reasons for a claim: its name, or its start."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Give the reasons for every claim.")
    ] = False,
    as_json: Json = False,
    share: Share = False,
    team: Team = False,
) -> None:
    """Judge every claim on a study, through the seven gates. JSON holds every reason."""
    from analysis.describe.answer.judged_text import claims_named, judged_text, why_text
    from analysis.describe.answer.verdicts import ledger_text
    from analysis.studies import judged

    named: list[str] = []

    def run() -> list:
        named.extend(claims_named(why or []))
        if beside not in (None, "published"):
            raise ReliefError(
                "usage.with", "--with takes published; nothing else can be set beside a study."
            )
        sources = [study] if beside is None else [study, beside]
        return [judged(source, _view(share, team, "team")) for source in sources]

    ledgers = _run(run, as_json=as_json)
    if as_json:
        document = ledgers[0].as_dict()
        if len(ledgers) > 1:
            document["with"] = ledgers[1].as_dict()
        _print_json(document)
        return
    text: Callable[[Any], str] = judged_text
    if everything or named:
        text = ledger_text if everything else partial(why_text, claims=named)
    _say("\n\n".join(text(ledger) for ledger in ledgers))


@app.command()
def describe(
    study: Source, as_json: Json = False, share: Share = False, team: Team = False
) -> None:
    """Say what a study shows in every window: n, changes, differences, responders, limits."""
    from analysis.describe.scores.by_window import described
    from analysis.describe.scores.described_text import described_text
    from analysis.studies import opened

    def run() -> Any:
        view = _view(share, team, "team")
        case, private = opened(study, view)
        return replace(described(case), view=view, private=private)

    found = _run(run, as_json=as_json)
    if as_json:
        _print_json(found.as_dict())
        return
    _say(described_text(found))


@app.command()
def notebooks(
    study: Source,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the copies; output/NAME unless given.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Also one page, index.html.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks at a time; one a processor unless given.")
    ] = None,
    share: Share = False,
    team: Team = False,
) -> None:
    """Run every notebook on a study, write executed copies, and print their folder."""

    def run() -> Path:
        from analysis.report.study_notebooks import run_study

        view = _view(share, team, "team")
        say = partial(_say, error=True)
        return run_study(study, out, view, html=html, jobs=jobs, tell=say)

    _say(_run(run, as_json=False))


@app.command()
def report(
    study: Annotated[
        str | None, typer.Argument(metavar="STUDY", help="All built-in studies unless given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for index.html; reports/NAME unless given.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF, by Chromium.")] = False,
    share: Annotated[
        bool, typer.Option("--share", help="What may be passed on (the default).")
    ] = False,
    team: Annotated[
        bool, typer.Option("--team", help="Every number, for those who hold the data alone.")
    ] = False,
) -> None:
    """Write the report, one self-contained page to pass on, and print where it is."""

    def run() -> Path:
        from analysis.report.publish import publish

        view = _view(share, team, "shared")
        return publish(study, out, view, pdf=pdf, tell=lambda text: _say(text, error=True))

    _say(_run(run, as_json=False))


@app.command()
def compare(
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="A folder of notebooks, a report, or a commit."),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    html: Annotated[Path | None, typer.Option(help="Also write what moved as a page.")] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Also write JUnit XML, a case a notebook.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what moved: verdicts, cells of tables by label, figures, prose. Exit code 1 if any."""
    from analysis.errors import require

    def run() -> Any:
        require("report", "bs4", "jinja2", "markupsafe", "nbformat", "PIL", what="Comparing")
        from analysis.report.comparison.run import compare_sides

        return compare_sides(old, new, html=html, junit=junit)

    found = _run(run, as_json=as_json)
    if as_json:
        _print_json(found.as_dict())
    else:
        _say(found.log())
        if html is not None:
            _say(f"The page: {html}")
    raise typer.Exit(1 if found.changes else 0)


@app.command()
def init(
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help="A file, or a folder of files.")],
    out: Annotated[Path, typer.Option(help="Where to write the draft.")] = Path("study.toml"),
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask for the open points in the terminal, one by one.")
    ] = False,
) -> None:
    """Write a first study.toml for an export; what must not be guessed is left open in it."""
    from analysis.draft import ask_open_points, write_study_toml

    if ask:
        _say(_run(lambda: ask_open_points(export, out, force=force), as_json=False))
        return
    _say(_run(lambda: write_study_toml(export, out, force=force), as_json=False))


def _is_given(context: typer.Context, option: str) -> bool:
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
        given = [name for name in options if _is_given(context, name)]
        renewed = _run(
            lambda: renew_in(out, jobs=jobs, scheduler=scheduler, given=given), as_json=as_json
        )
        if as_json:
            _print_json(vars(renewed))
        else:
            _say(renewed_text(renewed))
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

    found = _run(run, as_json=as_json)
    for why, count in found.left_out.items():
        _say(f"Left out of the table: {count} {why}.", error=True)
    if as_json:
        _print_json(found.rows.to_dict("records"))
        return
    _say(counts_text(found.rows))


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

    found = _run(
        lambda: add(file, load_definitions(), write=write, placeable=placeable), as_json=as_json
    )
    if as_json:
        _print_json(found)
        return
    _say(addition_text(found))


@evidence_app.command("show")
def show_evidence(
    row: Annotated[str, typer.Argument(metavar="ROW", help="Its id, such as Feder2014-001.")],
    as_json: Json = False,
) -> None:
    """Print a row of the published results, with what was read and where it stands."""
    from analysis.evidence.query import source_of

    found = _run(lambda: source_of(row), as_json=as_json)
    if as_json:
        _print_json(found)
        return
    _say("\n".join(f"{name}: {value}" for name, value in found.items()))


def main() -> None:
    """Entry point of the console script."""
    # A pipe on a machine with another locale must still take the dashes and quotation marks.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        with ended_cleanly(), collecting_seldom():
            code = _called()
    except MemoryError:
        code = _refuse(*NO_MEMORY, as_json=False)
    except OSError as error:
        code = _not_printed(error)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    if failed := flushed():
        # One sentence: what was refused before stands.
        code = code or _not_printed(failed)
        flushed()
    sys.exit(code)


def _called() -> int:
    """Run the command that was called; its exit code."""
    as_json = "--json" in sys.argv
    if refused := cannot_start():
        return _refuse(*refused, as_json=as_json)
    try:
        # Without a command the help is shown, as only the whole program does.
        return app(standalone_mode=len(sys.argv) == 1) or 0
    except UsageError as error:
        # The same one line, and JSON where it was asked for, as for any other error.
        sentence = " ".join(error.format_message().split())
        return _refuse("usage", sentence, as_json=as_json)
    except SystemExit as end:
        # 1 is Typer's word for a pipe whose reader, such as head, has had enough.
        return 0 if end.code == 1 else int(end.code or 0)


def _not_printed(error: OSError) -> int:
    refused = unprinted(error)
    return _refuse(*refused, as_json=False) if refused else 0


if __name__ == "__main__":
    main()
