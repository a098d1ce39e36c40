"""The second path: what the database itself saw."""
