"""What `relief judge` prints: the answer, the claims as a table, and reasons where asked for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from analysis.checks.findings_text import sentence, together
from analysis.claims.definitions import CLAIM_IDS
from analysis.claims.ledger import FOR_THE_TEAM, SHARED, TEAM, Ledger
from analysis.describe.answer.sentence import answer
from analysis.describe.answer.verdicts import claim_lines, digests, withheld_lines
from analysis.describe.display import DASH, estimate_numbers
from analysis.describe.in_words import counted, listed
from analysis.errors import ReliefError

__all__ = ["WIDTH", "claims_named", "judged_text", "why_text"]

WIDTH = 80
_HEADING = ("Claim", "Verdict", "Estimate (95 % interval)", "Unit", "n")
_GAP = "  "


def claims_named(names: Iterable[str]) -> list[str]:
    """The claims that names stand for: each its own, or the start of one claim's alone.

    Raises
    ------
    ReliefError
        ``usage.why`` where no claim starts so, or several do, with the names there are.
    """
    return list(dict.fromkeys(_claim_named(name) for name in names))


def _claim_named(name: str) -> str:
    if name in CLAIM_IDS:
        return name
    fitting = [claim for claim in CLAIM_IDS if name and claim.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    found = f"is the start of {listed(fitting)}" if fitting else "is no claim, nor starts one"
    raise ReliefError(
        "usage.why", f"--why {name!r} {found}; the claims are {', '.join(CLAIM_IDS)}."
    )


def judged_text(ledger: Ledger) -> str:
    """The answer in a sentence, the claims as a table, flags and where to read more: 80 columns.

    The commands that say more are told of STUDY: the path that was typed may name people.
    """
    study = "STUDY --share" if ledger.private and ledger.view == SHARED else "STUDY"
    lines = [FOR_THE_TEAM, ""] if ledger.private and ledger.view == TEAM else []
    lines += [*textwrap.wrap(answer(ledger), WIDTH), ""]
    lines += textwrap.wrap(ledger.title, WIDTH) + ["[SYNTHETIC DATA]"] * ledger.synthetic
    lines += ["", *_table(ledger), *_flags(ledger, study), *_withheld(ledger, study)]
    lines += ["", *textwrap.wrap(digests(ledger), WIDTH)]
    return "\n".join([*lines, f"Why: relief judge {study} --why CLAIM, or --all."])


def why_text(ledger: Ledger, claims: Sequence[str]) -> str:
    """The reasons for some claims: each gate's sentence, and what stands beside the estimate."""
    lines = [FOR_THE_TEAM, ""] if ledger.private and ledger.view == TEAM else []
    lines.append(ledger.title + (" [SYNTHETIC DATA]" if ledger.synthetic else ""))
    for claim in claims:
        lines += ["", *claim_lines(ledger, claim)]
    return "\n".join([*lines, *withheld_lines(ledger)])


# --- the table of claims ----------------------------------------------------------------------


def _table(ledger: Ledger) -> list[str]:
    """Two lines a claim: its title, then its name with verdict, estimate, unit and n."""
    rows = [_cells(result.claim, result.verdict, result.estimate) for result in ledger.claims]
    widths = _widths([_HEADING, *rows])
    lines = [*_row(_HEADING, widths), _GAP.join("-" * width for width in widths)]
    mark = " [synthetic]" if ledger.synthetic else ""
    for result, cells in zip(ledger.claims, rows, strict=True):
        lines += textwrap.wrap(result.title + mark, WIDTH, subsequent_indent=_GAP)
        lines += _row(cells, widths)
    return lines


def _cells(claim: str, verdict: str, estimate: dict[str, Any]) -> tuple[str, ...]:
    told = estimate_numbers(estimate)
    if not told["exact"]:
        return _GAP + claim, verdict, DASH, "", told["n"]
    bounds = f" ({told['ci_low']} to {told['ci_high']})" if told["interval"] else ""
    return _GAP + claim, verdict, told["estimate"] + bounds, _unit(estimate), told["n"]


def _unit(estimate: dict[str, Any]) -> str:
    """The unit of an estimate: its own, or what its estimand says of it."""
    estimand = str(estimate.get("estimand") or "")
    in_brackets = re.search(r"\(([^()]+)\)$", estimand)
    if unit := estimate.get("unit"):
        return str(unit)
    if re.search(r"\bshares?\b", estimand):
        return "share"
    return in_brackets[1] if in_brackets else ""


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Widths of the columns, that of the estimates as much narrower as the page asks for."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - WIDTH
    widths[2] -= max(0, over)
    return widths


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """A row, in as many lines as its longest cell needs; the last column stands to the right."""
    columns = [
        textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)
    ]
    lines = []
    for parts in zip_longest(*columns, fillvalue=""):
        *first, last = zip(parts, widths, strict=True)
        lines.append(
            _GAP.join([*(text.ljust(width) for text, width in first), last[0].rjust(last[1])])
        )
    return [line.rstrip() for line in lines]


# --- what stands below it ---------------------------------------------------------------------


def _flags(ledger: Ledger, study: str) -> list[str]:
    """A line a rule that flags something: how often, and what, where that fits on the line."""
    if not ledger.flags:
        return []
    counts: dict[str, list[Any]] = {}
    said = {}
    for flag in ledger.flags:
        counts.setdefault(flag.rule, []).append(flag.count)
        said[flag.rule] = re.split(r"[:;.] |[:;.]$", sentence(flag.as_dict()))[0]
    lines = ["", f"Flags to read the verdicts with; details: relief check {study}"]
    for rule, own in counts.items():
        line = f"{_GAP}{rule} × {together(own)}"
        full = f"{line}: {said[rule]}"
        lines.append(full if len(full) <= WIDTH else line)
    return lines


def _withheld(ledger: Ledger, study: str) -> list[str]:
    """How many numbers others do not see, and where it is told which and why."""
    if not (ledger.private and ledger.view == SHARED):
        return []
    if not ledger.withheld:
        return ["", "Nothing is withheld; counts are rounded."]
    places = counted(len({one.where for one in ledger.withheld}), "place")
    told = f"Numbers are withheld in {places}; which and why: relief judge {study} --all"
    return ["", *textwrap.wrap(told, WIDTH)]
