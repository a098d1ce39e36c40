"""Finding what the trail tells."""
