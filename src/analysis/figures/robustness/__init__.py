"""Pictures of what missing scores and other analyses could change.

In: a table of describe.robustness. Out: Axes. Not here: the analyses (claims.sensitivity).
"""
