"""One folder a file format: bytes, or a database, in; a `TextTable` of text cells out.

`open_table` chooses by declaration. A new format is a folder here, a line there, and its word in
config/formats.toml. Not here: numbers, times and roles, read alike whatever the format.
"""
