"""Many real ends of relief for the price of one start: a warm process that forks for each call.

``python -m tests.forks`` reads a list of calls as JSON from standard input and prints what became
of each. A child runs to the interpreter's own end, which is where Python prints what it could not
flush, and so is as good as a process that the shell started.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

_WARM = (
    "analysis.claims", "analysis.claims.calibration.command", "analysis.checks.findings_text",
    "analysis.claims.published", "analysis.cli", "analysis.describe.answer.verdicts",
    "analysis.draft",
    "analysis.figures", "analysis.readers.assemble", "analysis.report.publish", "analysis.studies",
    "typer.rich_utils",
)  # fmt: skip


class End(NamedTuple):
    """The exit code of a call (minus the signal where one killed it), and what it said."""

    code: int
    out: str
    err: str


def ends(calls: list[dict[str, Any]]) -> list[End]:
    """What becomes of calls.

    Parameters
    ----------
    calls : list of dict
        ``arguments``; where they go other than to pipes, ``out`` and ``err`` (paths); and
        ``signal``, sent as soon as the child has begun to work.
    """
    with tempfile.TemporaryDirectory() as room:
        done = subprocess.run(
            [sys.executable, "-m", "tests.forks", room], input=json.dumps(calls),
            capture_output=True, text=True, check=False,
            # Another test may have left this process elsewhere.
            cwd=Path(__file__).parent.parent,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [End(*end) for end in json.loads(done.stdout)]


def _ended(call: dict[str, Any], room: Path) -> End:
    names = {stream: call.get(stream) or str(room / stream) for stream in ("out", "err")}
    if (child := os.fork()) == 0:
        for number, stream in ((1, "out"), (2, "err")):
            os.dup2(os.open(names[stream], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["relief", *call["arguments"]]
        from analysis.cli import main

        main()
    if "signal" in call:
        time.sleep(0.3)
        os.kill(child, call["signal"])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    texts = [Path(names[s]).read_text("utf-8") if s not in call else "" for s in ("out", "err")]
    return End(code, *texts)


def run() -> None:
    """Import what calls need, once, and try each in a child."""
    for name in _WARM:
        __import__(name)
    calls = json.loads(sys.stdin.read())
    # A shell has the processes that it starts in the background ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Or every child would copy all of it when it ends.
    gc.freeze()
    print(json.dumps([_ended(call, Path(sys.argv[1])) for call in calls]))


if __name__ == "__main__":
    run()
