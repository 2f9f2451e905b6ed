"""Scores of one study, shown: their change, the arms compared, who responds, the first session.

In: a case. Out: sections. Not here: what could overturn them (robustness).
"""
