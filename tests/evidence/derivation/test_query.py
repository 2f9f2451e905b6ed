"""From a row to its source."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from analysis import evidence
from analysis.cli import app
from analysis.errors import EvidenceError
from analysis.evidence.derivation.query import source_of


def test_every_row_leads_to_its_source(table):
    for row in table["row"]:
        assert source_of(row, table)["source"]


def test_a_row_is_shown_by_one_command():
    result = CliRunner().invoke(app, ["evidence", "show", "Feder2014-001"])
    assert result.exit_code == 0
    assert "https://doi.org/10.1001/jamapsychiatry.2014.62" in result.stdout
    assert "value: -12.7" in result.stdout


def test_a_trial_without_a_publication_leads_to_its_registry_record():
    row = evidence.registered()["rows"].iloc[0][0]
    assert source_of(row)["source"] == "https://clinicaltrials.gov/study/NCT04560660"


def test_an_unknown_row_is_refused():
    with pytest.raises(EvidenceError, match="no such row"):
        source_of("Feder2014-999")
