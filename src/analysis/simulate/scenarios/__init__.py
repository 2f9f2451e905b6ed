"""Simulation scenarios: what is true in each, at which design, and what a study declares.

In: nothing. Out: a `World` by name. Not here: drawing people of it (people).
"""
