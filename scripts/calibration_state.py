"""Write what was counted into the pages that say it, or refuse a release where it does not hold.

Usage: python scripts/calibration_state.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from analysis.claims.calibration.gate import RENEW, SIZES, no_effect_worlds
from analysis.claims.definitions import load_definitions
from analysis.describe.calibration.counts import COUNT, pending_cells, read_counts
from analysis.describe.calibration.error_rates import in_full, in_short
from analysis.writing import write_atomic

ROOT = Path(__file__).resolve().parents[1]
# Each page has one block, and nothing else of it is written.
PAGES = {ROOT / "README.md": in_short, ROOT / "docs" / "error_rates.md": in_full}
BEGIN, END = "<!-- calibration: make calibration-state -->", "<!-- /calibration -->"


def block(text: str) -> str:
    """What stands in a page about the counts."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def with_block(text: str, said: str) -> str:
    """The page with this said about the counts."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{said}\n{END}{rest.partition(END)[2]}"


def problems() -> list[str]:
    """What keeps the counts from being released, a sentence each."""
    rules, counts = load_definitions(), read_counts()
    found = []
    if pending := pending_cells(counts):
        found.append(
            f"{len(pending)} count(s) are pending: {', '.join(pending)}. Run {RENEW}; where a "
            f"stored word differs, {COUNT}."
        )
    enough = counts[counts["replicates"] >= rules.rule("calibration_trials")]
    there = set(zip(enough["world"], enough["n_per_arm"], strict=True))
    wanted = [(name, n) for name in no_effect_worlds(rules.rule("bias_bound_sd")) for n in SIZES]
    if lacking := [f"{name} n{n}" for name, n in wanted if (name, n) not in there]:
        found.append(
            f"{len(lacking)} count(s) that gate calibration asks for are missing: "
            f"{', '.join(lacking)}. Run {COUNT}."
        )
    found += [
        f"{page.name} says something else of the counts: run make calibration-state."
        for page, said in PAGES.items()
        if block(page.read_text(encoding="utf-8")) != said(counts)
    ]
    return found


def main(arguments: list[str]) -> int:
    """Write the sentences, or with ``--check`` 1 where the counts do not hold."""
    if arguments == ["--check"]:
        found = problems()
        whole = "Every count is of the rules and code of now; calibration has what it asks for."
        print("\n".join(found) if found else whole)
        return int(bool(found))
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    counts = read_counts()
    for page, said in PAGES.items():
        text = page.read_text(encoding="utf-8")
        after = with_block(text, said(counts))
        if after != text:
            write_atomic(page, after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
