"""What else could explain a difference, of one study: blinding, expectancy, dissociation, harms."""
