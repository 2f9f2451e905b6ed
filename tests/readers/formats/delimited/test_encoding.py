"""Encodings are found by their letters, and a bad byte by its line."""

from __future__ import annotations

import hashlib

import pytest

from tests.readers.formats.delimited.written_text import PLAIN, read, refused


def test_a_byte_order_mark_is_noted(tmp_path):
    assert [i.rule for i in read(tmp_path, PLAIN.encode("utf-16")).issues] == ["file.bom"]


@pytest.mark.parametrize(
    ("word", "encoding"),
    [("Depress\u00e3o", "cp1252"), ("\u00a9", "cp1252"), ("k\u00e9t", "cp1252"),
     ("\u043a\u0435\u0442\u0430\u043c\u0438\u043d", "cp1251"),
     ("p\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd", "cp1250"),
     ("\u015bwietnie \u0142\u00f3d\u017a", "cp1250"), ("gr\u00f6\u00dfer", "cp850"),
     ("M\u00fcde, gr\u00f6\u00dfer, f\u00fcr \u00c4rger", "mac_roman")],
)  # fmt: skip
@pytest.mark.bad_input("E2")
def test_an_encoding_is_found_by_its_letters_and_flagged(tmp_path, word, encoding):
    raw = f"id;arm\nS1;ket\nS2;{word}\n".encode(encoding)
    table = read(tmp_path, raw)
    assert table.cells["arm"][1] == word
    flag = table.issues[0]
    assert (flag.rule, flag.severity) == ("file.encoding-detected", "FLAG")
    assert f'encoding = "{encoding}"' in flag.message
    assert word not in flag.message
    # Declared, there is nothing to say.
    assert not read(tmp_path, raw, encoding=encoding, separator=";").issues


def test_a_letter_far_down_a_large_file_starts_the_search_over(tmp_path):
    lines = [b"id,arm", *(b"S%d,ket" % n for n in range(900_000)), b"S,k\xe9t"]
    table = read(tmp_path, b"\n".join(lines))
    assert table.cells["arm"].iloc[-1] == "k\u00e9t"
    assert table.rows[-1] == 900_002
    assert table.sha256 == hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_line_of_a_bad_byte_is_told(tmp_path):
    error = refused(tmp_path, b"id,arm\nS1,k\xe9t\n", encoding="utf-8")
    assert (error.rule, "line 2" in error.message) == ("file.encoding", True)
    assert read(tmp_path, b"id,arm\nS1,k\xe9t\n", encoding="cp1252").cells["arm"][0] == "két"


def test_many_odd_letters_are_judged_by_the_first_of_them(tmp_path):
    lines = [b"id,arm", *[b"S%d,m\xfcde gr\xf6\xdfer" % n for n in range(9_000)], b"S,\x81\x8d"]
    error = refused(tmp_path, b"\n".join(lines))
    assert (error.rule, "cp1252" in error.message) == ("file.encoding", True)
