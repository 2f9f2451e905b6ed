"""What a score becomes: baseline, change from it, reliable change, response; a row a person.

In: scored forms placed in time. Out: one row a person and window. Not here: anything over people
(estimates), and the thresholds themselves (instruments).
"""
