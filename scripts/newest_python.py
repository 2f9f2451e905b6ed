"""Print the newest Python here that the project supports, if it is newer than the one running this.

Looks on PATH and among pyenv's versions; a version that pyproject.toml does not list is left out.
Where there is none, says so and exits with 1. Needs the standard library only.

Usage: .venv/bin/python scripts/newest_python.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
ASKED = "import sys; print(sys.version_info[1] * (sys.version_info[3] == 'final'), sys.executable)"


def supported() -> list[int]:
    """Minor versions that pyproject.toml lists, oldest first."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    listed = re.findall(r"Python :: 3\.(\d+)", "\n".join(project["classifiers"]))
    return sorted(map(int, listed))


def candidates(environment: Mapping[str, str], minors: Iterable[int]) -> Iterator[Path]:
    """Files that may be an interpreter of one of these versions."""
    home = Path(environment.get("HOME", "/"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    folders = [Path(name) for name in environment.get("PATH", "").split(os.pathsep) if name]
    for minor in minors:
        yield from (folder / f"python3.{minor}" for folder in folders)
        yield from sorted(pyenv.glob(f"3.{minor}.*/bin/python3.{minor}"))
    yield from (folder / "python3" for folder in folders)


def minor_of(path: Path) -> int | None:
    """The minor version of a released Python 3 behind a path, by asking it; None where none is.

    Pyenv puts a name on PATH for every version that it has, and only some of them answer.
    """
    try:
        done = subprocess.run(
            [path, "-c", ASKED], capture_output=True, text=True, timeout=30, check=True
        )
        return int(done.stdout.split()[0]) or None
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return None


def newest(environment: Mapping[str, str], newer_than: int) -> tuple[int, Path] | None:
    """The newest supported version above a minor one, and where it is."""
    minors = [minor for minor in supported() if minor > newer_than]
    found = {
        minor: path
        for path in reversed(list(candidates(environment, minors)))
        if path.is_file() and (minor := minor_of(path)) in minors
    }
    return max(found.items()) if found else None


def main() -> int:
    """Print the path, or say on standard error that there is none."""
    own = sys.version_info.minor
    found = newest(os.environ, own)
    if found is None:
        above = ", ".join(f"3.{minor}" for minor in supported() if minor > own) or "none"
        print(
            f"No Python newer than 3.{own} is on PATH or among pyenv's versions (looked for: "
            f"{above}).",
            file=sys.stderr,
        )
        return 1
    print(found[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
