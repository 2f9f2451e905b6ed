"""docs/walks.md: every command there is run, and every answer given, on an export of its kind."""

from __future__ import annotations

import re

import pytest

from analysis.paths import ROOT
from analysis.studies import judged
from tests.docs.walks import WALKS, commands, part, walked
from tests.factory import Outcome
from tests.length import trials

PAGE = (ROOT / "docs" / "walks.md").read_text(encoding="utf-8")
KINDS = [walk.title for walk in WALKS]


def test_the_page_walks_through_each_kind_of_export():
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == KINDS
    assert all(len(commands(walk)) <= 6 for walk in WALKS)


@pytest.mark.parametrize("walk", WALKS, ids=KINDS)
def test_a_walk_is_as_the_page_tells_it_and_ends_with_a_study(tmp_path, walk):
    end, person = walked(walk, tmp_path)
    assert "every point is decided" in end
    assert part(walk, person) in PAGE
    found = Outcome(tmp_path / "study.toml")
    assert found.exit_code == 0
    assert found.people("people analysed") > 0


@pytest.mark.long
@pytest.mark.parametrize("walk", WALKS[: trials(short=1, long=len(WALKS))], ids=lambda w: w.title)
def test_a_walk_ends_with_a_verdict(tmp_path, walk):
    walked(walk, tmp_path)
    assert judged(str(tmp_path / "study.toml")).claims
