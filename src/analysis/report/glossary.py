"""The words of a page with what they mean, as docs/glossary.md has them."""

from __future__ import annotations

from functools import cache

from analysis.paths import GLOSSARY

__all__ = ["glossary"]


@cache
def glossary() -> tuple[tuple[str, str], ...]:
    """Each term and its sentence, in the order of the page; nothing of names and sources."""
    rows = [line.split(" | ") for line in GLOSSARY.read_text("utf-8").splitlines()
            if line.startswith("| ")]  # fmt: skip
    # The first row is the head of the table.
    return tuple((_plain(term.removeprefix("| ")), _plain(means)) for term, means, *_ in rows[1:])


def _plain(text: str) -> str:
    return text.replace("*", "").replace("`", "").strip()
