"""Forms as they were filled in: when, about which window, and the answers as numbers.

In: text tables declared as assessments. Out: a row a form, a column an item. Not here: which rows
a file lost, and whom they match (roles), scoring (instruments).
"""
