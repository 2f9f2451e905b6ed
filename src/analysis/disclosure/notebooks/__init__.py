"""What an executed notebook tells of a person, in whatever form it was printed or displayed.

In: a notebook, the identities of the studies it was run on. Out: one sentence a finding.
Not here: whether numbers may leave (policy, release, tables).
"""

from analysis.disclosure.notebooks.identities import Identities, identities
from analysis.disclosure.notebooks.look import (
    TEAM_HEADING,
    holds_team_view,
    team_view,
    tells_of_people,
)

__all__ = [
    "TEAM_HEADING",
    "Identities",
    "holds_team_view",
    "identities",
    "team_view",
    "tells_of_people",
]
