"""What may leave of real people, and under which names: withholding, suppression, codes.

In: tables, ledgers, figures, names of files. Out: the same without what tells of a person. Not
here: identifiers in a file that is read (readers.table.identifiers).
"""
