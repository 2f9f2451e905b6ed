"""Reading study.toml: validated, or one sentence that names the table and the key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis import instruments
from analysis.config.study import StudyConfig
from analysis.disclosure.file_names import shown_name
from analysis.errors import ReliefError
from analysis.instruments.own import own_scales

__all__ = ["load_config"]


_OPEN = re.compile(r"""=\s*(["'])TODO\1""")
# What is meant, where the validator speaks of Python.
_EXPECTED = {
    "model_type": "write one table of this name, in single brackets",
    "list_type": 'write a list, as in ["..."]; tables of forms have double brackets',
    "dict_type": 'write a table of texts, as in { A = "ketamine", B = "midazolam" }',
    "string_type": "write a text in quotation marks",
    "bool_type": "write true or false",
    "string_pattern_mismatch": "only letters, digits, blanks, points, underscores and hyphens, "
    "a letter or digit first",
}

# Keys whose value is a pattern, or one of a few words or numbers.
_CHOSEN = frozenset(
    ("after_withdrawal", "blinded", "coding", "comparator", "datetime_format", "decimal", "design",
     "encoding", "excel_epoch", "format", "frequency", "instrument", "intensity", "item_base",
     "items", "later_window", "look_level", "looks", "missing_items", "planned_per_arm",
     "recall_hours", "registration", "sent_twice", "separator", "subscale_key", "times",
     "version")
)  # fmt: skip


def _open_points(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if _OPEN.search(line.split("#")[0])]


def _where(location: tuple[Any, ...]) -> str:
    """A pydantic location as a reader of TOML writes it: ``[[assessments]] 2: items``."""
    names = [str(part) for part in location if not isinstance(part, int)]
    if not names:
        return ""
    place = location[1] if len(location) > 1 else None
    table = f"[[{names[0]}]] number {place + 1}" if isinstance(place, int) else f"[{names[0]}]"
    if names[0] == "assessments" and not isinstance(place, int):
        table = "[[assessments]]"
    return f"{table} {'.'.join(names[1:])}".strip() + ": "


def _sentence(error: ValidationError) -> tuple[str, str]:
    """Rule id and one sentence for the first thing wrong.

    What was found is told where a key takes a pattern or one of a few words, which are no
    person's; of any other text at most the character that does not belong.
    """
    first = error.errors(include_url=False)[0]
    location = tuple(first["loc"])
    where = _where(location)
    name = str(location[-1]) if location else ""
    if first["type"] == "missing":
        if len(location) == 1:
            return "config.missing", f"a table [{name}] is missing from study.toml; add it."
        return "config.missing", f"{where}the key is missing; add the line: {name} = ..."
    if first["type"] == "extra_forbidden":
        return "config.unknown-key", f"{where}no such key is known; remove it or mend its spelling."
    message = _EXPECTED.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    # A scale's name or an abbreviation is written as it is.
    if not (message[1:2].isupper() or message[1:2] == "-"):
        message = message[0].lower() + message[1:]
    return "config.value", f"{where}{message}{_found(name, first)}."


def _found(key: str, error: Any) -> str:
    """What stands there instead of what is expected, where that may be told."""
    value = error["input"]
    if error["type"] == "string_pattern_mismatch":
        odd = re.search(r"[^A-Za-z0-9 ._-]", value) or re.search("^.", value)
        return f"; found {odd[0]!r}" if odd else "; found nothing"
    told = key in _CHOSEN and isinstance(value, str | int | float) and len(str(value)) <= 40
    return f"; found {value!r}" if told else ""


def load_config(path: Path) -> StudyConfig:
    """Read and validate a study.toml.

    Raises
    ------
    ReliefError
        One sentence naming the table, the key and what is expected: ``config.file``,
        ``config.syntax``, ``config.open-point``, ``config.missing``,
        ``config.unknown-key`` or ``config.value``.
    """
    file = shown_name(path)
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited for without end.
            raise ReliefError(
                "config.file", f"{file} is a folder, a pipe or a device; write a regular file."
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ReliefError(
            "config.file", f"There is no file {file} here; write one, as the README shows."
        ) from None
    except (OSError, ValueError):
        raise ReliefError(
            "config.file", f"{file} cannot be read as UTF-8 text; save it as UTF-8."
        ) from None
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Only the parser's own words tell a place; others may quote what they met.
        why = f": {str(error).lower()}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise ReliefError("config.syntax", f"{file} is not valid TOML{why}; mend it.") from None
    if points := _open_points(text):
        key = points[0].split("=")[0].strip()
        question = points[0].partition("#")[2].strip()
        raise ReliefError(
            "config.open-point",
            f"{file} has an open point: {key} is still TODO"
            + (f" ({question})" if question else "")
            + "; decide it and write the value.",
        )
    try:
        _declare_scales(document.pop("instruments", {}), path)
    except ValueError as error:
        raise ReliefError("config.value", f"{file}, {error}") from None
    try:
        return StudyConfig.model_validate(document)
    except ValidationError as error:
        rule, sentence = _sentence(error)
        raise ReliefError(rule, f"{file}, {sentence}") from None


def _declare_scales(entries: Any, path: Path) -> None:
    """Make a study's own scales known, from its own tables or from the file that they name."""
    if isinstance(entries, dict) and isinstance(entries.get("file"), str):
        if len(entries) > 1:
            raise ValueError("[instruments]: file stands alone; put the tables into that file.")
        place = path.parent / entries["file"]
        if not place.resolve().is_relative_to(path.parent.resolve()) or not place.is_file():
            raise ValueError("[instruments]: file must name a file in the folder of study.toml.")
        try:
            entries = tomllib.loads(place.read_text(encoding="utf-8-sig"))
        except (ValueError, OSError, RecursionError):
            raise ValueError("[instruments]: the file is not valid TOML; mend it.") from None
        entries = entries.get("instruments", entries)
    instruments.declare(own_scales(entries), str(path.resolve()))
