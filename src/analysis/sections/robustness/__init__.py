"""What missing scores and other analyses could change, shown.

In: a case. Out: sections. Not here: gate robustness itself (claims.gates).
"""
