"""What a score becomes: baseline, change from it, reliable change, response; a row each.

In: scored assessments placed in time. Out: one row a participant and window. Not here: anything
over participants (estimates), and the thresholds themselves (instruments).
"""
