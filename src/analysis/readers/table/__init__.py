"""Text cells into numbers, times and identifiers, by declared rules, alike for every format.

In: a `TextTable`. Out: arrays, UTC instants with their precision, or a refusal. Not here: opening
files (formats) and what a column stands for (roles).
"""
