"""The one built-in study of real participants (OpenNeuro ds005917): fetched, hashed, read."""
