"""What imports cost, of the mixed model and of the commands, and what judging does, as ratios.

Processor time of fresh processes that import and end, in turns, with bytecode written before:
the least of the rounds (and their median) over that of NumPy, SciPy's linear algebra and pandas.
For `relief judge example` the command runs once, and what it has imported by then is imported by
itself; last, the whole command. Exit code 1 where a ratio is above its limit, or a command imports
what it should not.

Run: ``make benchmark-imports`` (a minute; ``ARGS="--rounds 3"`` for less).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

FLOOR = "import numpy, scipy.linalg, pandas"
COMMAND = "import sys\nsys.argv = {argv}\nfrom analysis.cli import main\n"
LISTED = """
import atexit, pathlib
atexit.register(lambda: pathlib.Path({path!r}).write_text("\\n".join(sys.modules)))
main()
"""
# What of the command is imported, in the order in which it was; a part of a package that only
# the package itself can make is passed over.
AGAIN = """
import contextlib, importlib, pathlib
for name in pathlib.Path({path!r}).read_text().splitlines():
    with contextlib.suppress(Exception):
        name == "__main__" or importlib.import_module(name)
"""
WHOLE = "relief judge example"
# Judging took 11 to 13 times that before it stopped doing again what nothing had changed.
LIMITS = {WHOLE: 6.0}
LIMIT = 1.2


def command(*words: str) -> str:
    """Code that is ready to run a command of the command line."""
    return COMMAND.format(argv=["relief", *words])


def run(code: str) -> None:
    """Run code in a fresh process, which may write bytecode."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, stdout=subprocess.DEVNULL)


def seconds(code: str) -> float:
    """Processor time of a fresh process."""
    before = os.times()
    run(code)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def imported(code: str, path: Path) -> list[str]:
    """Modules that are there when a command has run."""
    run(code + LISTED.format(path=str(path)))
    return path.read_text().splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        light, judged = Path(folder) / "light", Path(folder) / "judged"
        heavy = {
            words: "pandas" in imported(command(*words.split()), light)
            for words in ("--help", "studies")
        }
        imported(command("judge", "example"), judged)
        codes = {
            "numpy, scipy.linalg, pandas": FLOOR,
            "analysis.mmrm": "import analysis.mmrm",
            "relief --help": command("--help") + "main()",
            "relief studies": command("studies") + "main()",
            f"{WHOLE}, imports": AGAIN.format(path=str(judged)),
            WHOLE: command("judge", "example") + "main()",
        }
        for code in codes.values():
            run(code)
        times = {name: [] for name in codes}
        for _ in range(rounds):
            for name, code in codes.items():
                times[name].append(seconds(code))
    floor = times.pop("numpy, scipy.linalg, pandas")
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    print(f"Python {platform.python_version()}, {packages}; {rounds} rounds")
    print(f"numpy, scipy.linalg, pandas: {min(floor):.2f} s of the processor")
    failed = []
    for name, each in times.items():
        least = min(each) / min(floor)
        middle = statistics.median(each) / statistics.median(floor)
        print(f"{name}: {least:.2f} times that (medians {middle:.2f})")
        if least > (limit := LIMITS.get(name, LIMIT)):
            failed.append(f"{name} takes more than {limit} times that.")
    for words, pandas in heavy.items():
        print(f"relief {words}: pandas {'is' if pandas else 'is not'} imported")
        if pandas:
            failed.append(f"relief {words} imports pandas.")
    print(*failed, sep="\n", end="\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
