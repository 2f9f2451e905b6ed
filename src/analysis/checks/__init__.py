"""Checks: what is wrong with a study, what was excluded for it, and who is left.

In: a `Study`. Out: `Checked`, with scored assessments, issues and participant flow. Not here:
the sentences of rules (rules), and faults of files that a reader meets (readers).
"""

from analysis.checks.checked import Checked, check

__all__ = ["Checked", "check"]
