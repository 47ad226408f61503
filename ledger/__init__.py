"""The ledger: every event of every lead, for years and for other programs."""
