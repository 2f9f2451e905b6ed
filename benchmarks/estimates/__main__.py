"""Level, coverage and bias of every estimator, into ``docs/operating_characteristics``.

Each module beside this one that has a ``run`` is a topic. One row an estimator, kind of scores
and size. Run: ``make estimates-characteristics`` (``ARGS="--topics paired who"`` for some).
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from pathlib import Path

import pandas as pd

import benchmarks.estimates as topics

DOCS = Path(__file__).resolve().parents[2] / "docs"
COLUMNS = ["topic", "estimator", "quantity", "scores", "n_per_arm", "replicates", "value",
           "mc_low", "mc_high", "nominal"]  # fmt: skip
HEAD = """# How the estimators behave in small samples

Written by `make estimates-characteristics`; do not edit. Each row: how often an interval covered
the truth, a test rejected where there was nothing, or how far an estimate lay from the truth on
average, over simulated samples of a known truth. `mc` is the 95 % Monte Carlo interval, `n` people
in an arm. Scores are normal, or skewed and bounded as symptom totals are (`benchmarks/estimates`).
The same numbers, a row a line: `operating_characteristics.csv`.
"""


def names() -> list[str]:
    """The topics: modules beside this one that can be run."""
    found = [module.name for module in pkgutil.iter_modules(topics.__path__)]
    return [name for name in sorted(found) if name not in ("__main__", "scores")]


def page(table: pd.DataFrame) -> str:
    """The table as a page: a line an estimator, quantity and kind, a column a size."""
    parts = [HEAD]
    for topic, rows in table.groupby("topic", sort=True):
        parts.append(f"## {str(topic).replace('_', ' ')}\n")
        sizes = sorted(rows["n_per_arm"].unique())
        parts.append("| estimator | quantity | scores | nominal | "
                     + " | ".join(f"n = {n}" for n in sizes) + " |")  # fmt: skip
        parts.append("|---" * (4 + len(sizes)) + "|")
        keys = ["estimator", "quantity", "scores", "nominal"]
        for key, own in rows.groupby(keys, sort=False, dropna=False):
            by_size = own.set_index("n_per_arm")
            cells = []
            for n in sizes:
                one = by_size.loc[[n]].iloc[0] if n in by_size.index else None
                cells.append("" if one is None else _cell(one))
            words = [str(part) if part == part else "" for part in key]
            parts.append("| " + " | ".join([*words, *cells]) + " |")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _cell(row: pd.Series) -> str:
    return f"{row['value']:.3f} ({row['mc_low']:.3f} to {row['mc_high']:.3f})"


def main() -> None:
    """Run the topics asked for, keep the other rows of the table, write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", nargs="+", choices=names(), default=names())
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS)
    options = parser.parse_args()
    file = options.out / "operating_characteristics.csv"
    table = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=COLUMNS)
    for topic in options.topics:
        began = time.process_time()
        run = importlib.import_module(f"benchmarks.estimates.{topic}").run
        rows = pd.DataFrame(run(replicates=options.replicates, seed=options.seed))
        rows = rows.assign(topic=topic)[COLUMNS]
        kept = [part for part in (table[table["topic"] != topic], rows) if len(part)]
        table = pd.concat(kept).sort_values("topic", kind="stable")
        table.to_csv(file, index=False, float_format="%.5g", lineterminator="\n")
        (options.out / "operating_characteristics.md").write_text(page(pd.read_csv(file)))
        sys.stdout.write(f"{topic}: {len(rows)} rows, {time.process_time() - began:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
