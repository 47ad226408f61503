"""How long a test waits for what must come."""

PATIENCE = 240
"""Seconds. Only a test that fails waits so long: that a machine is busy is no failure."""
