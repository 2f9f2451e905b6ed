"""Rules about what else happened to people: consent withdrawn, rescue, unblinding, guesses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.checks.forms import SetAside
from analysis.rules import issue
from analysis.study import Study
from analysis.timeline import EFFICACY

__all__ = ["check_events", "without_late_guesses"]


def check_events(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    """Set forms after a withdrawn consent aside, and say what followed rescue or unblinding.

    ``study`` and ``forms`` are as in :func:`analysis.checks.forms.check_forms`; ``found`` takes
    what is found.
    """
    _withdrawn(study, forms, found)
    primary = (forms["instrument"] == study.design.primary) & forms["total"].notna()
    used = primary & forms["phase"].isin(EFFICACY)
    found.mention("event.rescue-before-score", forms, used & forms["rescued"])
    told = _times(study, "unblinded", forms["subject"])
    after = (forms["hours_low"] > told["hours_high"]).to_numpy()
    found.mention("event.unblinded-before-score", forms, used & after)


def _times(study: Study, event: str, subjects: pd.Series) -> pd.DataFrame:
    """Bounds of a person's first event of a kind, a row for each of ``subjects``."""
    bounds = ["hours_low", "hours_high"]
    of_kind = (study.events["event"] == event).to_numpy()
    if not of_kind.any():
        return pd.DataFrame(np.nan, subjects.index, bounds)
    own = study.events[of_kind].set_index("subject")[bounds].astype(float)
    return own.groupby(level=0).min().reindex(subjects).set_axis(subjects.index)


def _withdrawn(study: Study, forms: pd.DataFrame, found: SetAside) -> None:
    events = study.events[study.events["event"] == "consent-withdrawn"]
    people = events["subject"].nunique()
    if not people:
        return
    if study.design.after_withdrawal == "keep":
        found.issues.append(
            issue("subject.withdrawn-kept", count=people).about(people=events["subject"])
        )
        return
    found.issues.append(issue("subject.consent-withdrawn", count=people))
    told = _times(study, "consent-withdrawn", forms["subject"])
    has = forms["subject"].isin(events["subject"]).to_numpy()
    after = (forms["hours_low"] > told["hours_high"]).to_numpy()
    before = (forms["hours_high"] <= told["hours_low"]).to_numpy()
    found.drop("form.after-withdrawal", forms, after)
    found.mention("form.withdrawal-day", forms, has & ~after & ~before)


def without_late_guesses(study: Study, found: SetAside) -> Study:
    """The study without blinding guesses made after the person was told the treatment."""
    subjects = study.subjects
    unblinded = _times(study, "unblinded", subjects["subject"])
    guess = _times(study, "blinding-guess", subjects["subject"])
    guessed = subjects["blinding_guess"].notna().to_numpy()
    late = guessed & (guess["hours_high"] > unblinded["hours_low"]).to_numpy()
    silent = guessed & unblinded["hours_low"].notna().to_numpy()
    silent &= guess["hours_low"].isna().to_numpy()
    for rule, mask in (("guess.after-unblinding", late), ("guess.no-time", silent)):
        if mask.any():
            found.issues.append(issue(rule, count=int(np.sum(mask))))
    kept = subjects["blinding_guess"].mask(pd.Series(late, subjects.index))
    return replace(study, subjects=subjects.assign(blinding_guess=kept))
