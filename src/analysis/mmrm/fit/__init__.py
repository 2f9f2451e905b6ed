"""From sums to the fitted model: covariance structures, likelihood, and its maximisation."""
