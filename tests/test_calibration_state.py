"""``make calibration-state`` and ``make release-check``: what the counts let be said and done."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts import calibration_state as script
from tests.counts_of_now import counts_of_now


@pytest.fixture
def counts(monkeypatch, tmp_path) -> pd.DataFrame:
    """The committed counts as though all were of now, and pages that say so."""
    found = counts_of_now(monkeypatch)
    pages = {tmp_path / page.name: said for page, said in script.PAGES.items()}
    for page, said in pages.items():
        page.write_text(script.with_block(f"Before.\n{script.BEGIN}\n{script.END}\nAfter.\n",
                                          said(found)), encoding="utf-8")  # fmt: skip
    monkeypatch.setattr(script, "PAGES", pages)
    monkeypatch.setattr(script, "read_counts", lambda: found)
    return found


def texts() -> list[str]:
    """The pages as they stand."""
    return [page.read_text(encoding="utf-8") for page in script.PAGES]


def test_with_every_cell_of_now_a_release_may_go_out(counts, capsys):
    assert script.main(["--check"]) == 0
    assert "Every count is of the rules and code of now" in capsys.readouterr().out


def test_a_pending_cell_holds_a_release_back_and_is_named_with_the_command(counts, capsys):
    counts.loc[(counts["world"] == "sites") & (counts["n_per_arm"] == 30), "pending"] = True
    assert script.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "1 count(s) are pending: sites n30. Run relief calibrate --renew" in told
    assert "README.md says something else" in told
    assert "error_rates.md says something else" in told
    assert script.main([]) == 0
    assert all(script.block(text).startswith("PENDING: 1 of ") for text in texts())
    assert script.main(["--check"]) == 1
    assert "something else" not in capsys.readouterr().out


def test_a_cell_that_gate_7_asks_for_and_nobody_counted_holds_it_back(counts, capsys):
    counts.loc[counts["world"] == "null", "replicates"] = 9_999
    assert script.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "3 count(s) that gate calibration asks for are missing" in told
    assert "missing: null n15, null n30, null n60" in told


def test_nothing_but_the_block_is_written(counts):
    before = texts()
    counts["pending"] = True
    assert script.main([]) == 0
    for old, new in zip(before, texts(), strict=True):
        assert script.with_block(new, script.block(old)) == old != new
        assert new.startswith("Before.\n")
        assert new.endswith("\nAfter.\n")


def test_another_word_is_no_call(counts, capsys):
    assert script.main(["--chek"]) == 2
    assert "Usage" in capsys.readouterr().err
