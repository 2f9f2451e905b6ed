"""CDISC: SAS transport files and Dataset-JSON into text cells, and what SDTM and ADaM rows mean."""
