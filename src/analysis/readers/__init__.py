"""Readers: from the files that study.toml declares to one `Study` in hours; dates stop here.

In: a study.toml and its tables. Out: a `Study`. By their order `table` (cells into numbers),
`formats` (files into cells), `reading`, `roles` (columns into people and forms), `assemble`; `nimh`
is a published study, `open_data` fetches public files. Not here: what scores mean, their faults.
"""
