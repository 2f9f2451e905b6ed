"""SAS transport files: what they hold, and what damaged ones are refused for."""

from __future__ import annotations

import math

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.cdisc.xpt import read_xpt
from tests.readers.formats.cdisc.containers import read_bytes, refused
from tests.readers.formats.cdisc.files import (
    write_xpt,
)  # fmt: skip

# What is special in XPT


def test_text_keeps_leading_blanks_and_loses_trailing_ones(tmp_path):
    table = read_xpt(write_xpt(tmp_path / "a.xpt", {"A": ["  x ", "y  ", "é"]}))
    assert list(table.cells["A"]) == ["  x", "y", "é"]


def observations(raw: bytes) -> int:
    return raw.index(b"HEADER RECORD*******OBS") + 80


@pytest.mark.parametrize("letter", [b"A", b"Z", b"_"])
def test_special_missing_values_are_blank_and_counted(tmp_path, letter):
    path = write_xpt(tmp_path / "a.xpt", {"X": [1.5, math.nan, 2.5], "Y": [1.0, 1.0, 1.0]})
    raw = bytearray(path.read_bytes())
    start = observations(raw)
    raw[start : start + 8] = letter + bytes(7)
    table = read_bytes(read_xpt, tmp_path, bytes(raw))
    assert list(table.cells["X"]) == ["", "", "2.5"]
    said = [("xpt.not-counted", 3), ("xpt.special-missing", 1)]
    assert [(note.rule, note.count) for note in table.issues] == said


def test_a_number_stored_in_few_bytes_has_no_invented_digits(tmp_path):
    path = write_xpt(tmp_path / "a.xpt", {"X": [0.1], "C": ["abcd"]})
    raw = bytearray(path.read_bytes())
    start, names = observations(raw), raw.index(b"NAMESTR") + 60
    # X in 4 bytes, as a SAS LENGTH statement stores it; C moves up and takes the rest.
    raw[names + 4 : names + 6] = b"\0\4"
    raw[names + 140 + 4 : names + 140 + 6] = b"\0\10"
    raw[names + 140 + 84 : names + 140 + 88] = b"\0\0\0\4"
    raw[start : start + 12] = raw[start : start + 4] + b"abcd    "
    table = read_bytes(read_xpt, tmp_path, bytes(raw))
    assert table.cells.to_dict("list") == {"X": ["0.1"], "C": ["abcd"]}


@pytest.mark.parametrize("version", [5, 8])
def test_a_file_cut_anywhere_is_refused_or_ends_between_observations(tmp_path, version):
    columns = {"A": [f"person {n:02d}" for n in range(40)], "X": [n + 0.5 for n in range(40)]}
    raw = write_xpt(tmp_path / "a.xpt", columns, version).read_bytes()
    whole = list(read_xpt(tmp_path / "a.xpt").cells["A"])
    kept = 0
    for length in range(0, len(raw), 8):
        try:
            table = read_bytes(read_xpt, tmp_path, raw[:length])
        except ReliefError:
            continue
        kept += 1
        # Version 5 does not tell how many observations there are; those read are counted.
        assert version == 5
        assert {one.rule: one.count for one in table.issues}["xpt.not-counted"] == len(table.cells)
        assert list(table.cells["A"]) == whole[: len(table.cells)]
    assert kept < 10


def test_text_in_another_encoding_is_refused_until_it_is_declared(tmp_path):
    path = write_xpt(tmp_path / "a.xpt", {"A": ["Montr~al"]})
    raw = path.read_bytes().replace(b"Montr~al", "Montréal".encode("cp1252"))
    path.write_bytes(raw)
    assert refused(read_xpt, path).rule == "xpt.encoding"
    assert list(read_xpt(path, encoding="cp1252").cells["A"]) == ["Montréal"]
    path.write_bytes(raw)
    with pytest.raises(ReliefError) as caught:
        read_xpt(path, encoding="no-such-encoding")
    assert caught.value.rule == "xpt.encoding"


def damaged(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert old in raw
    return raw.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda raw: b"A,B\n1,2\n", "xpt.not-transport"),
        (lambda raw: b"**COMPRESSED** **COMPRESSED**" + bytes(80), "xpt.cport"),
        (lambda raw: raw + b"x", "xpt.truncated"),
        (lambda raw: raw + b"x" * 80, "xpt.truncated"),
        (lambda raw: raw + raw[240:], "xpt.several"),
        (lambda raw: damaged(raw, b"NAMESTR", b"NAMESTX"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000000003"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000009999"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"00000000-2"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000000000"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\3\0\0\0\5\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\2\0\0\0\0\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\2\0\0\0\6\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\1AAAA    ", b"\1        "), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\1AAAA    ", b"\1A\xffAA    "), "xpt.damaged"),
        (lambda raw: damaged(raw, b"Zebra", b"Ze\0ra"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"XXXX    ", b"AAAA    "), "file.repeated-column"),
    ],
)
def test_a_file_that_is_no_sound_transport_file_is_refused(tmp_path, change, rule):
    columns = {"AAAA": ["Zebra", "x"], "XXXX": [1.0, 2.0]}
    raw = write_xpt(tmp_path / "a.xpt", columns).read_bytes()
    path = tmp_path / "b.xpt"
    path.write_bytes(change(raw))
    assert refused(read_xpt, path).rule == rule


def test_version_8_says_how_many_observations_there_are(tmp_path):
    raw = write_xpt(tmp_path / "a.xpt", {"A": ["x" * 80, "y" * 80]}, version=8).read_bytes()
    path = tmp_path / "b.xpt"
    for count in (1, 3):
        path.write_bytes(
            damaged(raw, b"!!!!!!!              2", b"!!!!!!!              %d" % count)
        )
        assert refused(read_xpt, path).rule == "xpt.truncated"
    # Older writers left the number out.
    path.write_bytes(damaged(raw, b"!!!!!!!              2", b"!!!!!!!000000000000000"))
    assert len(read_xpt(path).cells) == 2


def test_a_file_without_observations_is_refused(tmp_path):
    raw = write_xpt(tmp_path / "a.xpt", {"A": ["x" * 80]}).read_bytes()
    path = tmp_path / "b.xpt"
    path.write_bytes(raw[:-80])
    assert refused(read_xpt, path).rule == "file.no-rows"


def test_text_that_reads_like_a_header_is_text(tmp_path):
    words = ["x HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!", "HEADER RECORD*******OBS"]
    path = write_xpt(tmp_path / "a.xpt", {"A": words})
    assert list(read_xpt(path).cells["A"]) == words
