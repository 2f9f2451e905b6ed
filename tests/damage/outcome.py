"""What comes of a damaged study: the truth, a finding that names the damage, or silence."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from analysis.checks import check
from analysis.errors import Issue, ReliefError
from analysis.readers.assemble import read_study
from analysis.rules import catalogue
from analysis.study import Study
from tests.damage.damages import DAMAGES, Damage
from tests.damage.made import Made, Result, made_up, truth
from tests.damage.written import WRITERS

TRUE, NAMED, STOPPED, SILENT = "true", "named", "stopped by another rule", "silent"
WARNS = ("STOP", "FLAG")
# What people lose now and then in a sound study too.
OF_LOSS = frozenset((
    "score.lost-baseline", "score.lost-within-hours", "baseline.of-another-visit",
))  # fmt: skip
CERTAIN = frozenset(catalogue()) - OF_LOSS
# Rules that look at whether a whole study is plausible; sound ones should raise none of them.
NEW = frozenset((
    "time.shifted", "time.half-day-off", "time.seems-shifted", "time.no-afternoon",
    "time.at-night", "time.weekend", "time.other-epoch", "time.epoch", "time.swapped",
    "time.other-order", "time.zone-word", "time.in-words", "time.midnight", "time.looks-nominal",
    "time.half-day-lost", "time.distant", "time.seems-swapped", "time.of-entry", "omop.midnight",
    "omop.date-differs",
    "item.words", "item.options", "item.codes-gap", "item.codes-outside", "item.one-too-low",
    "item.base-differs-by-site", "score.coding-base",
    "score.undeclared-code", "score.mean-for-sum", "score.older-totals", "score.same-change",
    "score.direction", "form.sent-twice", "form.conflicting", "form.copied-forward",
    "time.zone-differs", "time.header-zone", "time.header-zone-differs", "score.means-of-few",
    "form.straight-lined", "form.rows-missing", "subject.unmatched", "subject.zeros", "dose.unit",
    "weight.pounds", "column.lengths", "time.zone-differs", "time.header-zone",
    "time.header-zone-differs", "time.header-zone-unknown", "time.site-without", "arm.empty",
    "arm.not-rated", "item.blank-for-lowest", "score.means-of-few", "score.of-nobody",
    "subject.zeros",
))  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """One damaged study: how it can be made again, and what came of it."""

    seed: int
    damage: Damage
    format: str
    zone: str
    word: str
    rules: frozenset[str]

    def __str__(self) -> str:
        said = ", ".join(sorted(self.rules)) or "nothing"
        return f"{self.damage.kind}: {self.damage.what} ({self.format}, {self.zone}): {said}"


def found(study: Study) -> Result:
    """What was read, in the words of :func:`tests.damage.made.truth`."""
    arm = study.subjects.set_index("subject")["arm"].astype("str")
    live = study.subjects.loc[~study.subjects["subject"].isin(list(study.set_aside)), "subject"]
    (items,) = study.items.values()
    forms = study.assessments.assign(total=items.reindex(study.assessments["form"]).sum(
        axis=1, skipna=False).to_numpy())  # fmt: skip
    forms = forms[forms["total"].notna() & forms["subject"].isin(live)]
    given = study.infusions[study.infusions["subject"].isin(live)]
    lengths = given["end_hours"] - given["start_hours"]
    return (
        _rows(forms["subject"].map(arm), forms["hours_low"], forms["total"]),
        _rows(given["subject"].map(arm), lengths, given["dose_mg_per_kg"]),
    )


def _rows(arms: np.ndarray, *values: np.ndarray) -> list[tuple[str, float, float]]:
    one, other = (np.asarray(value, float) for value in values)
    return sorted(zip(map(str, arms), one.round(2).tolist(), other.tolist(), strict=True))


def of_seed(seed: int) -> Outcome | None:
    """Damage the study of a seed, read it, and see; None where it has nothing to damage."""
    random = Random(seed)
    sound = made_up(random)
    damage = random.choice(DAMAGES)
    form = random.choice(damage.formats)
    made = sound.copy()
    if damage.do(made, random) is False:
        return None
    result, told = _read(made, form, truth(sound), damage.named)
    rules = frozenset(told)
    if result == truth(sound):
        word = TRUE
    elif not rules & damage.named:
        word = STOPPED if result is None else SILENT
    elif rules & damage.named & CERTAIN:
        word = NAMED
    else:
        # People may have lost a form anyway: more of them must be told than in the sound study.
        before = _read(sound, form, None, frozenset())[1]
        more = {rule for rule in rules & damage.named if told[rule] > before[rule]}
        word = NAMED if more else SILENT
    return Outcome(seed, damage, form, made.zone, word, rules)


def _read(
    made: Made, form: str, true: Result | None, named: frozenset[str]
) -> tuple[Result | None, Counter[str]]:
    """What is read, None where it is refused; what is said, with how often."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            study = read_study(WRITERS[form](Path(folder), made))
            result, told = found(study), warnings(study.issues)
            # Checks take as long as reading: they are asked where nothing is decided by then.
            if result != true and not set(told) & named & CERTAIN:
                told += warnings(check(study).issues)
        except ReliefError as error:
            return None, Counter((error.rule,))
    return result, told


def warnings(issues: Iterable[Issue]) -> Counter[str]:
    """How many people, forms or rows each rule that stops or flags is about."""
    told: Counter[str] = Counter()
    for one in issues:
        if one.severity in WARNS:
            told[one.rule] += one.count
    return told
