"""Which window and form a table is about, where a reader has not chosen."""

from __future__ import annotations

import pytest

from analysis.describe import chosen
from analysis.studies import opened
from tests.designs import write_design


def case(tmp_path, name, **changes):
    return opened(str(write_design(tmp_path, name, **changes)))[0]


def test_hours_decide_where_the_form_asks_about_now(tmp_path):
    assert chosen.decides(case(tmp_path, "many sites")) == "hours"


def test_a_form_that_looks_back_leaves_it_to_a_later_window(tmp_path):
    own = case(tmp_path, "week forms only")
    assert chosen.why_not_hours(own) == "The scale asks about time before the infusion too."
    assert chosen.decides(own) == "day"


def test_nobody_scored_afterwards_is_said(tmp_path):
    own = case(tmp_path, "single arm", visits=(40.0,))
    with pytest.raises(ValueError, match="No window after the infusion holds PCL-5-now scores"):
        chosen.decides(own)
    with pytest.raises(ValueError, match="No window after the infusion"):
        chosen.last_window(own)


def test_the_form_with_a_reliable_change_is_taken_at_its_last_visit(tmp_path):
    own = case(tmp_path, "many sites")
    found = chosen.form_with_reliable_change(own)
    assert (found.instrument, found.version, found.window) == ("PCL-5", "past-week", "day_7")
    assert chosen.form_that_looks_back(own).form() == found.form()


def test_no_form_with_a_reliable_change_is_said(tmp_path):
    with pytest.raises(ValueError, match="No PTSD scale with a published or decl"):
        chosen.form_with_reliable_change(case(tmp_path, "single arm"))
