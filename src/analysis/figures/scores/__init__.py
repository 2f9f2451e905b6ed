"""Pictures of scores: their change, the arms compared, who responds.

In: a table of describe.scores. Out: Axes. Not here: what could overturn them (robustness).
"""
