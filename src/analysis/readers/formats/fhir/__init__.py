"""FHIR R4 as text: participants, infusions and answers out of bundles and bulk exports."""

from analysis.readers.formats.fhir.read import read_fhir

__all__ = ["read_fhir"]
