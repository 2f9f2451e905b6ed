"""Resources to rows, a module a kind of row: participants, infusions, answers, weights.

In: resources and their addresses. Out: rows of text. Not here: what a single value or code means
(fhir), which resources may be read (resources).
"""
