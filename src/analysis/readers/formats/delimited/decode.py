"""Bytes to text, once through: hashed, decoded, line ends made one, and checked on the way.

Decoders are those of codecs and io. io.TextIOWrapper around them was tried: it does not tell the
line of a byte that is no text, and lets zero bytes through.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import ReliefError
from analysis.readers.formats.file_bytes import reading_file
from analysis.rules import refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["CHUNK", "NotUtf8", "Text"]

CHUNK = 4 << 20
_MARK_LINE = re.compile(r'"?sep=([,;\t|])"?[,;\t| ]*\n\n*', re.IGNORECASE)
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def _count(piece: bytes, mark: bytes) -> int:
    """As ``bytes.count`` of one sign, in a fourth of its time where there are many."""
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord(mark)))


class NotUtf8(ReliefError):
    """A file of no declared encoding, and without a byte-order mark, that is not UTF-8."""


class Text(io.RawIOBase):
    """A file as a stream of UTF-8 with line feeds at the end of lines; hashed as it goes.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    encoding : str, optional
        As declared; otherwise by the byte-order mark, otherwise UTF-8.

    Attributes
    ----------
    above : int
        Blank lines before the first line with something in it, and a first line such as
        ``sep=;``, which spreadsheets write; the stream starts under them.
    told : str or None
        The mark that such a line names.
    head : str
        The first few megabytes of the stream.
    marks : int
        Quotation marks met so far.
    marked : str or None
        The encoding that a byte-order mark told, where none was declared.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.empty``, ``file.encoding``, ``file.binary``; on opening or,
        further down, on reading.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        super().__init__()
        self.file = path.name
        self.above = self.marks = self._lines = 0
        self.told: str | None = None
        self._hash, self._turn = hashlib.sha256(), threading.Lock()
        # The destructor closes what was never opened too; Python 3.13 says where that fails.
        self._raw: io.FileIO | io.BytesIO = io.BytesIO()
        with reading_file(self.file):
            self._raw = path.open("rb", buffering=0)
        try:
            start = self._bytes()
            bom = next((name for mark, name in _BOMS.items() if start.startswith(mark)), None)
            self.marked = bom if encoding is None else None
            self._declared = encoding or bom
            self._pieces = self._decoded(start, self._declared or "utf-8")
            self.head = self._under_mark(self._top())
        except BaseException:
            self._raw.close()
            raise
        self._rest = self.head.encode()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
        super().close()

    def readable(self) -> bool:
        """Whether there is something to read: always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes of the stream, without the copies that ``io`` makes; none at its end."""
        if size < 0:
            return self.readall()
        # A parser that gives up may still be reading ahead in a thread of its own.
        with self._turn:
            piece = self._rest or next(filter(None, self._pieces), b"")
            self._rest = piece[size:]
            return piece[:size]

    def readinto(self, room: WriteableBuffer, /) -> int:
        """Fill room with the next bytes of the stream; 0 at its end."""
        view = memoryview(room).cast("B")
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def finish(self) -> str:
        """Read what is left; the SHA-256 of the file's bytes in hexadecimal digits."""
        while self.read(CHUNK):
            pass
        return self._hash.hexdigest()

    def _bytes(self) -> bytes:
        with reading_file(self.file):
            chunk = self._raw.read(CHUNK) or b""
        self._hash.update(chunk)
        return chunk

    def _decoded(self, chunk: bytes, encoding: str) -> Iterator[bytes]:
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(encoding)(), translate=True
        )
        start, plain = True, codecs.lookup(encoding).name == "utf-8"
        while True:
            piece = chunk
            # Most bytes of most files are plain ASCII, and stand for themselves.
            whole = plain and chunk.isascii() and b"\r" not in chunk
            if not (whole and decoder.getstate() == (b"", 0)):
                try:
                    # A lone half of a pair decodes in some encodings and is no text.
                    piece = decoder.decode(chunk, final=not chunk).encode()
                except UnicodeError as error:
                    raise self._not_text(error, encoding) from None
            if b"\x00" in piece:
                row = self._lines + 1 + piece[: piece.index(b"\x00")].count(b"\n")
                raise refusal("file.binary", file=self.file, row=row)
            piece = piece.removeprefix(codecs.BOM_UTF8) if start and piece else piece
            start = start and not piece
            self._lines += _count(piece, b"\n")
            self.marks += _count(piece, b'"')
            yield piece
            if not chunk:
                return
            chunk = self._bytes()

    def _not_text(self, error: UnicodeError, encoding: str) -> ReliefError:
        line = self._lines + 1
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start]
            line += max(before.count(b"\n"), before.count(b"\r"))
        found = refusal("file.encoding", file=self.file, encoding=encoding, line=line)
        return found if self._declared else NotUtf8(found.rule, found.message)

    def _top(self) -> str:
        """The first piece, from the first line on that is not blank."""
        top = ""
        for text in map(bytes.decode, self._pieces):
            top = (top + text).lstrip("\n") if not top.strip() else top + text
            self.above = self._lines - top.count("\n")
            if top.strip() and len(top) >= CHUNK // 4:
                return top
        if not top.strip():
            raise refusal("file.empty", file=self.file)
        return top

    def _under_mark(self, top: str) -> str:
        """What is under a first line that names the separator; the same where there is none."""
        line = _MARK_LINE.match(top)
        if line is None:
            return top
        self.told = line[1]
        self.above += line[0].count("\n")
        self.marks -= line[0].count('"')
        if not (rest := top[line.end() :]).strip():
            raise refusal("file.empty", file=self.file)
        return rest
