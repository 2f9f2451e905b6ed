"""From a fitted model to estimates, degrees of freedom, robust covariances, LS means, intervals."""
