"""The same mixed model fitted to many data sets of one design, as arrays with an axis over them.

In: a formula and a table of trials, or a prepared model and arrays. Out: `ManyMMRM`, the numbers
of one fit for every trial. Not here: what one fit alone can do, which is done one by one.
"""

from analysis.mmrm.trials.model import many, many_arrays
from analysis.mmrm.trials.results import ManyMMRM

__all__ = ["ManyMMRM", "many", "many_arrays"]
