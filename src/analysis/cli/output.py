"""What the command line prints, and how it says what cannot be done: one sentence, exit code 2."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from analysis.errors import ReliefError, printable, printable_lines
from analysis.process import NO_MEMORY

__all__ = ["plain", "print_json", "refuse", "run_or_refuse", "say", "view_of"]


def plain(value: Any) -> Any:
    """NaN and infinities become null, for JSON has no word for them; texts as they are printed."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def say(text: object, *, error: bool = False) -> None:
    """The one way out: no name that was typed or read moves the cursor or turns a line around."""
    if (stream := sys.stderr if error else sys.stdout) is not None:
        print(printable_lines(str(text)), file=stream)


def print_json(document: Any) -> None:
    """A document as JSON, as it may be read by any program."""
    say(json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False))


def run_or_refuse(action: Callable[[], Any], *, as_json: bool) -> Any:
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
    raise typer.Exit(refuse(rule, message, as_json=as_json))


def refuse(rule: str, message: str, *, as_json: bool) -> int:
    """Say in one line what cannot be done; the exit code, which tells it where nothing else can."""
    with contextlib.suppress(OSError):
        say(f"relief: {printable(message)} [{rule}]", error=True)
    with contextlib.suppress(OSError):
        if as_json:
            print_json({"error": {"rule": rule, "message": message}})
    return 2


def view_of(share: bool, team: bool, default: str) -> str:
    """For whom the numbers are."""
    if share and team:
        raise ReliefError("usage.view", "--share and --team are two views; give one of them.")
    return "shared" if share else "team" if team else default


def _debugging() -> bool:
    return os.environ.get("RELIEF_DEBUG") == "1"
