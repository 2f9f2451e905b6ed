"""Words of answers are in the draft with their codes, or as open points; nobody's own words are."""

from __future__ import annotations

import re

import pytest

from analysis.config import load_config
from analysis.draft import write_study_toml
from analysis.errors import ReliefError
from tests.draft.test_write import answered, content, export
from tests.factory import TOKEN

WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")


@pytest.mark.parametrize("written", ["{n} = {word}", "{word}"])
def test_words_of_answers_are_written_with_their_codes(tmp_path, written):
    made = content()
    made["scores"] = [
        {
            key: written.format(n=value, word=WORDS[value]) if key.startswith("pcl5now") else value
            for key, value in row.items()
        }
        for row in made["scores"]
    ]
    made["scores"][0]["pcl5now_05"] = TOKEN
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", made), out)
    text = out.read_text(encoding="utf-8")
    assert TOKEN not in text
    (line,) = re.findall(r"^labels = (.*)$", text, re.MULTILINE)
    assert all(
        f'"{written.format(n=n, word=word)}" = "{n}"' in line for n, word in enumerate(WORDS)
    )
    assert "item_base = 0" in text


def test_words_of_answers_whose_codes_are_not_known_are_open_points(tmp_path):
    made = content()
    made["scores"] = [
        {
            key: "abcde"[value] * 4 if key.startswith("pcl5now") else value
            for key, value in row.items()
        }
        for row in made["scores"]
    ]
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", made), out)
    answered(out)
    with pytest.raises(ReliefError) as caught:
        load_config(out)
    assert caught.value.rule == "config.open-point"
