"""The mixed model's sums, likelihood and tests as arrays with an axis over data sets in front.

In: the subjects of many data sets of one design, or counts of the same subjects. Out: maxima,
estimates and what tests need of each. Not here: what is not the plain case, which is left out.
"""
