"""Every package says at its door what it is for, and every room what belongs in it."""

from __future__ import annotations

import ast

import pytest

from analysis.paths import ROOT

SOURCE = ROOT / "src" / "analysis"
PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))
ROOMS = [package for package in PACKAGES if package.parent == SOURCE]


def plate(package) -> str:
    """The docstring of a package."""
    text = (package / "__init__.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(text)) or ""


def name(package) -> str:
    """The package by its place."""
    return package.relative_to(SOURCE.parent).as_posix()


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_says_what_it_is_for_in_at_most_five_lines(package):
    assert 1 <= len(plate(package).splitlines()) <= 5


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_a_room_says_what_comes_in_what_goes_out_and_what_does_not_belong_here(room):
    told = " ".join(plate(room).split())
    assert [word for word in ("In:", "Out:", "Not here:") if word not in told] == []
