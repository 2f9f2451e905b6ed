"""The gates that a study passes: what the data must be (1 to 4), and robustness (6).

In: a case, or arrays of scores. Out: one `Reason`, with its numbers. Not here: gate 5, the
decision rule (claims.decision_rule), and gate 7 beside its counts (claims.calibration).
"""
