"""One module or folder a file format: bytes, or a database, in; a `TextTable` of text cells out.

`open_table` chooses by declaration. A new format is a module here (a model: cdisc/dataset_json.py),
a line there, a word in config/formats.toml. Not here: numbers, times, roles, read for all alike.
"""
