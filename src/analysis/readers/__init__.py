"""Readers: from the files that study.toml declares to one `Study` in hours; dates stop here.

`formats` turns a file into text cells, `table` text cells into numbers and times, `roles` columns
into people, infusions and forms; `assemble` puts them together. Not here: what scores mean.
"""
