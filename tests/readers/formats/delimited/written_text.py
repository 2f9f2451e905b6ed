"""What the tests of this room share."""

from __future__ import annotations

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text

PLAIN = "id,arm\nS1,ket\nS2,mdz\n"


def read(tmp_path, content: str | bytes, **options):
    path = tmp_path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_text(path, **options)


def refused(tmp_path, content: str | bytes, **options) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read(tmp_path, content, **options)
    assert str(tmp_path) not in caught.value.message
    return caught.value


NOTES = 'id,arm,notes\nS1,ket,"a, b"\n\n,,\nS1,ket,"a, b"\nS1,ket,c\n , ,only here\nS2,mdz,\n'
