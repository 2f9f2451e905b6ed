"""Readers: from the files that study.toml declares to one `Study` in hours; dates stop here.

In: a study.toml and its tables. Out: a `Study`. `formats` turns a file into text cells, `table`
text cells into numbers and times, `roles` columns into participants, infusions and assessments;
`assemble` joins them. Not here: what scores mean (instruments), and faults of a study (checks).
"""
