"""Attack some random studies and print what came of it: ``python -m tests.disclosure.intruder``.

``python -m tests.disclosure.intruder 200 0`` draws the studies of the seeds from 0 to 199.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.disclosure.intruder.campaign import campaign
from tests.disclosure.intruder.outside import KEY


def main(count: int = 200, first: int = 0) -> None:
    """Print the numbers, and what was recovered."""
    os.environ["RELIEF_KEY"] = KEY
    with tempfile.NamedTemporaryFile(suffix=".toml") as declared:
        found = campaign(range(first, first + count), Path(declared.name))
    print(found.told())
    for seed, conclusion in found.recovered:
        print(f"seed {seed}: {conclusion}")
    for name in found.holding_signs:
        print(f"a sign: {name}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
