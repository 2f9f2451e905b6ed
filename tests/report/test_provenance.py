"""Provenance of every raw table."""

from __future__ import annotations

from analysis.report.provenance import provenance, sha256


def test_provenance_holds_the_hash_of_every_raw_table():
    from analysis.paths import DATA_RAW

    recorded = {row["file"]: row["sha256"] for row in provenance()}
    files = {
        path.relative_to(DATA_RAW).as_posix(): sha256(path) for path in DATA_RAW.rglob("*.csv")
    }
    assert recorded == files
