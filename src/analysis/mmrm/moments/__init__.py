"""The one pass over the data: sums of [X y] by pattern of visits, in chunks or whole."""
