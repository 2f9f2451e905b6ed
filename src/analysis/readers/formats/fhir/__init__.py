"""FHIR R4 as text: participants, infusions and answers out of bundles and bulk exports.

``declared`` opens a table of study.toml, ``read`` an export; ``documents`` hands over resources,
and a module a kind of row takes what it wants of them. Out: a `TextTable`.
"""
