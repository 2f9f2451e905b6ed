"""``python -m analysis.rules`` prints the catalogue as a page."""

from analysis.rules.listing import page

print(page(), end="")
