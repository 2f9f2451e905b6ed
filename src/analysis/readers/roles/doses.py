"""Doses in mg and in mg/kg, and routes, from what the table of infusions declares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.config import SubjectTable, WeightTable
from analysis.readers.reading import Reading
from analysis.readers.table.text_table import TextTable

__all__ = ["doses", "plausible_weights", "routes"]

# Factor to mg, and whether the amount is for a kilogram of body weight.
_UNITS = {
    "mg": (1.0, False),
    "g": (1000.0, False),
    "ug": (0.001, False),
    "mcg": (0.001, False),
    "\N{MICRO SIGN}g": (0.001, False),
    "\N{GREEK SMALL LETTER MU}g": (0.001, False),
    "mg/kg": (1.0, True),
    "ug/kg": (0.001, True),
    "mcg/kg": (0.001, True),
    "\N{MICRO SIGN}g/kg": (0.001, True),
    "\N{GREEK SMALL LETTER MU}g/kg": (0.001, True),
}
# A rate is no dose until the infusion's length has been multiplied in, which nobody declared.
_RATE = r"/(?:h|hr|hour|min|minute|s)$"
_ROUTES = {
    "intravenous": ("intravenous", "iv", "i.v.", "intravenous route", "intravenous drip",
                    "intravenous infusion", "iv infusion", "47625008", "4171047"),
    "intramuscular": ("intramuscular", "im", "i.m.", "intramuscular route", "78421000", "4302612"),
    "intranasal": ("intranasal", "nasal", "in", "nasal route", "46713006", "4262914"),
    "subcutaneous": ("subcutaneous", "sc", "s.c.", "subcutaneous route", "34206005", "4142048"),
    "sublingual": ("sublingual", "sl", "sublingual route", "37839007", "4292110"),
    "oral": ("oral", "po", "p.o.", "oral route", "26643006", "4132161"),
}  # fmt: skip
_WORDS = {word: route for route, words in _ROUTES.items() for word in words}
_PLAUSIBLE_KG = (20.0, 350.0)
# Half of a group of adults never weigh more; in pounds most do.
_HEAVY_KG, _FEW = 125.0, 5


def routes(column: pd.Series) -> pd.Series:
    """Routes by one word each, from English words, SNOMED CT and OMOP codes.

    NaN where blank, ``other`` where the word is not known.
    """
    words = column.str.lower().str.strip()
    return words.map(_WORDS).where(words.isin(_WORDS), "other").mask(words == "")


def doses(reading: Reading, table: TextTable, people: pd.DataFrame) -> dict[str, np.ndarray]:
    """``dose_mg_per_kg`` and ``dose_mg`` of each infusion, NaN where they cannot be told.

    Milligrams are divided by the person's weight. A dose without a unit, in an unknown unit,
    or given as a rate is set aside and counted, never guessed.
    """
    spec = reading.config.infusions
    kg = table.column(spec.subject).map(_weights(reading, people)).to_numpy(float)
    nothing = np.full(len(table.cells), np.nan)
    if spec.dose_mg_per_kg is not None:
        per_kg = reading.number(table, spec.dose_mg_per_kg, spec, "doses")
        return {"dose_mg_per_kg": per_kg, "dose_mg": per_kg * kg}
    if spec.dose_mg is not None:
        mg = reading.number(table, spec.dose_mg, spec, "doses")
        column, by_weight = spec.dose_mg, np.zeros(len(mg), dtype=bool)
    elif spec.dose is not None and spec.dose_unit is not None:
        column = spec.dose
        amount = reading.number(table, column, spec, "doses")
        unit = table.column(spec.dose_unit).str.lower().str.replace(" ", "", regex=False)
        factors = unit.map({name: factor for name, (factor, _) in _UNITS.items()})
        by_weight = unit.isin([name for name, (_, per) in _UNITS.items() if per]).to_numpy()
        mg = amount * factors.to_numpy(float)
        told = ~np.isnan(amount)
        rate = told & unit.str.contains(_RATE, regex=True).to_numpy()
        blank = told & (unit == "").to_numpy()
        reading.note("dose.rate", table, rate, spec.dose_unit)
        reading.note("dose.no-unit", table, blank, spec.dose_unit)
        reading.note("dose.unknown-unit", table, told & np.isnan(mg) & ~rate & ~blank, column)
    else:
        return {"dose_mg_per_kg": nothing, "dose_mg": nothing.copy()}
    reading.note("dose.no-weight", table, ~np.isnan(mg) & ~by_weight & np.isnan(kg), column)
    return {
        "dose_mg_per_kg": np.where(by_weight, mg, mg / kg),
        "dose_mg": np.where(by_weight, mg * kg, mg),
    }


def _weights(reading: Reading, people: pd.DataFrame) -> pd.Series:
    """One plausible weight a person in kg: of several, the median, which is said."""
    spec = reading.config.weights
    own = people.set_index("id")["weight_kg"] if "weight_kg" in people else pd.Series(dtype=float)
    if spec is None:
        return own
    table = reading.known(reading.open(spec), spec.subject, people["id"], "weights")
    kg = plausible_weights(reading, table, spec)
    frame = pd.DataFrame({"id": table.column(spec.subject), "kg": kg})
    differs = frame.groupby("id")["kg"].transform("nunique").to_numpy() > 1
    reading.note("weight.several", table, differs, spec.weight_kg)
    return frame.groupby("id")["kg"].median().combine_first(own)


def plausible_weights(
    reading: Reading, table: TextTable, spec: SubjectTable | WeightTable
) -> np.ndarray:
    """Weights in kg; one that no adult has is set aside and counted."""
    column = str(spec.weight_kg)
    kg = reading.number(table, column, spec, "weights")
    low, high = _PLAUSIBLE_KG
    with np.errstate(invalid="ignore"):
        odd = (kg < low) | (kg > high)
    reading.note("weight.implausible", table, odd, column, low=f"{low:g}", high=f"{high:g}")
    pounds = _heavy(kg, np.zeros(len(kg)))
    if isinstance(spec, SubjectTable) and spec.site is not None:
        pounds = pounds | _heavy(kg, pd.factorize(table.category(spec.site))[0])
    reading.note("weight.pounds", table, pounds & ~np.isnan(kg), column, most=f"{_HEAVY_KG:g}")
    return np.where(odd, np.nan, kg)


def _heavy(kg: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Of whose group, everybody or a site, half weigh more than half of adults ever do."""
    by_group = pd.Series(kg).groupby(group)
    many = by_group.transform("count") >= _FEW
    return (many & (by_group.transform("median") > _HEAVY_KG)).to_numpy()
