"""Resources out of files: bundles and bulk exports, what they refer to, which may be read.

In: files. Out: resources, their addresses, and what was found meanwhile, counted. Not here: what
is taken of a resource (rows).
"""
