"""Who improves: shares at thresholds, spread of change, prediction, clusters of symptoms."""
