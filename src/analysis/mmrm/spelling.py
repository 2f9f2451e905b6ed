"""Words and formulas of R and SAS: taken where they mean one thing, else answered by a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["in_our_words", "refuse_covariance_in_formula", "refuse_names_with_dots"]

SAME = {
    "covariance": {
        "un": "us",
        "unstructured": "us",
        "ar(1)": "ar1",
        "arh(1)": "ar1h",
        "ante(1)": "adh",
        "sp(exp)": "sp_exp",
    },
    "df": {"kenward-roger-linear": "kenward-roger"},
    "vcov": {"asymptotic": "model", "empirical": "CR0", "empirical-jackknife": "CR3"},
}
# What one word means elsewhere and another here, or another argument here.
OTHER = {
    ("df", "Kenward-Roger"): "R's 'Kenward-Roger' uses second derivatives: write "
    "df='kenward-roger-original', or df='kenward-roger' for what R calls Kenward-Roger-Linear.",
    ("vcov", "Empirical-Bias-Reduced"): "R's mmrm takes another square root: write vcov='CR2' for "
    "that of clubSandwich, which differs by up to 6 % at 16 people.",
    ("vcov", "Kenward-Roger"): "The adjusted covariance comes with the degrees of freedom: write "
    "df='kenward-roger-original'.",
    ("vcov", "Kenward-Roger-Linear"): "The adjusted covariance comes with the degrees of freedom: "
    "write df='kenward-roger'.",
}
DEGREES = ("Satterthwaite", "Kenward-Roger", "Kenward-Roger-Linear", "Between-Within", "Residual")
TERM = re.compile(
    r"[-+]?\s*\b(?P<kind>us|toeph?|ar1h?|csh?|adh?|sp_exp)\s*\(\s*(?P<visit>[\w.,\s]+?)\s*\|"
    r"\s*(?:(?P<group>[\w.]+)\s*/\s*)?(?P<subject>[\w.]+)\s*\)"
)


def in_our_words(argument: str, value: Any, allowed: Sequence[str]) -> str:
    """The option that a word of R or SAS, or another case of a letter, means.

    Raises
    ------
    ValueError
        When it means none, or something else there; with the line to write.
    """
    if value in allowed:
        return str(value)
    if argument == "method" and value in DEGREES:
        raise ValueError(
            f"method is what is maximised, reml or ml: write df= for '{value}', "
            "as in df='kenward-roger'."
        )
    if isinstance(value, str) and (argument, value) in OTHER:
        raise ValueError(OTHER[argument, value])
    word = str(value).strip().casefold()
    found = {name.casefold(): name for name in allowed} | SAME.get(argument, {})
    if word not in found:
        raise ValueError(f"{argument} must be one of {', '.join(allowed)}, not '{value}'.")
    return found[word]


def refuse_covariance_in_formula(formula: Any) -> None:
    """Answer ``us(visit | id)`` in a formula, as R's mmrm has it, by the call to write.

    Raises
    ------
    ValueError
    """
    found = TERM.search(formula) if isinstance(formula, str) else None
    if found is None:
        return
    rest = re.sub(r"~\s*\+\s*", "~ ", TERM.sub("", formula, count=1)).strip()
    rest = f"{rest} 1" if rest.endswith("~") else rest
    *times, visit = [name.strip() for name in found["visit"].split(",")]
    if found["kind"] == "sp_exp":
        times, visit = [*times, visit], "..."
    words = f"subject='{found['subject']}', visit='{visit}', covariance='{found['kind']}'"
    if found["group"]:
        words += f", group='{found['group']}'"
    if times:
        words += f", time={times}"
    raise ValueError(
        f"The covariance '{found[0].lstrip('+ ')}' is no term of the formula here: write "
        f"mmrm('{rest}', data, {words})."
    )


def refuse_names_with_dots(formula: Any, columns: Any) -> None:
    """Answer a column such as ``base.line``, which a formula reads as an attribute, by the lines.

    Raises
    ------
    ValueError
    """
    words = (
        re.findall(r"(?<![\w.])[^\W\d]\w*(?:\.\w+)+", formula) if isinstance(formula, str) else ()
    )
    dotted = [name for name in dict.fromkeys(words) if name in list(columns)]
    if not dotted:
        return
    names = {name: name.replace(".", "_") for name in dotted}
    for name, plain in names.items():
        formula = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", plain, formula)
    raise ValueError(
        f"A name with a dot ({', '.join(dotted)}) is no plain word in a formula: write "
        f"data = data.rename(columns={names}) and '{formula}'."
    )
