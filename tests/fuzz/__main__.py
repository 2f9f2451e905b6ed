"""Try hostile inputs of every format: ``make fuzz ARGS="--minutes 5 --seed 1"``.

Never a traceback, never a value in a message, exit code 0 or 2, and bounded time and memory:
whatever breaks a promise is told, and kept with ``--keep``. ``--only NUMBER`` tries one
input of a seed again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.attempt import attempt, write
from tests.fuzz.inputs import make

# Whoever is silent for so long hangs, even on a busy computer; loading every library takes longer.
HANGS, BEGINS = 180, 900
# A process that has tried so many makes way for a fresh one.
LIFE = 4000
_KEPT_EACH = 2


@dataclass
class Tally:
    """What all processes found, and how much is left to do."""

    seed: int
    end: float
    count: int | None
    keep: Path | None
    tried: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)
    broken: dict[str, list[int]] = field(default_factory=dict)
    slowest: float = 0.0
    largest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def over(self, number: int) -> bool:
        """Whether nothing is left."""
        return time.monotonic() > self.end or (self.count is not None and number >= self.count)

    def add(self, number: int, told: dict[str, Any]) -> None:
        """Count one input, and keep it where it broke a promise."""
        with self.lock:
            self.tried[told["format"]] += 1
            self.tried[f"- {told['kind']}"] += 1
            self.exits[told["exit"]] += 1
            self.slowest = max(self.slowest, told["seconds"])
            self.largest = max(self.largest, told["megabytes"])
            if (total := self.exits.total()) % 1000 == 0:
                print(f"{total:,} inputs tried", flush=True)
            if told["broken"]:
                found = self.broken.setdefault(told["broken"], [])
                found.append(number)
                if len(found) == 1:
                    print(f"{number} ({told['format']}, {told['kind']}): {told['broken']}",
                          flush=True)  # fmt: skip
                if self.keep is not None and len(found) <= _KEPT_EACH:
                    made = make(self.seed, number)
                    folder = self.keep / f"{self.seed}-{number}"
                    write(made.files, folder)
                    about = {"calls": made.calls, **told}
                    (folder / "told.json").write_text(json.dumps(about, indent=1))


def _process(tally: Tally, first: int, step: int, room: str) -> int:
    """One process's life; the number of the next input."""
    command = [sys.executable, "-m", "tests.fuzz.worker", *map(str, (tally.seed, first, step))]
    environment = os.environ | {
        "RELIEF_DEBUG": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2", "TMPDIR": room,
    }  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    number, started, patience = first, None, BEGINS
    while not tally.over(number) and number < first + LIFE * step:
        watch = threading.Timer(patience, process.kill)
        watch.start()
        line = process.stdout.readline()
        watch.cancel()
        patience = HANGS
        if not line:
            # Its pipe is closed before its exit code is known.
            process.wait()
            break
        told = json.loads(line)
        if "start" in told:
            started = told
            continue
        tally.add(told["number"], told)
        number, started = told["number"] + step, None
    if started and process.poll() is None and not tally.over(number):
        process.wait()
    if started and process.poll() is not None:
        code = process.wait()
        what = "hang" if code == -9 else f"crash: signal {-code}"
        lost = {"exit": code, "broken": what, "seconds": 0.0, "megabytes": 0.0}
        tally.add(number, started | lost)
        number += step
    elif process.poll() and not tally.over(number):
        raise SystemExit(f"A process of the fuzzer ended with {process.returncode}.")
    process.kill()
    process.communicate()
    return number


def _all(tally: Tally, first: int, step: int, room: str) -> None:
    number = first
    while not tally.over(number):
        number = _process(tally, number, step, room)


def run(tally: Tally, jobs: int) -> None:
    """Let processes take turns at the numbers until time or numbers are over."""
    # In memory where that can be: a disk is slower than what is tested.
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as room:
        threads = [threading.Thread(target=_all, args=(tally, n, jobs, room)) for n in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def main() -> int:
    """Fuzz, and print what was tried; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="stop after so many inputs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that broke a promise")
    parser.add_argument("--only", type=int, help="try one input of the seed again")
    given = parser.parse_args()
    if given.only is not None:
        made = make(given.seed, given.only)
        if given.keep:
            write(made.files, given.keep)
        told = attempt(made)
        print(made.calls, *(f"{key}: {value}" for key, value in told.items()), sep="\n")
        return int(bool(told["broken"]))
    start = time.monotonic()
    tally = Tally(given.seed, start + 60 * given.minutes, given.count, given.keep)
    run(tally, given.jobs)
    total = tally.exits.total()
    print(f"\n{total:,} inputs tried in {(time.monotonic() - start) / 60:.1f} minutes, "
          f"seed {given.seed}: {tally.exits[0]:,} ended with 0, {tally.exits[2]:,} with 2; "
          f"slowest {tally.slowest:.1f} s, at most {tally.largest:.0f} MB more.")  # fmt: skip
    for name, number in sorted(tally.tried.items(), key=lambda entry: entry[0].startswith("-")):
        print(f"{number:>8,}  {name}")
    for what, numbers in tally.broken.items():
        print(f"BROKEN {len(numbers)} times, first {numbers[:5]}: {what}")
    return int(bool(tally.broken))


if __name__ == "__main__":
    sys.exit(main())
