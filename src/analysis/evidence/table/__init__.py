"""The published table itself: its columns, its words, where its files come from, loading.

In: the files of `data/raw/published`. Out: the table, or a refusal that names row and column.
Not here: what its figures imply (derivation), new rows (adding).
"""
