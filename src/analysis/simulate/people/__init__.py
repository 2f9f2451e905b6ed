"""People of a scenario, drawn from a seed: allocation, courses, visits, what goes missing.

In: a `World` and random numbers. Out: arrays. Not here: trials and written studies (simulate).
"""
