"""Columns in their roles: people, infusions, doses and forms of a study, on one clock.

In: text tables and their declarations. Out: the tables of `Study`. Not here: formats of files.
"""
