"""Scores by arm, window and participant: change, difference, response, courses.

In: a case. Out: tables of its scores. Not here: what could overturn them (robustness).
"""
