"""How long clinic exports take to read, check, score and place in time, and in how much memory.

Two made-up exports: one row an item (subject, time, item code, value: ten million rows
unless scaled down), and a wide one of 2,000 columns (200,000 rows). The floor is what bare
pyarrow and bare pandas take to parse the same file and do nothing else, in seconds of the
clock (pyarrow uses every core) and of the processor. Every step runs in a process of its
own; memory is its peak resident size, interpreter and libraries included.

Run: ``python benchmarks/data_layer.py`` (``--scale 0.1`` for a tenth; ``--folder`` for
another disk than that of temporary files: it takes 1.2 GB, and is left as it was).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

ITEMS, FORMS = 20, 5
WIDE_ROWS, WIDE_COLUMNS, TALL_ROWS = 200_000, 2_000, 10_000_000
# Minutes from the start of the infusion, which takes 40 minutes.
MOMENTS = np.array([-26 * 60, -60, 4 * 60, 26 * 60, 7 * 24 * 60])
TOML = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
arms = {ket = "ketamine", mdz = "midazolam"}
comparator = "active"
primary = "PCL-5"

[subjects]
path = "subjects.csv"
subject = "id"
arm = "arm"

[infusions]
path = "infusions.csv"
subject = "id"
agent = "agent"
start = "start"
end = "end"

[[assessments]]
path = "scores.csv"
subject = "id"
time = "when"
instrument = "PCL-5"
version = "standard"
recall_hours = 720
"""
TALL = 'code = "code"\nvalue = "value"\nitems = "PCL{:02d}"\n'
WIDE = 'items = "q{:04d}"\n'


def _people(folder: Path, count: int, rng: np.random.Generator) -> tuple[pa.Array, np.ndarray]:
    """Write the people and their infusions; their identifiers, and minutes of the starts."""
    ids = pa.array(np.char.add("S", np.char.zfill(np.arange(count).astype(str), 7)))
    starts = np.datetime64("2024-01-08T09:00") + rng.integers(0, 350 * 24 * 60, count).astype(
        "m8[m]"
    )
    ketamine = np.arange(count) % 2 == 0
    _write(folder / "subjects.csv", {"id": ids, "arm": np.where(ketamine, "ket", "mdz")})
    infusions = {
        "id": ids,
        "agent": np.where(ketamine, "ketamine", "midazolam"),
        "start": np.datetime_as_string(starts),
        "end": np.datetime_as_string(starts + np.timedelta64(40, "m")),
    }
    _write(folder / "infusions.csv", infusions)
    return ids, starts


def _write(path: Path, columns: dict[str, object]) -> None:
    pa_csv.write_csv(pa.table(columns), path, pa_csv.WriteOptions(quoting_style="none"))


def write_tall(folder: Path, rows: int, seed: int = 1) -> Path:
    """A study with one row an item: ``rows`` of them, to whole people; the path of its scores."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    people = rows // (ITEMS * FORMS)
    ids, starts = _people(folder, people, rng)
    when = starts[:, None] + (MOMENTS + rng.integers(0, 50, (people, FORMS))).astype("m8[m]")
    codes = [f"PCL{number:02d}" for number in range(1, ITEMS + 1)]
    form = np.repeat(np.arange(people * FORMS), ITEMS)
    path = folder / "scores.csv"
    columns = {
        "id": ids.take(pa.array(form // FORMS)),
        "when": pa.array(np.datetime_as_string(when).ravel()).take(pa.array(form)),
        "code": pa.array(codes).take(pa.array(np.tile(np.arange(ITEMS), people * FORMS))),
        "value": pa.array(rng.integers(0, 5, len(form))),
    }
    _write(path, columns)
    (folder / "study.toml").write_text(TOML + TALL)
    return path


def write_wide(folder: Path, rows: int, columns: int = WIDE_COLUMNS, seed: int = 2) -> Path:
    """A study with one row a form, most of whose columns it does not declare."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    people = rows // FORMS
    ids, starts = _people(folder, people, rng)
    when = starts[:, None] + (MOMENTS + rng.integers(0, 50, (people, FORMS))).astype("m8[m]")
    names = ["id", "when", *(f"q{number:04d}" for number in range(1, columns - 1))]
    path = folder / "scores.csv"
    with path.open("wb") as out:
        out.write((",".join(names) + "\n").encode())
        for person in range(people):
            answers = np.full((FORMS, 2 * (columns - 2)), ord(","), np.uint8)
            answers[:, ::2] = rng.integers(ord("0"), ord("5"), (FORMS, columns - 2))
            answers[:, -1] = ord("\n")
            for moment, own in zip(when[person], answers, strict=True):
                out.write(f"{ids[person]},{moment},".encode() + own.tobytes())
    (folder / "study.toml").write_text(TOML + WIDE)
    return path


def bare_pyarrow(folder: Path) -> int:
    """Parse the scores and nothing else."""
    return pa_csv.read_csv(folder / "scores.csv").num_rows


def bare_pandas(folder: Path) -> int:
    """Parse the scores and nothing else."""
    return len(pd.read_csv(folder / "scores.csv", dtype=str, keep_default_na=False))


def as_text(folder: Path) -> int:
    """Every column of the scores, as text."""
    from analysis.readers.formats.delimited.read import read_text

    return len(read_text(folder / "scores.csv").rows)


def whole(folder: Path) -> int:
    """The study read, checked, scored and placed in time; the number of its forms."""
    from analysis.checks import check
    from analysis.readers.assemble import read_study

    return len(check(read_study(folder)).forms)


STEPS = {step.__name__: step for step in (bare_pyarrow, bare_pandas, as_text, whole)}


def timed(step: str, folder: Path) -> dict[str, float]:
    """One step in a fresh process: seconds, seconds of processor time, peak megabytes, result."""
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _run(step: str, folder: Path) -> None:
    # What a first call imports is no part of reading.
    import analysis.checks
    import analysis.readers.assemble  # noqa: F401

    wall, processor = time.perf_counter(), time.process_time()
    result = STEPS[step](folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - wall,
                "processor": time.process_time() - processor,
                "megabytes": usage.ru_maxrss / 1024,
                "result": result,
            }
        )
    )


COLUMNS = (
    ("s", 8), ("CPU s", 8), ("peak MB", 9), ("rows/s", 12),
    ("x pyarrow", 11), ("in CPU", 8), ("x pandas", 11), ("in CPU", 8),
)  # fmt: skip


def compare(name: str, folder: Path, path: Path, rows: int) -> dict[str, float]:
    """Time the steps on one export, print them, and return the seconds of each."""
    print(f"\n{name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
    print(" " * 14 + "".join(f"{head:>{width}}" for head, width in COLUMNS))
    found: dict[str, dict[str, float]] = {}
    for step in STEPS:
        got = found[step] = timed(step, folder)
        line = f"{step:14}{got['seconds']:>8.2f}{got['processor']:>8.2f}{got['megabytes']:>9,.0f}"
        line += f"{rows / got['seconds']:>12,.0f}"
        for floor in ("bare_pyarrow", "bare_pandas"):
            if floor in found:
                line += f"{got['seconds'] / found[floor]['seconds']:>11.1f}"
                line += f"{got['processor'] / found[floor]['processor']:>8.1f}"
        print(line, flush=True)
    return {step: got["seconds"] for step, got in found.items()}


def main() -> None:
    """Time every step at a tenth, a third, and the whole of the size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        return _run(given.step, given.folder)
    with tempfile.TemporaryDirectory(dir=given.folder) as temporary:
        folder = Path(temporary)
        found = []
        for share in (0.1, 1 / 3, 1.0):
            rows = int(TALL_ROWS * given.scale * share) // (ITEMS * FORMS) * ITEMS * FORMS
            path = write_tall(folder / "tall", rows)
            found.append(compare("One row an item", folder / "tall", path, rows))
        grown = found[-1]["whole"] / found[0]["whole"]
        print(f"Ten times the rows take {grown:.1f} times as long, from reading to placing.")
        rows = int(WIDE_ROWS * given.scale) // FORMS * FORMS
        path = write_wide(folder / "wide", rows)
        compare(f"{WIDE_COLUMNS:,} columns", folder / "wide", path, rows)
    return None


if __name__ == "__main__":
    main()
