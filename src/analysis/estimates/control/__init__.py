"""The arms compared: ANCOVA, strata, crossover, published controls, infusion by infusion."""
