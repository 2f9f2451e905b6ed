"""A rule and what was found, in a sentence: a finding that is kept, or an error."""

from __future__ import annotations

from collections.abc import Collection

from analysis.disclosure.file_names import shown_path
from analysis.errors import Issue, ReliefError
from analysis.rules.rule import Rule, catalogue

__all__ = ["first_of", "issue", "of_people", "refusal"]

# Places of a sentence that hold what is declared or published, never what stands in a file.
_DECLARED = frozenset(
    ("scale", "version", "usual", "declared", "least", "most", "level", "days", "known", "kind")
)


def first_of(names: Collection[str], most: int = 3) -> str:
    """Declared names in a row, the first few of many: ``a, b, c and 4 more``."""
    shown = ", ".join(list(names)[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _said(rule: Rule, fields: dict[str, object]) -> str:
    if rule.fields != set(fields):
        raise TypeError(f"Rule {rule.id} wants {sorted(rule.fields)}.")
    return " ".join(text.format(**fields) for text in (rule.sentence, rule.remedy) if text)


def issue(
    rule: str,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    count: int = 1,
    **fields: object,
) -> Issue:
    """A finding under a rule of the catalogue.

    Parameters
    ----------
    rule : str
        Id of the rule; severity, scope and words come from the catalogue.
    file, row, column, count
        Where it was found first (row 1-based with the header counted), and how often.
    fields
        One value for every named place of the rule's words; never a cell's value.
    """
    known = catalogue()[rule]
    said = _said(known, fields)
    file = shown_path(file) if file else None
    text = f"{file}: {said}" if file else said
    remedy = known.remedy.format(**fields)
    for_others = {name: value if name in _DECLARED else "…" for name, value in fields.items()}
    others = known.sentence.format(**for_others)
    return Issue(
        known.id, known.severity, known.scope, text, file, row, column, count, remedy, others
    )


def of_people(rule: str, people: Collection[int], **fields: object) -> list[Issue]:
    """A finding about some people, with their count; none about nobody."""
    if not len(people):
        return []
    return [issue(rule, count=len(people), **fields).about(people=people)]  # type: ignore[arg-type]


def refusal(
    rule: str,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    **fields: object,
) -> ReliefError:
    """The error for a STOP of scope ``study``: where it was found, what, and what to do."""
    known = catalogue()[rule]
    if (known.severity, known.scope) != ("STOP", "study"):
        raise TypeError(f"Rule {rule} is no STOP of scope study.")
    places = [file and shown_path(file), row and f"row {row}", column and f"column {column!r}"]
    where = ", ".join(str(place) for place in places if place)
    said = _said(known, fields)
    return ReliefError(known.id, f"{where}: {said}" if where else said)
