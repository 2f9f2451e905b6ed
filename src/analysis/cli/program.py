"""The whole program: from the words that were typed to the exit code."""

from __future__ import annotations

import sys
from typing import Any

import typer

from analysis.cli.commands import app
from analysis.cli.output import refuse
from analysis.process import (
    NO_MEMORY,
    cannot_start,
    collecting_seldom,
    ended_cleanly,
    flushed,
    unprinted,
)

__all__ = ["main"]

# A call that is wrong; the module it lives in differs between versions of Typer.
UsageError: Any = typer.BadParameter.__base__


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
        code = refuse(*NO_MEMORY, as_json=False)
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
        return refuse(*refused, as_json=as_json)
    try:
        # Without a command the help is shown, as only the whole program does.
        return app(standalone_mode=len(sys.argv) == 1) or 0
    except UsageError as error:
        # The same one line, and JSON where it was asked for, as for any other error.
        sentence = " ".join(error.format_message().split())
        return refuse("usage", sentence, as_json=as_json)
    except SystemExit as end:
        # 1 is Typer's word for a pipe whose reader, such as head, has had enough.
        return 0 if end.code == 1 else int(end.code or 0)


def _not_printed(error: OSError) -> int:
    refused = unprinted(error)
    return refuse(*refused, as_json=False) if refused else 0
