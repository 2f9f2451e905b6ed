"""What the pages of a report show: the chapters on a study, and the published results.

In: a case and its ledger. Out: sections. Not here: cells of notebooks, HTML (analysis.report).
"""
