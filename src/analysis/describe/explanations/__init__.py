"""What else could explain a difference: blinding, expectancy, dissociation, harms of one study.

In: a case. Out: rows of the table of estimates; they decide nothing. Not here: the estimators
(estimates.explanations).
"""
