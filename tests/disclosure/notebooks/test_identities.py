"""Identifiers of a study are found again however they are written, and nothing else is."""

from __future__ import annotations

import pytest

from analysis.disclosure.notebooks.identities import Identities, identities
from analysis.readers.nimh import crossover
from tests.factory import tables, write_study

EXAMPLE = Identities(tuple(f"EX{n:03d}" for n in range(1, 61)), (30, 30))
NUMBERED = Identities(tuple(str(n) for n in range(1, 61)), (30, 30))


@pytest.mark.parametrize(
    "text",
    [
        "EX001",
        "ex1",
        "EX-001",
        "Ex_0001",
        "ex 001",
        "ex.1",
        "EX:007",
        "(EX060)",
        "ＥＸ００１",
        "éx12",
    ],
)
def test_identifier_in_another_spelling(text):
    assert EXAMPLE.named_in(f"It was {text}, said the note.")


@pytest.mark.parametrize(
    "text",
    [
        "EX0612",
        "EX061",
        "REX001",
        "EX001a",
        "9ex0018f",
        "EX 1.5",
        "ex, 1",
        "ex - 1",
        "60",
        "example",
    ],
)
def test_text_that_only_resembles_an_identifier(text):
    assert not EXAMPLE.named_in(text)


@pytest.mark.parametrize(
    ("identifier", "told", "other"),
    [
        ("sub-MOA101", "MOA101", "MOA102"),
        ("KETA-01-0012", "keta 1 12", "keta 12"),
        ("10023", "person 10023.", "110023, 0.10023 and 10023.5"),
        ("01-0012", "01-0012", "1-12"),
        ("jansson", "Jansson's change", "janssons"),
        ("S-ÅÄ7", "saa7", "saa8"),
        ("A-12", "a12", "a 12-point fall"),
    ],
)
def test_forms_of_identifiers(identifier, told, other):
    one = Identities((identifier,))
    assert one.named_in(told)
    assert not one.named_in(other)


@pytest.mark.parametrize("identifier", ["7", "12", "AB", "A"])
def test_short_numbers_and_words_are_in_any_text(identifier):
    assert not Identities((identifier,)).named_in(f"{identifier} of 30 (AB and A alone, 7, 12)")


def test_name_of_a_scale_or_a_term_of_a_formula_is_nobody():
    site_p = Identities(("P01", "P02"))
    assert not site_p.named_in("max(0, p1 - p0)")
    assert site_p.named_in("p2")
    site_d = Identities(tuple(f"D{n:02d}" for n in range(1, 41)))
    assert not site_d.named_in("HAM-D17, HAM-D6")
    assert site_d.named_in("D-18")


@pytest.mark.parametrize("study", [NUMBERED, EXAMPLE], ids=["numbers", "numbers in codes"])
def test_list_of_short_numbers_is_known_by_its_length(study):
    assert study.listed_in([f"{n}" for n in range(1, 31)])
    assert study.listed_in([f"{n:03d}" for n in range(1, 61)])
    assert study.listed_in([f"{n}.0" for n in range(31, 61)])
    assert not study.listed_in([f"{n}" for n in range(1, 30)])
    assert not study.listed_in([f"{n}" for n in [*range(1, 31), 7]])
    assert not study.listed_in([f"{n}" for n in range(30, 62)])
    assert not study.listed_in([f"day {n}" for n in range(1, 61)])


def test_sizes_are_those_of_everyone_and_of_the_larger_arms():
    assert EXAMPLE.sizes == {30, 60}
    assert Identities(tuple("ABCDEFGHIJKL"), (10, 2)).sizes == {10, 12}
    assert Identities(tuple("ABCDEFGHI"), (5, 4)).sizes == frozenset()


def test_identities_of_the_example():
    found = identities("example")
    assert found.ids == EXAMPLE.ids
    assert sorted(found.arms) == [30, 30]


def test_people_whom_only_a_later_table_names_count(tmp_path):
    content = tables(n_per_arm=2)
    content["scores"].append(content["scores"][0] | {"id": "ghost77"})
    found = identities(str(write_study(tmp_path, content)))
    assert found == Identities(("S000", "S001", "S002", "S003", "ghost77"), (2, 2))
    assert found.named_in("Ghost-77")


def test_published_results_have_nobodys():
    assert identities("published") == Identities()


def test_identities_of_the_open_trial(tmp_path, monkeypatch):
    rows = ["\t".join(crossover.PEOPLE_HEADER)]
    rows += [f"sub-X{n}\t30\tF\t22\tMDD\td\tp" for n in (101, 102)]
    (tmp_path / crossover.PEOPLE).write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setattr(crossover, "fetch", lambda name: tmp_path)
    found = identities("nimh")
    assert found == Identities(("sub-X101", "sub-X102"), (2,))
    assert not found.named_in("X 101 is a room")
