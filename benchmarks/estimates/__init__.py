"""Level and coverage of the estimators, by simulation: ``python -m benchmarks.estimates``."""
