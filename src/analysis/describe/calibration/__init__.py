"""Operating characteristics for reading: the counts, and the rates that pages state.

In: the committed counts. Out: tables and sentences. Not here: counting (claims.calibration).
"""
