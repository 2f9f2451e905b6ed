"""Columns in their roles: participants, infusions, doses and assessments of a study, on one clock.

In: text tables and their declarations. Out: the tables of `Study`. Not here: formats of files.
"""
