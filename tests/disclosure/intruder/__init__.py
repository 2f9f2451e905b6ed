"""Someone who reads what leaves of a study of real people, and wants to know more than it tells.

In: random studies, and the page, JSON and checks that are made of them for others. Out: what the
intruder concludes, held against the truth. Nothing here knows how the numbers are withheld.
"""
