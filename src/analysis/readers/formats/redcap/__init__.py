"""REDCap: a flat export with its data dictionary, and the same through the API.

``declared`` opens a table of study.toml, ``project`` the files, ``api`` a server; ``export``
chooses the rows of one kind, ``labels`` puts codes in place of labels. Out: a `TextTable`.
"""
