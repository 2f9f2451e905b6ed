"""What dates and times of day show before they go: exchanged days, shifted clocks, calendars.

In: forms and infusions on the file's clock. Out: issues, counted. Not here: text to times
(readers.table), hours since an infusion (timeline).
"""
