"""What else could explain a difference: blinding, expectancy, dissociation; and harms."""
