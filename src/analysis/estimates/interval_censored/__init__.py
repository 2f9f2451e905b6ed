"""Times known only to lie between two visits: estimate, test between arms, intervals."""

from analysis.estimates.interval_censored.npmle import NPMLE, turnbull

__all__ = ["NPMLE", "turnbull"]
