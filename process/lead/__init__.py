"""The lead's state, folded from its events. Data and derived values; no rules."""
