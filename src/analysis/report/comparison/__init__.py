"""What moved between two reports, two runs or two commits of the notebooks.

In: two names. Out: verdicts that changed, cells of tables by row and column label, figures and
prose, as a page, a log, JSON and JUnit XML. Not here: code, which git compares.
"""
