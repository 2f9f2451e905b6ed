"""The catalogue as a page, ``docs/rules.md``: ``make rules`` writes it."""

from __future__ import annotations

from itertools import groupby

from analysis.rules.rule import catalogue

__all__ = ["page"]

_HEAD = (
    "# Rules\n\nWhat can be wrong with data, how bad it is, and what to do. Made from the "
    "catalogue in `src/analysis/rules` by `make rules`; words in braces stand for what was found.\n"
)


def page() -> str:
    """Markdown: a table of rules for every subject, the part of an id before its point."""
    rules = sorted(catalogue().values(), key=lambda rule: rule.id)
    parts = [_HEAD]
    for subject, own in groupby(rules, key=lambda rule: rule.id.partition(".")[0]):
        parts.append(
            f"\n## {subject}\n\n| rule | severity, scope | what | what to do |\n|---|---|---|---|\n"
        )
        parts += [
            f"| `{rule.id}` | {rule.severity}, {rule.scope} | {_cell(rule.sentence)} "
            f"| {_cell(rule.remedy)} |\n"
            for rule in own
        ]
    return "".join(parts)


def _cell(text: str) -> str:
    # A remedy is a format: its own braces are doubled.
    return text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
