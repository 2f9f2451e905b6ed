"""One look through all that a notebook holds: sources, outputs of every kind, metadata."""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.claims.ledger import FOR_THE_TEAM, TEAM
from analysis.disclosure.notebooks.identities import Identities
from analysis.disclosure.notebooks.person_columns import names_a_person, of_one_person
from analysis.disclosure.notebooks.shown_tables import (
    ShownTable,
    tables_in_html,
    tables_in_text,
    tables_in_values,
    value_of,
    values_in,
)

__all__ = ["TEAM_HEADING", "holds_team_view", "team_view", "tells_of_people"]

# What heads pages and notebooks of the team's view; the first words alone, however they are set.
TEAM_HEADING = FOR_THE_TEAM.partition(";")[0]
_TEAM_JSON = re.compile(r"""['"]view['"]\s*:\s*['"]team['"]""")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TAG = re.compile(r"<[^<>]*>")
_MOMENT = re.compile(r"\b(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d")
# Columns of results: a table that has one is about groups, however many rows it has.
_RESULTS = frozenset(
    """
    ci_high ci_low count counts df estimate estimates lower mean median n n_per_arm p p_value
    participants patients people rate sd se share shares statistic subjects trials upper
    """.split()
)
_CODE = re.compile(r"([^\W\d_]{0,8})[-_. ]?\d+(?:[-_.]\d+)*")
# Codes that number something else than people.
_OTHERS = frozenset(
    "bdi block cadss caps day days esi group h hour iesr infusion item item madrs month period pcl "
    "phq q qids row session site step visit wave week window world year".split()
)
_NUMBER = re.compile(r"[-−+]?[\d.]+(?:e[-+]?\d+)?|nan|NaN|None|<NA>")
# Totals and their changes are whole or half points; means and intervals are not.
_SCORE = re.compile(r"[-−]?\d+(?:\.[05]0*)?|nan|NaN|None|<NA>")


@dataclass(frozen=True)
class _Shown:
    """One piece of a notebook: where it stands, of what kind it is, and what it holds."""

    where: str
    kind: str
    content: Any


def tells_of_people(
    notebook: Mapping[str, Any], studies: Iterable[Identities] = ()
) -> Iterator[str]:
    """What in a notebook tells of one person, a sentence each; values are never repeated.

    Looked through are sources, attachments, metadata of cells, outputs and the notebook
    (alternative texts, state of widgets), texts inside PNG files, and outputs of every kind.

    Parameters
    ----------
    notebook : mapping
        As nbformat 4 reads it.
    studies : iterable of Identities
        Of the studies it was run on.
    """
    known = tuple(studies)
    for shown in _shown(notebook):
        yield from (f"{shown.where} {what}" for what in dict.fromkeys(_found(shown, known)))


def team_view(notebook: Mapping[str, Any]) -> Iterator[str]:
    """Where a notebook holds the team's view, which is not to be passed on."""
    for shown in _shown(notebook):
        content = shown.content
        text = content if isinstance(content, str) else json.dumps(content, default=str)
        if holds_team_view(text):
            yield f"{shown.where} holds the study team's view"


def holds_team_view(text: str) -> bool:
    """Whether a text, page or JSON is the team's view of real people, however it is written.

    What the project comes with is published or made up: its JSON passes whatever the view.
    """
    words = " ".join(re.sub(r"[`*_]", "", _TAG.sub("", text)).split()).casefold()
    if TEAM_HEADING.casefold() in words:
        return True
    if not _TEAM_JSON.search(text):
        return False
    value = value_of(text.strip())
    return value is None or _for_the_team(value)


def _for_the_team(value: Any) -> bool:
    if isinstance(value, Mapping):
        for_all = value.get("synthetic") is True or value.get("study") in ("published", "nimh")
        own = value.get("view") == TEAM and not for_all
        return own or any(map(_for_the_team, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_for_the_team, value))


# --- all that a notebook holds --------------------------------------------------------------


def _shown(notebook: Mapping[str, Any]) -> Iterator[_Shown]:
    yield _Shown("the notebook's metadata", "strings", notebook.get("metadata", {}))
    code = 0
    for number, cell in enumerate(notebook["cells"], start=1):
        of_code = cell["cell_type"] == "code"
        code += of_code
        where = f"code cell {code}" if of_code else f"cell {number}"
        yield _Shown(where, "source" if of_code else "text", _joined(cell["source"]))
        yield _Shown(f"the metadata of {where}", "strings", cell.get("metadata", {}))
        for name, media in cell.get("attachments", {}).items():
            yield _Shown(f"an attachment of {where}", "strings", name)
            yield from _of_media(f"an attachment of {where}", media)
        for output in cell.get("outputs", []):
            yield from _of_output(f"an output of {where}", output)


def _of_output(where: str, output: Mapping[str, Any]) -> Iterator[_Shown]:
    yield _Shown(f"the metadata of {where}", "strings", output.get("metadata", {}))
    told = [output.get(name, "") for name in ("text", "ename", "evalue", "traceback")]
    yield _Shown(where, "text", "\n".join(_joined(part, "\n") for part in told))
    yield from _of_media(where, output.get("data", {}))


def _of_media(where: str, data: Mapping[str, Any]) -> Iterator[_Shown]:
    for media, content in data.items():
        lines = isinstance(content, list) and all(isinstance(line, str) for line in content)
        if media.endswith("json"):
            yield _Shown(where, "values", content)
        elif isinstance(content, str) or lines:
            yield _of_text(where, media, _joined(content))
        else:
            yield _Shown(where, "values", content)


def _of_text(where: str, media: str, text: str) -> _Shown:
    if media == "text/html" or media.endswith("+xml"):
        return _Shown(where, "html", text)
    if media.startswith("text/") or media == "application/javascript":
        return _Shown(where, "text", text)
    if media == "image/png":
        return _Shown(f"the picture in {where}", "strings", _texts_of_png(text))
    return _Shown(where, "unread", media)


@functools.lru_cache(64)
def _texts_of_png(text: str) -> dict[str, str]:
    """What a PNG file says of itself in words; a broken one says nothing."""
    from PIL import Image  # slow to import

    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            image.load()  # texts may stand behind the pixels
            return {str(key): str(value) for key, value in image.info.items()}
    except (OSError, SyntaxError, ValueError):
        return {}


def _joined(source: Any, by: str = "") -> str:
    return source if isinstance(source, str) else by.join(map(str, source))


# --- what is found in it --------------------------------------------------------------------


def _found(shown: _Shown, studies: tuple[Identities, ...]) -> Iterator[str]:
    if shown.kind == "unread":
        yield f"is {shown.content}, which cannot be looked into"
        return
    for text in _texts(shown):
        if any(study.named_in(text) for study in studies):
            yield "holds the identifier of a person"
        if of_one_person(text):
            yield "speaks of one person by number"
        if _MOMENT.search(text):
            yield "holds a date with its time of day"
    for table in _tables(shown):
        yield from _of_table(table, studies)


def _texts(shown: _Shown) -> Iterator[str]:
    if shown.kind in ("strings", "values"):
        yield from _strings(shown.content)
    elif shown.kind == "html":
        # Attributes tell too; what stands in two cells is no sentence.
        yield html.unescape(_TAG.sub("\n", shown.content))
        yield "\n".join(
            html.unescape(tag) for tag in set(_TAG.findall(shown.content)) if "=" in tag
        )
    else:
        yield _ANSI.sub("", shown.content)


def _strings(value: Any) -> Iterator[str]:
    """All texts of a nested value, names of keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def _tables(shown: _Shown) -> Iterator[ShownTable]:
    if shown.kind == "html":
        yield from tables_in_html(shown.content)
    elif shown.kind == "text":
        text = _ANSI.sub("", shown.content)
        yield from tables_in_text(text)
        for value in values_in(text):
            yield from tables_in_values(value)
    elif shown.kind == "values":
        yield from tables_in_values(shown.content)


def _of_table(table: ShownTable, studies: tuple[Identities, ...]) -> Iterator[str]:
    named = next((name for name in table.header if names_a_person(name)), None)
    if named is not None:
        yield f"has a table with the column {named}, one row a person"
        return
    lists = [table.header, table.header[1:], *table.columns()]
    if any(study.listed_in(labels) for study in studies for labels in lists):
        yield "has a table that lists the identifiers of people"
    elif any(_as_many(table, study) for study in studies):
        yield "has as many rows or values as there are people in the study, or in an arm"


def _as_many(table: ShownTable, study: Identities) -> bool:
    """Whether a table seems to hold a row for everyone in the study, or in an arm."""
    if any(word in _RESULTS for name in table.header for word in name.casefold().split()):
        return False
    shown_whole = table.length == len(table.rows)
    if table.length not in study.sizes and (
        shown_whole or table.length < min(study.sizes, default=math.inf)
    ):
        return False
    labels, *others = table.columns() or [[]]
    if not others:
        return bool(labels) and all(map(_is_number, labels))
    if len(set(labels)) == len(labels) and all(map(_is_code, labels)):
        return True
    # Without labels that tell people apart, such as arms: each number is a score.
    if not all(map(_is_number, labels)) and len(set(labels)) > len(labels) / 3:
        return False
    numbers = [column for column in table.columns() if all(map(_is_number, column))]
    named = bool(table.header) and not any(map(_is_number, table.header))
    return named and bool(numbers) and all(_SCORE.fullmatch(n) for own in numbers for n in own)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _is_code(text: str) -> bool:
    found = _CODE.fullmatch(text)
    return found is not None and found[1].casefold() not in _OTHERS
