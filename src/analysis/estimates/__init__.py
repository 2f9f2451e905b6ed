"""Estimators, a folder a topic; each returns rows of the one table of estimates (`table`).

In: arrays or tables of scores. Out: estimate, SE, df, interval, p and method. Not here: what a
number decides (claims), which participants and window of a study (claims.case), pictures.
"""
