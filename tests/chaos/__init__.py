"""Whole installations that are killed, cut off and lied to while they escalate: `make chaos`."""
