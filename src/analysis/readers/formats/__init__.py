"""One folder a file format: bytes, or a database, in; a `TextTable` of text cells out.

`open_table` chooses by declaration. A new format is a folder here and a line there. Not here:
numbers, times and roles, which are read alike whatever the format.
"""
