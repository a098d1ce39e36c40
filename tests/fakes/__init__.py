"""Providers of our own that check what they are asked as the vendors document it, and call back with signatures that the vendors' clients accept."""
