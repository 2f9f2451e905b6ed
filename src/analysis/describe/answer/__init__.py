"""What a study or the published table answers: the sentence, the picture's numbers, the ledger.

In: a ledger, its case. Out: texts and tables of verdicts. Not here: tables of scores (scores).
"""
