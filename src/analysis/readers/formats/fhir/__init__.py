"""FHIR R4 as text: participants, infusions and answers out of bundles and bulk exports.

``declared`` opens a table of study.toml, ``read`` an export; ``resources`` finds what its files
hold, and a module of ``rows`` takes what its kind of row wants of it. Out: a `TextTable`.
"""
