"""``python -m analysis.evidence``: rebuild the published table, or the course of therapy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from analysis.errors import EvidenceError, ReliefError
from analysis.evidence.build import build
from analysis.evidence.table.load import load
from analysis.evidence.therapy import write_course
from analysis.paths import PUBLISHED


def main(arguments: list[str] | None = None) -> int:
    """Build the folder, then load it: a table that breaks a rule is an error here already."""
    parser = argparse.ArgumentParser(prog="python -m analysis.evidence")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--build", type=Path, metavar="PATH", help="evidence file")
    what.add_argument(
        "--therapy", type=Path, metavar="PATH", help="data.csv of the Metapsy database"
    )
    parser.add_argument("--out", type=Path, default=PUBLISHED, help="folder to write to")
    options = parser.parse_args(arguments)
    if options.therapy:
        try:
            sys.stdout.write(f"{write_course(options.therapy).name} written\n")
        except ReliefError as error:
            sys.stderr.write(f"{error.rule}: {error.message}\n")
            return 2
        return 0
    if not options.build.is_file():
        parser.error(f"{options.build} is not a file; give the path of the evidence file")
    try:
        files = build(options.build, options.out)
        rows = len(load(options.out))
    except EvidenceError as error:
        sys.stderr.write(f"{error.rule}: {error.message}\n")
        return 2
    sys.stdout.write(f"{rows} rows; {', '.join(file.name for file in files)} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
