"""``python -m tests.mutants [PLACE ...]``: plant faults one by one and run their tests on each.

PLACE counts from 0 in faults.toml; without one, all. ``--draw SEED`` draws forty others. A warm
process forks for each fault, and the fork imports the faulty module in place of the sound one; no
file is touched. Prints a JSON line a fault; 1 where one survives.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from typing import Any

from tests.mutants.drawn import ROOT, Fault, draw, stored, write

COUNT = 40
# A fault may keep a loop from ending.
SECONDS = 600


class Faulty(SourceFileLoader, MetaPathFinder):
    """Finds one module, and compiles it from a tree with a fault."""

    def __init__(self, fault: Fault) -> None:
        self.tree, self.told = fault.planted()
        parts = fault.module.removesuffix("/__init__").split("/")
        super().__init__(".".join(["analysis", *parts]), str(fault.path))

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = self
        return spec

    def get_code(self, fullname: str) -> Any:
        return compile(self.tree, self.path, "exec")


def caught(fault: Fault) -> dict[str, Any]:
    """What became of one fault: the first test that fails, or none."""
    planted = Faulty(fault)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out:
        if (child := os.fork()) == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            os._exit(_tried(fault, planted))
        _, status, used = os.wait4(child, 0)
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    code = os.waitstatus_to_exitcode(status)
    failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    # 5 is no test at all, 3 and 4 are pytest's own errors.
    assert code not in (3, 4, 5), said
    return {
        "fault": f"{fault.module}: {fault.function}: {planted.told}",
        "caught": code != 0,
        "by": failed[0] if failed else f"exit code {code}" if code else "",
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "seconds": round(time.monotonic() - begun, 1),
    }


def _tried(fault: Fault, planted: Faulty) -> int:
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    sys.meta_path.insert(0, planted)
    tests = [str(ROOT / "tests" / name) for name in fault.tests]
    plain = ["-p", "no:xdist", "-p", "no:nbval", "-p", "no:cacheprovider", "--color=no", "-qx"]
    addopts = "--import-mode=importlib --strict-markers"
    return int(pytest.main([*plain, "-o", f"addopts={addopts}", "--rootdir", str(ROOT), *tests]))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", type=int, nargs="*")
    parser.add_argument("--draw", type=int, metavar="SEED")
    given = parser.parse_args(arguments)
    if given.draw is not None:
        write(draw(given.draw, COUNT), given.draw)
        return 0
    faults = stored()
    # What no fault is in, and most tests import; pytest itself imports its plugins.
    for name in ("matplotlib", "numpy", "pandas", "pytest", "scipy.stats"):
        with contextlib.suppress(ImportError):
            __import__(name)
    survived = False
    for place in given.places or range(len(faults)):
        found = caught(faults[place])
        print(json.dumps({"place": place} | found, ensure_ascii=False), flush=True)
        survived |= not found["caught"]
    return int(survived)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
