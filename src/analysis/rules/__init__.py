"""The catalogue of rules: what can be wrong with data, how bad it is, and what to do about it.

In: a rule's id and what was found. Out: its sentence as an `Issue` or a `ReliefError`. Rules are
data, one TOML file a subject. Not here: the code that looks for a fault.
"""

from analysis.rules.findings import first_of, issue, of_people, refusal
from analysis.rules.rule import Rule, catalogue

__all__ = ["Rule", "catalogue", "first_of", "issue", "of_people", "refusal"]
