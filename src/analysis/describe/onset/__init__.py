"""When relief began and how long it held: tables of one study.

In: a case. Out: shares that crossed a threshold, their durability, the course of the means; they
decide nothing. Not here: the estimators (estimates.onset).
"""
