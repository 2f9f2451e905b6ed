"""Column names that announce direct identifiers, and identifiers that look like the same person."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.rules import refusal

__all__ = ["alike", "refuse_identifiers"]

# Words of a header that name a direct identifier (after 45 CFR 164.514(b)(2)), and words that
# may stand around them. A header is refused when it consists of nothing else, so that
# `firstName` and `telephone_1` are, and `instrument_name` and `address_fear` are not.
_KEY = (
    r"(?:names?|initials|surname|forename|vorname|nachname|nombre|apellidos?|prenom"
    r"|dob|date(?:of)?birth|birth(?:date|day)|geburtsdatum|fechadenacimiento"
    r"|emails?|mail|telephones?|telefon|phones?|mobile|fax|whatsapp"
    r"|ssn|socialsecurity|mrn|medicalrecord|hospitalnumber|nhs|nhsnumber|passport|medicare"
    r"|address|adresse|street|zip|postcode|postalcode|ipaddress|licen[cs]e)"
)
_AROUND = (
    r"(?:patients?|subjects?|participants?|clients?|persons?|users?|pt|first|last|middle|full"
    r"|maiden|given|family|nick|legal|preferred|mothers?|fathers?|contact|emergency|spouse"
    r"|partner|kin|home|work|cell|primary|secondary|mailing|billing|of|the|line|number|no|code"
    r"|text|raw|ip|postal|street|mail|email|and|or)"
)
_IDENTIFYING = re.compile(rf"{_AROUND}{{0,5}}{_KEY}{_AROUND}{{0,5}}")
_LONGEST_NAME = 60


def _identifies(name: str) -> bool:
    # Joined letters: camelCase, snake_case and spaces come down to one spelling.
    joined = re.sub(r"[^a-z]+", "", name.lower())
    return len(joined) <= _LONGEST_NAME and _IDENTIFYING.fullmatch(joined) is not None


def refuse_identifiers(header: list[str], file: str) -> None:
    """Refuse a table whose header names a direct identifier.

    Columns are told by their position: in a file without a header the first row holds
    values.

    Raises
    ------
    ReliefError
        ``identifier.column``, naming the positions, never what is in them.
    """
    found = [number for number, name in enumerate(header, 1) if _identifies(name)]
    if found:
        more = " and more" if len(found) > 5 else ""
        columns = ", ".join(map(str, found[:5])) + more
        raise refusal("identifier.column", file=file, row=1, columns=columns)


def _plain(identifiers: pd.Series) -> pd.Series:
    """Identifiers without case, punctuation and leading zeros."""
    bare = identifiers.str.lower().str.replace(r"[\W_]+", "", regex=True)
    return bare.str.replace(r"(^|[^0-9])0+(?=[0-9])", r"\1", regex=True)


def alike(identifiers: pd.Series, others: pd.Series | None = None) -> np.ndarray:
    """Identifiers that may be one person written differently.

    ``KPE008``, ``kpe-008`` and ``8`` look alike. Nobody is merged for it.

    Parameters
    ----------
    identifiers : Series of str
    others : Series of str, optional
        Compare with these instead of with each other.

    Returns
    -------
    ndarray of bool, one an identifier
    """
    own = _plain(identifiers)
    base = own if others is None else _plain(others)
    number = own.where(own.str.fullmatch(r"[0-9]+"))
    tail = base.str.extract(r"[^0-9]([0-9]+)$")[0]
    if others is not None:
        return (own.isin(base) | (number.notna() & number.isin(tail.dropna()))).to_numpy()
    same = own.duplicated(keep=False)
    numbered = number.notna() & number.isin(tail.dropna())
    named = tail.notna() & tail.isin(number.dropna())
    return (same | numbered | named).to_numpy()
