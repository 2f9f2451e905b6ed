"""Sensitivity analyses: other assumptions, other defensible analyses. They decide nothing.

In: a case. Out: tables beside the verdict. Choices are data (``*.toml``). Gate 6 is in gates.
"""
