"""What is true of a lead, folded from its events. Data and what follows from it; no rules."""
