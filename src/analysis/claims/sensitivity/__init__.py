"""Sensitivity analyses: other assumptions, other defensible analyses. They decide nothing.

In: a case. Out: tables beside the verdict. Choices are data (``*.toml``); a new analysis is an
entry in `estimators` and its section in `multiverse.toml`. Not here: gate 6 (claims.gates).
"""
