"""Which zone and which order hold for a time: the written, the file's, the site's, the declared."""

from __future__ import annotations

import re

import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from tests.damage.made import Made, truth
from tests.damage.outcome import found
from tests.remedies.declared import ORDERS, STUDY, by_site, moved, times
from tests.remedies.studies import declare, read, sound, written

ZONES = {"site 1": "America/New_York", "site 2": "America/Denver", "site 3": "Asia/Kolkata"}


def in_new_york() -> Made:
    made = sound()
    made.zone = "America/New_York"
    return made


def said(path, rule):
    return read(path).said.get(rule, "")


def test_letters_of_the_other_season_are_told_with_both_zones(tmp_path):
    made = times(in_new_york(), lambda t: t.strftime("%Y-%m-%d %H:%M EST"))
    message = said(written(tmp_path, made), "time.zone-differs")
    assert re.search(r"79 time.*\(-05:00\).*\(America/New_York\)", message)


def test_letters_of_the_season_are_not(tmp_path):
    zone = in_new_york().zone
    made = times(in_new_york(), lambda t: moved(zone, zone, t).strftime("%Y-%m-%d %H:%M %Z"))
    path = written(tmp_path, made)
    assert not {"time.zone-differs", "time.own-zone"} & set(read(path).said)


def test_a_program_s_offset_beside_the_study_s_zone_holds_and_is_told(tmp_path):
    made = sound()
    times(made, lambda t: moved(made.zone, "UTC", t).isoformat())
    path = written(tmp_path, made)
    message = said(path, "time.own-zone")
    assert re.search(rf"\(UTC\), which was used.*\({made.zone}\)", message)
    assert found(read_study(path)) == truth(sound())
    # A zone of the table's own that is another is to be looked at.
    declare(path, "[[assessments]]", 'timezone = "America/Denver"')
    assert "America/Denver" in said(path, "time.zone-differs")
    declare(path, "[[assessments]]", 'timezone = "UTC"')
    assert "(UTC), which was used" in said(path, "time.own-zone")


def test_sites_in_several_zones_beside_forms_in_utc(tmp_path):
    made = sound()
    site = {row["id"]: row["site"] for row in made.subjects}
    for row in made.scores:
        row["when"] = moved(ZONES[site[row["id"]]], "UTC", row["when"]).strftime("%Y-%m-%dT%H:%M")
    made.declared = 'timezone = "UTC"'
    path = written(tmp_path, made)
    assert found(read_study(path)) != truth(sound())
    declare(path, STUDY, by_site("timezone", ZONES))
    assert found(read_study(path)) == truth(sound())


def test_what_differs_by_site_needs_the_column_of_sites(tmp_path):
    path = written(tmp_path, sound())
    declare(path, STUDY, by_site("datetime_format", ORDERS))
    path.write_text(path.read_text("utf-8").replace('site = "site"\n', ""), "utf-8")
    with pytest.raises(ReliefError, match="by site needs site = ") as caught:
        read_study(path)
    assert caught.value.rule == "config.value"


@pytest.mark.parametrize("told", ['{ "1" = "Mars/Olympus" }', "{}", "3", '["UTC"]'])
def test_what_is_no_zone_is_one_sentence(tmp_path, told):
    path = written(tmp_path, sound())
    declare(path, STUDY, f"timezone = {told}")
    with pytest.raises(ReliefError, match=r"IANA|one for each site") as caught:
        read_study(path)
    assert caught.value.rule == "config.value"


def test_the_zone_that_a_survey_platform_names_is_not_passed_over(tmp_path):
    made = in_new_york()
    named = '{"ImportId":"when","timeZone":"%s"}'
    made.below = [["", named % "America/Detroit", *[""] * 20]]
    # The same moments by another name.
    assert found(read_study(written(tmp_path, made))) == truth(in_new_york())
    made.below[0][1] = named % "Mountain Time (US & Canada)"
    path = written(tmp_path, made)
    assert "not known here" in said(path, "time.header-zone-unknown")
    declare(path, "[[assessments]]", 'timezone = "America/New_York"')
    assert "time.header-zone-unknown" not in read(path).said
    made.below[0][1] = named % "Z"
    with pytest.raises(ReliefError, match=r'in UTC, which .* Declare timezone = "UTC"') as caught:
        read_study(written(tmp_path, made))
    assert caught.value.rule == "time.header-zone"
