"""What missing scores could change: reference-based imputation, shifts, tipping points."""
