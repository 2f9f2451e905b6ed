"""JSON changed by its structure: values replaced, doubled, nested; keys twice; long numbers."""

from __future__ import annotations

import gzip
import json
import zlib
from random import Random
from typing import Any

from tests.factory import TOKEN
from tests.fuzz.cells import value

_GZIP = (b"\x1f\x8b", b"\x78\x9c")
_MARK = "@@raw@@"
# What json.dumps would never write, put in as it stands.
_RAW = ["NaN", "-Infinity", "1e999", "-1e999", "9" * 5000, "1e-9999", "[" * 100_000, '{"a":' * 5000,
        "[" * 900 + "]" * 900, "[" * 5000 + "]" * 5000, '{"a":1,"a":2}', "1.0000000000000000000001",
        '"\\ud800"', '"\\u0000"', "01", "+1", "'a'", "//", "", "true", "null"]  # fmt: skip


def _places(node: Any, path: tuple = ()) -> list[tuple]:
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, own in inside:
        found.append((*path, key))
        if isinstance(own, dict | list):
            found += _places(own, (*path, key))
    return found


def _at(document: Any, path: tuple) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def _changed(document: Any, random: Random) -> None:
    places = _places(document)
    path = random.choice(places)
    node, key = _at(document, path), path[-1]
    kind = random.randrange(9)
    if kind < 3:
        node[key] = value(random)
    elif kind == 3:
        del node[key]
    elif kind == 4:
        node[key] = [node[key]] if random.random() < 0.5 else {"value": node[key], TOKEN: TOKEN}
    elif kind == 5:
        node[key] = [node[key]] * random.choice([0, 2, 3])
    elif kind == 6:
        other = random.choice(places)
        node[key] = json.loads(json.dumps(_at(document, other)[other[-1]]))
    elif kind == 7:
        node[key] = random.choice([None, True, False, {}, [], "", 0, -1, [[]], [None], [{}]])
    else:
        node[key] = _MARK


def _written(document: Any, random: Random, **layout: Any) -> str:
    text = json.dumps(document, **layout)
    return text.replace(f'"{_MARK}"', random.choice(_RAW))


def _documents(text: str) -> list[Any] | None:
    """One document a line, or None where the lines are none."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return None


def changed(raw: bytes, random: Random) -> bytes:
    """Some places of JSON, or of lines of it, changed; packed again where it was packed."""
    was_packed = raw[:2] in _GZIP
    text = (zlib.decompress(raw, wbits=47) if was_packed else raw).decode("utf-8")
    parts = _documents(text)
    document = {"parts": parts} if parts is not None else json.loads(text)
    for _ in range(random.choice([1, 1, 2, 4, 10])):
        _changed(document, random)
    if parts is not None:
        own = document.get("parts")
        listed = own if isinstance(own, list) else [own]
        out = "\n".join(_written(part, random) for part in listed)
    else:
        out = _written(document, random, indent=1)
    found = out.encode("utf-8", "surrogatepass")
    return gzip.compress(found, mtime=0) if was_packed else found


def references(raw: bytes, random: Random) -> bytes:
    """References of FHIR that lead in circles, to nothing, or to another kind."""
    was_packed = raw[:2] in _GZIP
    text = (zlib.decompress(raw, wbits=47) if was_packed else raw).decode("utf-8")
    targets = ["QuestionnaireResponse/qr-0", "MedicationAdministration/ma-0", "#", "#x", "Patient/",
               f"Patient/{TOKEN}999", "urn:uuid:0", "http://a/Patient/1|2", "/", "Patient/a/b/c",
               f"Patient/{TOKEN}000/_history/{'9' * 400}"]  # fmt: skip
    parts = text.split('"reference": "')
    for number in range(1, len(parts)):
        if random.random() < 0.3:
            parts[number] = random.choice(targets) + parts[number][parts[number].index('"') :]
    out = '"reference": "'.join(parts).encode()
    return gzip.compress(out, mtime=0) if was_packed else out
