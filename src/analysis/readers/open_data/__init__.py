"""Public data that the project uses and does not hold: where they are, fetched and hashed.

In: a name of `registry.toml`. Out: a folder with the files as published, each checked by SHA-256.
Not here: what the files mean.
"""
