"""Proof that the tests bite: single faults drawn over the modules, each to be caught."""
