"""Files to resources: Bundles, single resources, NDJSON and folders of them, gzip or not."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, NamedTuple

from analysis.errors import ReliefError
from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import many, text
from analysis.rules import refusal

__all__ = ["ENDINGS", "Entry", "digest", "entries", "files_of"]

_BOM, _GZIP = b"\xef\xbb\xbf", b"\x1f\x8b"
ENDINGS = (".ndjson", ".json", ".ndjson.gz", ".json.gz")
_BUNDLES = {"collection", "searchset", "transaction", "batch", "document", "message"}
# A document is held in memory, at several times its size; NDJSON is not.
_DOCUMENT_MB = 128
# Forms that differ in their numbers alone pack to a hundredth; nothing recorded packs to this.
_UNPACKED, _ALWAYS_MB = 500, 256


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Entry(NamedTuple):
    """A resource, its running number in the export, and its address in a Bundle."""

    row: int
    full_url: str
    resource: dict[str, Any]


class _RepeatedKey(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RepeatedKey
    return made


def _no_number(_: str) -> Any:
    raise ValueError("NaN and infinities are no JSON")


# Numbers stay as they are written: 4.0 is not 4.00000001, and a long one costs nothing.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_no_number
)


def files_of(path: Path) -> list[Path]:
    """The file, or the files of a folder in the order of their names.

    Raises
    ------
    ReliefError
        ``fhir.no-path`` or ``fhir.no-files``.
    """
    try:
        if not path.is_dir():
            with path.open("rb"):
                return [path]
        found = [file for file in path.iterdir() if file.name.lower().endswith(ENDINGS)]
    except (OSError, ValueError):
        raise refusal("fhir.no-path", file=path.name) from None
    if not found:
        raise refusal("fhir.no-files", file=path.name)
    return sorted(found, key=lambda file: file.name)


def digest(files: list[Path]) -> str:
    """SHA-256 of a file's bytes; of several, that of their names and hashes."""
    own = []
    for file in files:
        with file.open("rb") as stream:
            own.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(own) == 1:
        return own[0]
    listed = "".join(f"{sha}  {file.name}\n" for sha, file in zip(own, files, strict=True))
    return hashlib.sha256(listed.encode()).hexdigest()


def _parse(raw: bytes, file: str) -> Any:
    """One JSON document.

    Raises
    ------
    ValueError
        Where the bytes are no JSON; what else is wrong with them is a ReliefError.
    """
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise refusal("fhir.encoding", file=file) from None
    try:
        document = _DECODER.decode(decoded)
        if _SURROGATE.search(decoded):
            # Half of a pair is no character, and could not be written anywhere again.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        return document
    except UnicodeEncodeError:
        raise refusal("fhir.encoding", file=file) from None
    except _RepeatedKey:
        raise refusal("fhir.repeated-key", file=file) from None
    except RecursionError:
        raise refusal("fhir.nested", file=file) from None


def _lines(stream: IO[bytes], file: str, size: int) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers, of a file of a size on disk."""
    longest, unpacked = _DOCUMENT_MB << 20, 0
    most = max(_ALWAYS_MB << 20, _UNPACKED * size)
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        unpacked += len(line)
        if len(line) > longest:
            raise refusal("fhir.too-large", file=file, limit=_DOCUMENT_MB)
        if unpacked > most:
            raise refusal("fhir.unpacked-size", file=file, limit=_UNPACKED)
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield number, line


def _documents(stream: IO[bytes], file: str, size: int) -> Iterator[Any]:
    """The JSON documents of a file: one a line, or one over all lines."""
    lines = _lines(stream, file, size)
    number, line = next(lines, (0, b""))
    if not line:
        raise refusal("file.empty", file=file)
    if line.lstrip().startswith(b"<"):
        raise refusal("fhir.xml", file=file)
    try:
        first = _parse(line, file)
    except ValueError:
        # Nothing complete on the first line: the file is one document, laid out over lines.
        rest = stream.read((_DOCUMENT_MB << 20) + 1)
        if len(rest) > _DOCUMENT_MB << 20:
            raise refusal("fhir.too-large", file=file, limit=_DOCUMENT_MB) from None
        try:
            yield _parse(line + rest, file)
        except ValueError as error:
            place = number - 1 + getattr(error, "lineno", 1)
            raise refusal("fhir.not-json", file=file, line=place) from None
        return
    yield first
    for number, line in lines:
        try:
            yield _parse(line, file)
        except ValueError:
            raise refusal("fhir.not-json", file=file, line=number) from None


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with file.open("rb") as stream:
        if stream.peek(2)[:2] != _GZIP:
            yield stream
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield BufferedReader(unpacked)


def _of_bundle(
    document: dict[str, Any], file: str, row: int, findings: Findings
) -> Iterator[Entry]:
    """The entries of a Bundle; ``row`` is the number of the first."""
    if text(document, "type") not in _BUNDLES:
        raise refusal("fhir.bundle-type", file=file)
    listed = many(document, "entry")
    document.clear()
    # Each entry is let go once it was read: a Bundle is large in memory.
    for position in range(len(listed)):
        entry, listed[position] = listed[position], {}
        resource = entry.get("resource")
        if resource is None:
            findings.add("fhir.no-entry", row + position)
        elif not text(resource, "resourceType"):
            raise refusal("fhir.no-resource", file=file)
        else:
            yield Entry(row + position, text(entry, "fullUrl"), resource)


def _of_file(path: Path, row: int, findings: Findings, pages: list[bool]) -> Iterator[Entry]:
    with _opened(path) as stream:
        for document in _documents(stream, path.name, path.stat().st_size):
            kind = text(document, "resourceType")
            if not kind:
                raise refusal("fhir.no-resource", file=path.name)
            if kind != "Bundle":
                yield Entry(row, "", document)
                row += 1
                continue
            if text(document, "type") == "searchset":
                links = many(document, "link")
                pages.append(any(text(link, "relation") == "next" for link in links))
            count = len(many(document, "entry"))
            yield from _of_bundle(document, path.name, row, findings)
            row += count


def entries(files: list[Path], findings: Findings) -> Iterator[Entry]:
    """Every resource of the files, numbered from 1 on; NDJSON is read line by line.

    Raises
    ------
    ReliefError
        ``file.empty`` and the rules ``fhir.*`` of documents: what is no JSON, no FHIR, too
        large, too deep, damaged.
    """
    row = 1
    # Of each searchset whether another page follows it.
    pages: list[bool] = []
    for path in files:
        try:
            for entry in _of_file(path, row, findings, pages):
                yield entry
                row = entry.row + 1
        except ReliefError:
            raise
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise refusal("fhir.compressed", file=path.name) from None
        except OSError:
            raise refusal("fhir.no-path", file=path.name) from None
    if pages and all(pages):
        findings.add("fhir.next-page", 1)
