"""The one built-in study of real people (OpenNeuro ds005917): fetched, checked by hash, read."""
