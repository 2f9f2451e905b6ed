"""What the Study Data Tabulation Model says of its own rows: done or not, derived, planned.

SDTM Implementation Guide 3.4, CDISC 2021. Columns are as in a file of any format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.formats.cdisc.values import number_text
from analysis.readers.table.numbers import numbers
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["Rows", "prepare", "recall_hours_of", "recall_windows", "screen_failures"]

_DOMAINS = {
    "subjects": ("DM",), "infusions": ("EX", "EC"), "assessments": ("QS",), "weights": ("VS",),
    "rescue": ("CM",),
}  # fmt: skip
_DURATION = re.compile(
    r"[+-]?P(?=\d|T\d)(?:(?P<years>N)Y)?(?:(?P<months>N)M)?(?:(?P<weeks>N)W)?(?:(?P<days>N)D)?"
    r"(?:T(?=\d)(?:(?P<hours>N)H)?(?:(?P<minutes>N)M)?(?:(?P<seconds>N)S)?)?".replace(
        "N", r"\d{1,6}(?:[.,]\d{1,6})?"
    ),
    re.ASCII,
)
# Hours of each part. A month is 30 days, as in the past-month versions of the scales.
_HOURS = {
    "years": Decimal(8760), "months": Decimal(720), "weeks": Decimal(168), "days": Decimal(24),
    "hours": Decimal(1), "minutes": Decimal(1) / 60, "seconds": Decimal(1) / 3600,
}  # fmt: skip
# ISO 8601 as SDTM extends it: a hyphen stands for a part that is not known.
_HOLE = re.compile(r"^(\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2})?)?)?)(?:--|T-|:-).*$", re.ASCII)
_ZERO = Decimal(0)
_DATE_LENGTH = len("2025-03-04")
_NO_ARM = ("SCRNFAIL", "NOTASSGN", "SCREEN FAILURE", "NOT ASSIGNED")


@dataclass
class Rows:
    """Rows that are sifted by the conventions of a standard; every finding is counted."""

    table: TextTable
    issues: list[Issue] = field(default_factory=list)

    def told(self, name: str) -> pd.Series:
        """A column, blank where the file has none, as a standard allows."""
        if name in self.table.cells:
            return self.table.column(name).astype("str")
        return pd.Series("", index=self.table.cells.index, dtype="str")

    def found(self, rule: str, mask: np.ndarray, column: str | None = None) -> None:
        """Record a finding about the rows of a mask, if there are any."""
        self.issues += self.table.note(rule, mask, column)

    def set_aside(self, rule: str, mask: np.ndarray, column: str | None = None) -> None:
        """Take the rows of a mask out, and count them."""
        self.found(rule, mask, column)
        if mask.any():
            self.table = self.table.pick(~mask)

    def write(self, name: str, values: pd.Series | np.ndarray) -> None:
        """Give a column other cells."""
        cells = self.table.cells.assign(**{name: np.asarray(values, dtype=object)})
        self.table = replace(self.table, cells=cells.astype({name: "str"}))

    def finished(self, before: TextTable) -> TextTable:
        """The rows left, with what was found before and since."""
        return replace(self.table, issues=(*before.issues, *self.issues))


def recall_hours_of(text: str) -> float | None:
    """Hours of an evaluation interval.

    Parameters
    ----------
    text : str
        An ISO 8601 duration such as ``-P2W``, ``P1M`` or ``-PT24H``; the sign tells that it
        lies before the assessment, as every window of recall does.

    Returns
    -------
    float or None
        A month counts 720 hours and a year 8760. None where the text is no duration.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    told = ((part, amount) for part, amount in match.groupdict().items() if amount)
    hours = sum((Decimal(amount.replace(",", ".")) * _HOURS[part] for part, amount in told), _ZERO)
    return round(float(hours), 6)


def recall_windows(rows: Rows) -> None:
    """Write QSEVLINT in hours; intervals in words or beyond reading stay blank and are flagged."""
    interval, words = rows.told("QSEVLINT"), rows.told("QSEVINTX")
    hours = interval.map({text: recall_hours_of(text) for text in interval.unique()}).astype(float)
    told = (interval != "").to_numpy()
    rows.found("recall.no-duration", told & hours.isna().to_numpy(), "QSEVLINT")
    rows.found("recall.in-words", ~told & (words != "").to_numpy(), "QSEVINTX")
    if "QSEVLINT" in rows.table.cells:
        rows.write("QSEVLINT", number_text(hours.to_numpy()))


def screen_failures(rows: Rows, arms: Iterable[str], reason: str) -> None:
    """Set people aside who never were assigned to an arm, and of whom the file says so."""
    never, armless = np.zeros(len(rows.table.rows), bool), np.ones(len(rows.table.rows), bool)
    for name in arms:
        never |= rows.told(name).str.upper().isin(_NO_ARM).to_numpy()
        armless &= (rows.told(name) == "").to_numpy()
    never |= armless & (rows.told(reason) != "").to_numpy()
    rows.set_aside("subject.not-assigned", never)


def prepare(table: TextTable, role: str) -> TextTable:
    """Apply SDTM's own conventions to the rows of one domain.

    Parameters
    ----------
    table : TextTable
        A domain: DM, EX or EC, QS, VS, or CM.
    role : str
        ``subjects``, ``infusions``, ``assessments``, ``weights`` or ``rescue``.

    Returns
    -------
    TextTable
        What was done and observed. QSSTRESN holds the result, as collected where there is
        none in standard units; QSEVLINT the window of recall in hours; columns of EC are
        found under the names of EX too. Dates end where a part of them is not known.

    Raises
    ------
    ReliefError
        ``sdtm.no-domain``, ``sdtm.wrong-domain``, ``sdtm.mixed-domains`` or
        ``weight.unit``.
    """
    rows = Rows(table)
    domain = _domain(rows, role)
    _dates(rows)
    _not_done(rows, domain)
    if role == "subjects":
        screen_failures(rows, ("ARM", "ARMCD"), "ARMNRS")
        planned, actual = rows.told("ARM"), rows.told("ACTARM")
        both = (planned != "") & (actual != "")
        rows.found("sdtm.arm-differs", (both & (planned != actual)).to_numpy(), "ACTARM")
    elif role == "infusions":
        _infusions(rows, domain)
    elif role == "assessments":
        _results(rows)
        rows.found("sdtm.derived", (rows.told("QSDRVFL") == "Y").to_numpy(), "QSDRVFL")
        recall_windows(rows)
        _planned_only(rows, "QSTPT", "QSDTC")
    elif role == "weights":
        _weights(rows)
    return rows.finished(table)


def _domain(rows: Rows, role: str) -> str:
    """The domain of all rows, which must be one that can play the role."""
    wanted, file = _DOMAINS[role], rows.table.file
    if "DOMAIN" not in rows.table.cells:
        raise refusal("sdtm.no-domain", file=file, wanted=" or ".join(wanted))
    domains = rows.told("DOMAIN")
    wrong = ~domains.isin(wanted).to_numpy()
    if wrong.any():
        row = rows.table.first_row(wrong)
        wanted_text = " or ".join(wanted)
        raise refusal(
            "sdtm.wrong-domain", file=file, row=row, column="DOMAIN", wanted=wanted_text, role=role
        )
    if domains.nunique() > 1:
        raise refusal("sdtm.mixed-domains", file=file, column="DOMAIN")
    return str(domains.iloc[0])


def _dates(rows: Rows) -> None:
    """End a date before the first part of it that is not known."""
    for name in [name for name in rows.table.cells if str(name).endswith("DTC")]:
        told = rows.told(str(name))
        holes = told.str.match(_HOLE).to_numpy(bool)
        if holes.any():
            rows.found("time.holes", holes, str(name))
            rows.write(str(name), told.str.replace(_HOLE, r"\1", regex=True))


def _not_done(rows: Rows, domain: str) -> None:
    status, occurred = f"{domain}STAT", f"{domain}OCCUR"
    rows.set_aside(
        "sdtm.not-done", (rows.told(status).str.upper() == "NOT DONE").to_numpy(), status
    )
    rows.set_aside(
        "sdtm.not-occurred", (rows.told(occurred).str.upper() == "N").to_numpy(), occurred
    )


def _infusions(rows: Rows, domain: str) -> None:
    mood = f"{domain}MOOD"
    planned = rows.told(mood).str.upper().isin(["SCHEDULED", "PLANNED"]).to_numpy()
    rows.set_aside("sdtm.scheduled", planned, mood)
    if domain == "EC":
        for name in ("TRT", "DOSE", "DOSU", "ROUTE", "STDTC", "ENDTC", "TPT"):
            if f"EC{name}" in rows.table.cells:
                rows.write(f"EX{name}", rows.told(f"EC{name}"))
    # A placebo's dose may be 0 throughout; 0 of what others were given is nothing given.
    dose, agent = numbers(rows.told("EXDOSE"))[0], rows.told("EXTRT").str.upper()
    active = agent.isin(agent[dose > 0]) | agent.str.contains("KETAMIN")
    rows.set_aside("sdtm.dose-zero", (dose == 0) & active.to_numpy(), f"{domain}DOSE")
    _planned_only(rows, "EXTPT", "EXSTDTC")


def _planned_only(rows: Rows, point: str, time: str) -> None:
    """A planned time point is no time: the date beside it stays a date."""
    date_only = (rows.told(point) != "") & (rows.told(time).str.len() <= _DATE_LENGTH)
    rows.found("time.planned-only", date_only.to_numpy(), time)


def _results(rows: Rows) -> None:
    """Fill a blank QSSTRESN with the number of the standardised text, else as collected."""
    result = rows.told("QSSTRESN")
    number = numbers(result)[0]
    for name in ("QSSTRESC", "QSORRES"):
        told = rows.told(name)
        other = numbers(told)[0]
        known = ~np.isnan(number) & ~np.isnan(other)
        rows.found("sdtm.results-differ", known & (number != other), name)
        fill = (result == "").to_numpy() & ~np.isnan(other)
        rows.found("sdtm.result-from-text", fill, name)
        result, number = result.mask(fill, told), np.where(fill, other, number)
    rows.write("QSSTRESN", result)


def _weights(rows: Rows) -> None:
    """Weights alone, in the standard unit; pounds were converted by whoever made the file."""
    weighed = (rows.told("VSTESTCD") == "WEIGHT").to_numpy()
    rows.table = rows.table.pick(weighed)
    told = (rows.told("VSSTRESN") != "").to_numpy()
    other = told & (rows.told("VSSTRESU").str.lower() != "kg").to_numpy()
    if other.any() or not weighed.any():
        rule = "weight.unit" if weighed.any() else "weight.none"
        raise refusal(rule, file=rows.table.file, column="VSSTRESU" if other.any() else "VSTESTCD")
