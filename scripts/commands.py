"""The page of commands, docs/commands.md, made from the command line itself: `make commands`.

Usage: python scripts/commands.py > docs/commands.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from analysis.cli import app

HEAD = """# Commands

What `relief` can be told, with which exit code it ends, and which files it writes. Made from the \
command line itself by `make commands`; `relief COMMAND --help` prints the same.

STUDY is a `study.toml`, its folder, or the name of a built-in study: `example`, `published`, \
`nimh`. CLAIM is the name of a claim, or the start of one claim's name alone. With `--json` \
standard output is JSON alone; what is told besides goes to standard error.
"""
EXIT_CODES = {
    0: "done; whatever the verdicts are, also *not testable*",
    1: "`relief compare` alone: the two sides differ",
    2: "nothing was done, and one sentence says why: a wrong call, or a STOP of scope study; "
    'with `--json` it is `{"error": {"rule", "message"}}`',
    130: "interrupted (Ctrl-C)",
    143: "ended by the system (SIGTERM)",
}
FILES = {
    "check": "FILE of `--html`",
    "report": "`reports/NAME/index.html`, for all built-in studies `reports/index.html`; "
    "`--out` names another folder",
    "init": "`study.toml`; `--out` names another file",
    "notebooks": "executed copies in `output/NAME`, with `--html` also `index.html` there; "
    "`--out` names another folder",
    "compare": "FILE of `--html` and of `--junit`",
    "data": "the files it downloads, in the user's cache folder",
    "calibrate": "`shards/` and tables of counts in `data/processed/calibration`; "
    "`--out` names another folder",
    "evidence add": "`data/raw/published/added_results.csv`, with `--write` alone",
}
_KINDS = {"Path": "PATH", "int": "N", "str": "TEXT"}
READ = {
    "study.toml": "what a study is, where its tables are: [study.md](study.md)",
    "claims.toml": "the claims and the numbers that decide, read before any data",
    "relief/key": "in the user's configuration folder: the key for hashes of participants, made "
    "when it is first needed unless `RELIEF_KEY` holds one",
}


def page() -> str:
    """The page as Markdown."""
    told = dict(commands())
    parts = [HEAD]
    parts += [section(name, command) for name, command in told.items()]
    parts.append("\n## Exit codes\n\n| code | when |\n|---|---|\n")
    parts += [f"| {code} | {when} |\n" for code, when in EXIT_CODES.items()]
    parts.append("\n## Files\n\n| command | writes |\n|---|---|\n")
    parts += [f"| `relief {name}` | {FILES.get(name, 'nothing')} |\n" for name in told]
    parts.append("\n| file | what it is |\n|---|---|\n")
    parts += [f"| `{name}` | {what} |\n" for name, what in READ.items()]
    return "".join(parts)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by the words that call it, in the order of the help."""
    whole: Any = typer.main.get_command(app)
    for name, command in whole.commands.items():
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
        else:
            yield from ((f"{name} {inner}", own) for inner, own in below.items())


def section(name: str, command: Any) -> str:
    """A command with its arguments and options; what a default is, where there is one."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    called = " ".join([f"relief {name}", *(_called(one) for one in arguments)])
    lines = [f"\n## relief {name}\n\n{command.help}\n\n```\n{called}\n```\n"]
    if rows := [one for one in (*arguments, *options) if one.help]:
        lines.append("\n| | what |\n|---|---|\n")
        lines += [f"| `{_spelled(one)}` | {_what(one)} |\n" for one in rows]
    return "".join(lines)


def _called(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _spelled(one: Any) -> str:
    if one.param_type_name == "argument":
        return _called(one).strip("[].")
    if one.is_flag:
        return one.opts[0]
    kind = one.type_descriptor.annotation.__name__
    return f"{one.opts[0]} {one.metavar or _KINDS[kind]}"


def _what(one: Any) -> str:
    told = one.help.replace("|", "\\|")
    given = one.default
    plain = given is not None and not callable(given) and given is not False and given != []
    return f"{told} Default: `{given}`." if plain and one.param_type_name == "option" else told


if __name__ == "__main__":
    print(page(), end="")
