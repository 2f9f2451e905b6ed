"""Estimators. Each returns rows of the one table of estimates (:mod:`analysis.estimates.table`)."""
