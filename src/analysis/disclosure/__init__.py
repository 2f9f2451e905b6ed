"""What may leave of real participants: policy, one release pass, tables, suppression, digests.

In: tables, ledgers, figures, names of files. Out: the same without what tells of one of them.
Not here: identifiers in a file that is read (readers.table.identifiers).
"""
