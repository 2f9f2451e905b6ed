"""A process that tries inputs by their numbers, one line of JSON before and after each."""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import sys
from pathlib import Path

from tests.fuzz.attempt import attempt
from tests.fuzz.inputs import PAGE, PAGES, Input, make, seed_of

# Beyond what the libraries take for themselves once they are loaded.
ROOM = 1_500 << 20
_ALL_LIBRARIES = ("csv", "csv trial", "xlsx", "xpt 5", "fhir bundle", "omop sqlite", "omop duckdb")
ALL = (("check", ".", "--html", PAGE), ("judge", "."), ("report", ".", "--out", PAGES))


def _warmed_up() -> None:
    """Load every library, so that what they take is counted to no input."""
    for name in _ALL_LIBRARIES:
        calls = ALL if name == "csv" else ALL[:1]
        told = attempt(Input(name, "unchanged", seed_of(name), calls))
        if told["exit"] or told["broken"]:
            raise SystemExit(f"The unchanged study as {name} is no start: {told}")
    attempt(Input("csv", "unchanged", seed_of("csv"), (("init", ".", "--out", "draft.toml"),)))
    gc.freeze()


def _address_space() -> int:
    """Bytes of the address space that are taken."""
    told = re.search(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(told[1]) * 1024 if told else 0


def run(seed: int, first: int, step: int) -> None:
    """Try inputs until the pipe is closed, or memory is kept."""
    tell = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _warmed_up()
    taken = _address_space()
    limit, number = taken + ROOM, first
    # What a library keeps from one input must not be counted to the next.
    while _address_space() < taken + ROOM // 4:
        # Made without a limit: what a mutation takes is not the project's.
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        made = make(seed, number)
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        print(json.dumps({"start": number, "format": made.format, "kind": made.kind}), file=tell)
        tell.flush()
        print(json.dumps({"number": number, **attempt(made)}), file=tell)
        tell.flush()
        number += step
    tell.close()


if __name__ == "__main__":
    run(*map(int, sys.argv[1:4]))
