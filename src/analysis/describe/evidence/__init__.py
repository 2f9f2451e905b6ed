"""The published table for reading: rows, pools, trials against one another.

In: the table of evidence. Out: tables. Not here: pooling itself (evidence.pooling).
"""
