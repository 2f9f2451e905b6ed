"""The choices of a field, as a data dictionary writes them: ``code, label | code, label``.

PyCap hands them on as this one text.
"""

from __future__ import annotations

import html
import re

from analysis.rules import refusal

__all__ = ["parse_choices", "plain"]

_FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_TAG = re.compile(r"</?[A-Za-z][^>]*>")


def plain(label: str) -> str:
    """A label as an export shows it: without markup, white space as single blanks."""
    return " ".join(html.unescape(_TAG.sub("", label)).split())


def parse_choices(text: str, kind: str, *, file: str, field: str) -> dict[str, str]:
    """Codes and labels of a field; none where its kind has no choices.

    Parameters
    ----------
    text : str
        The dictionary's column of choices.
    kind : str
        The field's type, such as ``radio``; ``yesno`` and ``truefalse`` have fixed choices.
    file, field : str
        For the message.

    Raises
    ------
    ReliefError
        ``redcap.choices`` for choices that are no ``code, label | code, label``.
    """
    if kind in _FIXED:
        return dict(_FIXED[kind])
    if kind not in ("radio", "dropdown", "checkbox"):
        return {}
    choices: dict[str, str] = {}
    for entry in filter(str.strip, text.split("|")):
        code, comma, label = entry.partition(",")
        code = code.strip()
        if not comma or not code or code in choices:
            raise refusal("redcap.choices", file=file, field=field)
        choices[code] = plain(label)
    return choices
