"""The commands that ask about a study: studies, check, judge, describe, notebooks, report, init."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.output import print_json, run_or_refuse, say, view_of
from analysis.errors import ReliefError

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


@app.command()
def studies(as_json: Json = False) -> None:
    """List the built-in studies and whether they can be read here."""
    from analysis.studies import listing

    rows = run_or_refuse(listing, as_json=as_json)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        label = "synthetic" if row["synthetic"] else "real"
        state = "available" if row["available"] else f"not here: {row['reason']}"
        say(f"{row['name']:<10} {label:<10} {row['title']} ({state})")


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

    found = run_or_refuse(
        lambda: check_source(study, view_of(share, team, "team")), as_json=as_json
    )
    if html is not None:
        run_or_refuse(lambda: _write_page(study, found, html), as_json=as_json)
    if as_json:
        print_json(found)
        return
    from analysis.checks.findings_text import check_text

    say(check_text(found))


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

    rows = run_or_refuse(
        lambda: fetch_all(names or [], tell=lambda text: say(text, error=True)), as_json=as_json
    )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(row["folder"])


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
        return [judged(source, view_of(share, team, "team")) for source in sources]

    ledgers = run_or_refuse(run, as_json=as_json)
    if as_json:
        document = ledgers[0].as_dict()
        if len(ledgers) > 1:
            document["with"] = ledgers[1].as_dict()
        print_json(document)
        return
    text: Callable[[Any], str] = judged_text
    if everything or named:
        text = ledger_text if everything else partial(why_text, claims=named)
    say("\n\n".join(text(ledger) for ledger in ledgers))


@app.command()
def describe(
    study: Source, as_json: Json = False, share: Share = False, team: Team = False
) -> None:
    """Say what a study shows in every window: n, changes, differences, responders, limits."""
    from analysis.describe.scores.by_window import described
    from analysis.describe.scores.described_text import described_text
    from analysis.studies import opened

    def run() -> Any:
        view = view_of(share, team, "team")
        case, private = opened(study, view)
        return replace(described(case), view=view, private=private)

    found = run_or_refuse(run, as_json=as_json)
    if as_json:
        print_json(found.as_dict())
        return
    say(described_text(found))


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

        view = view_of(share, team, "team")
        tell = partial(say, error=True)
        return run_study(study, out, view, html=html, jobs=jobs, tell=tell)

    say(run_or_refuse(run, as_json=False))


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

        view = view_of(share, team, "shared")
        return publish(study, out, view, pdf=pdf, tell=lambda text: say(text, error=True))

    say(run_or_refuse(run, as_json=False))


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

    found = run_or_refuse(run, as_json=as_json)
    if as_json:
        print_json(found.as_dict())
    else:
        say(found.log())
        if html is not None:
            say(f"The page: {html}")
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
        say(run_or_refuse(lambda: ask_open_points(export, out, force=force), as_json=False))
        return
    say(run_or_refuse(lambda: write_study_toml(export, out, force=force), as_json=False))
