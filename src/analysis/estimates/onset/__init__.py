"""When change begins and how long it holds: times known only to lie between two visits."""
