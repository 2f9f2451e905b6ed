"""The gates: what the data must be (1-4), the decision rule (5), robustness (6).

In: a case or arrays of scores. Out: one `Reason`, with its numbers. Gate 7 is beside its counts
(calibration).
"""
