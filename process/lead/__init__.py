"""The state of a lead, folded from its events: data and derived values, no rules."""
