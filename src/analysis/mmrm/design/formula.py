"""Formulas as text: what they name, and what they may not hold."""

from __future__ import annotations

import re
from typing import Any

# The value of an expression on the rows: its text, whether coded with one level less, its field.
AtomKey = tuple[str, bool, str]

NAME = r"[^\W\d]\w*(?!\w|\s*\(|\s*=(?!=)|\.)"


def parse(formula: str) -> Any:
    """The parsed formula.

    Raises
    ------
    ValueError
        When it cannot be read, has no outcome or no term, holds an offset or random effects, or
        names columns in a way that is not read: by backticks, or all of them by a dot.
    """
    if not isinstance(formula, str):
        raise ValueError(
            f"The formula must be text such as 'y ~ arm * visit', not a {type(formula).__name__}."
        )
    for sign, what in ((r"\boffset\s*\(", "An offset"), (r"\|", "A random effect")):
        if re.search(sign, formula):
            raise ValueError(
                f"{what} in the formula '{formula}' is not part of this model: the covariance "
                "is chosen by covariance=, and a known shift is subtracted from the outcome."
            )
    if "`" in formula or re.search(r"(?<![\w.)\]])\.(?!\w)", formula):
        raise ValueError(
            f"The formula '{formula}' names columns by backticks or by a dot: rename a column "
            "that is not a plain word, and write out every term."
        )
    # formulaic takes as long to import as NumPy: only when there is a formula to read.
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
    except FormulaicError as error:
        raise ValueError(f"The formula '{formula}' cannot be read: {first_line(error)}") from error
    if not hasattr(parsed, "lhs") or not hasattr(parsed, "rhs"):
        raise ValueError(f"The formula '{formula}' must read 'outcome ~ terms'.")
    if not len(parsed.rhs) or not formula.split("~", 1)[1].strip():
        raise ValueError(f"The formula '{formula}' has no term: write 'outcome ~ 1' for a mean.")
    return parsed


def variables_of(text: str, columns: Any, also: Any = ()) -> tuple[str, ...]:
    """Columns that an expression names; formulaic misses those inside ``bs(x, df=4)``."""
    inside = [name for name in re.findall(NAME, text) if name in columns]
    return tuple(sorted({*(str(name) for name in also), *inside}))


def only_in_c(text: str) -> set[str]:
    """Names that occur as ``C(name)`` and nowhere else: factors, also where they hold numbers."""
    inside = re.findall(rf"\bC\(\s*({NAME})\s*[,)]", text)
    outside = re.findall(NAME, re.sub(rf"\bC\(\s*{NAME}\s*[,)]", "", text))
    return set(inside) - set(outside)


def first_line(error: Exception) -> str:
    """What formulaic says, without its drawing of the place."""
    return str(error).strip().split("\n")[0]
