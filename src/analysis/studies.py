"""Studies by name or by path: the built-in ones, and any folder with a study.toml.

Rooms are imported where they are needed, so that a list of studies loads none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import ReliefError
from analysis.paths import EXAMPLE_STUDY

if TYPE_CHECKING:
    from analysis.checks import Checked
    from analysis.claims.case import Case
    from analysis.claims.definitions import Definitions
    from analysis.claims.ledger import Ledger
    from analysis.disclosure.policy import Policy
    from analysis.study import Study

__all__ = [
    "BUILT_IN",
    "available",
    "check_source",
    "for_view",
    "judge_source",
    "judged",
    "listing",
    "load_study",
    "opened",
]


@dataclass(frozen=True)
class BuiltIn:
    """A study that comes with the project, or that it knows how to fetch."""

    name: str
    title: str
    synthetic: bool
    producer: str


BUILT_IN = {
    study.name: study
    for study in (
        BuiltIn(
            "published",
            "Published results of ketamine for PTSD",
            False,
            "each row names its source",
        ),
        BuiltIn(
            "example",
            "Example study (synthetic): ketamine or midazolam, 60 people with PTSD",
            True,
            "analysis.simulate",
        ),
        BuiltIn(
            "nimh",
            "NIMH ketamine crossover (depression, days; OpenNeuro ds005917)",
            False,
            "OpenNeuro ds005917 v1.0.1, CC0, doi:10.18112/openneuro.ds005917.v1.0.1",
        ),
    )
}


def available(name: str) -> tuple[bool, str]:
    """Whether a built-in study can be read without a download, and the reason if not."""
    if name != "nimh":
        return True, ""
    from analysis.readers.open_data.fetch import available as downloaded

    return downloaded("nimh-ketamine-ds005917")


def listing() -> list[dict[str, Any]]:
    """The built-in studies with the keys of ``relief studies --json``."""
    rows = []
    for study in BUILT_IN.values():
        here, reason = available(study.name)
        rows.append(
            {
                "name": study.name,
                "title": study.title,
                "synthetic": study.synthetic,
                "available": here,
                "reason": reason,
            }
        )
    return rows


def load_study(source: str) -> Study:
    """Read a study by built-in name, or by the path of a study.toml or its folder.

    Raises
    ------
    ReliefError
        ``study.unknown`` where the source is neither; whatever the reader refuses; for
        ``published``, ``study.not-scores``: it holds results, not people's scores.
    """
    if source == "published":
        raise ReliefError(
            "study.not-scores",
            "The published results are no people's scores; use relief judge published.",
        )
    if source == "nimh":
        from analysis.readers.nimh.crossover import read_nimh

        return read_nimh()
    from analysis.readers.assemble import read_study

    if source == "example":
        return read_study(EXAMPLE_STUDY)
    path = Path(source)
    if not path.exists():
        names = ", ".join(BUILT_IN)
        raise ReliefError(
            "study.unknown",
            "There is no study of that name or path; give a study.toml, its folder, or one of "
            f"{names}.",
        )
    return read_study(path)


def check_source(source: str, view: str = "team") -> dict[str, Any]:
    """Issues and flow of a source with the keys of ``relief check --json``.

    ``view`` is ``team`` for those who hold the data, who read the digests of their files too, or
    ``shared``.
    """
    if source == "published":
        from analysis.claims.published import check_published

        return check_published() | {"view": view}
    from analysis.checks import check

    checked = check(load_study(source))
    issues, flow, files = checked.issues, checked.flow, {}
    if _is_private(source, checked):
        if view == "team":
            files = {"files": checked.study.sources}
        else:
            from analysis.disclosure.release import released_flow, released_issues

            policy = _policy(checked)
            issues, flow = tuple(released_issues(issues, policy)), released_flow(flow, policy)
    return {
        "study": checked.study.design.name,
        "synthetic": checked.study.design.synthetic,
        "view": view,
        "issues": [issue.as_dict() for issue in issues],
        "flow": flow.to_dict(orient="records"),
        **files,
    }


def _is_private(source: str, checked: Checked) -> bool:
    """Whether people of the reader's own are behind a source: not what the project comes with."""
    return source not in BUILT_IN and not checked.study.design.synthetic


def _policy(checked: Checked) -> Policy:
    from analysis.disclosure.policy import policy_of
    from analysis.disclosure.release import exact_arms

    design = checked.study.design
    return policy_of(design, exact_arms(checked.flow, policy_of(design)))


def opened(
    source: str, view: str = "team", definitions: Definitions | None = None
) -> tuple[Case, bool]:
    """A checked study with the rules it is judged by, and whether its people are the reader's own.

    Tables and pictures of it are made for the ``view``; made-up and published people are shown
    whole to everybody.
    """
    from analysis.checks import check
    from analysis.claims.case import Case
    from analysis.claims.definitions import load_definitions

    # The rules are read, and hashed, before the data.
    definitions = definitions or load_definitions()
    checked = check(load_study(source))
    private = _is_private(source, checked)
    return Case(checked, definitions, view if private else "team"), private


def judged(source: str, view: str = "team", definitions: Definitions | None = None) -> Ledger:
    """The ledger of a source for the study ``team``, or as it may be ``shared``."""
    ledger, checked = judge_source(source, definitions)
    return for_view(view, source, ledger, checked)


def for_view(view: str, source: str, ledger: Ledger, checked: Checked | None) -> Ledger:
    """A ledger as a view shows it; published and synthetic ones show everything to everybody."""
    if checked is None or not _is_private(source, checked):
        return replace(ledger, view=view)
    if view == "team":
        return replace(ledger, view=view, private=True)
    from analysis.disclosure.release import released_ledger

    return replace(released_ledger(ledger, _policy(checked)), private=True)


def judge_source(
    source: str, definitions: Definitions | None = None
) -> tuple[Ledger, Checked | None]:
    """The ledger of a source, and its checked study where it has people."""
    from analysis.claims.definitions import load_definitions

    # The rules are read, and hashed, before the data.
    definitions = definitions or load_definitions()
    if source == "published":
        from analysis.claims.published import judge_published

        return judge_published(definitions), None
    from analysis.checks import check
    from analysis.claims import judge_checked

    checked = check(load_study(source))
    ledger = judge_checked(checked, definitions)
    if _is_private(source, checked):
        from analysis.disclosure.digests import keyed_digest

        digest = keyed_digest(checked.study.sources)
        ledger = replace(ledger, data_sha256=digest)
    return ledger, checked
