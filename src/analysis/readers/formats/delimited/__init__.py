"""Delimited text: encoding, separator, header and rows, into text cells; nothing is guessed."""
