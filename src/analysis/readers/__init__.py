"""Readers: from the files that study.toml declares to one `Study` in hours; dates stop here.

In: a study.toml and its tables. Out: a `Study`. By their order `table` (cells into numbers, times),
`formats` (files into cells), `reading`, `roles` (columns into participants and assessments), then
`assemble`; `nimh` is one published study, `open_data` fetches public files. Not here: what
scores mean, and faults of a study.
"""
