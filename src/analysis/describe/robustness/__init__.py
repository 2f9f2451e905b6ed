"""What missing scores and other analyses could change.

In: a case and its multiverse. Out: tables. Not here: gate robustness itself (claims.gates).
"""
