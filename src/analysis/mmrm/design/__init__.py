"""From a formula and a table to the arrays of the model: levels, order of visits, X and y."""
