"""What published figures imply: differences, effect sizes, standard errors, shares of people.

In: the published table and a question. Out: a number with its rows, or why there is none.
Not here: trials pooled (pooling), tables for reading (summaries).
"""
