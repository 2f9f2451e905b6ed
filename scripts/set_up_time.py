"""Measure `make report` and `make test` in a fresh clone with empty caches, then warm.

Needs the standard library only. Measures the last commit, not uncommitted work. Prints a
Markdown table; what the commands print goes to standard error.

Usage: python scripts/set_up_time.py [--from REPOSITORY] [--only report]
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Everything that downloads or remembers something between two runs, except pip's own settings.
CACHES = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "MPLCONFIGDIR",
    "PIP_CACHE_DIR",
    "PYTHONPYCACHEPREFIX",
    "UV_CACHE_DIR",
    "XDG_CACHE_HOME",
)


def timed(target: str, clone: Path, environment: dict[str, str]) -> float:
    """Seconds that `make target` takes in `clone`; ends the measurement when it fails."""
    start = time.monotonic()
    done = subprocess.run(
        ["make", target],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        sys.exit(f"make {target} failed in the fresh clone, so there is no time to report.")
    return time.monotonic() - start


def megabytes(folder: Path) -> float:
    """Size of all files under `folder`; a file with several names counts once."""
    sizes = {
        (stat.st_dev, stat.st_ino): stat.st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
        for stat in [path.stat()]
    }
    return sum(sizes.values()) / 1e6


def main() -> None:
    """Clone, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="source", default=str(ROOT), metavar="REPOSITORY")
    parser.add_argument("--only", choices=["report", "test"], help="measure one of the two")
    arguments = parser.parse_args()
    targets = [arguments.only] if arguments.only else ["report", "test"]

    with tempfile.TemporaryDirectory(prefix="set-up-time-") as name:
        folder = Path(name).resolve()
        clone = folder / "clone"
        subprocess.run(
            ["git", "clone", "--quiet", arguments.source, str(clone)],
            stdin=subprocess.DEVNULL,
            check=True,
        )
        # A make that runs this script must not hand its own settings to the one measured.
        inherited = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL"}}
        environment = inherited | {key: str(folder / "caches" / key.lower()) for key in CACHES}
        cold = {target: timed(target, clone, environment) for target in targets}
        warm = {target: timed(target, clone, environment) for target in targets}
        size = megabytes(clone / ".venv")

    print("| command | empty caches | again |")
    print("|---|---|---|")
    for target in targets:
        print(f"| `make {target}` | {cold[target]:.0f} s | {warm[target]:.0f} s |")
    print()
    print(
        f"In this order, on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; `.venv` holds {size:.0f} MB."
    )


if __name__ == "__main__":
    main()
