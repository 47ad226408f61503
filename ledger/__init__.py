"""The ledger: an append-only SQL log of every event of every lead."""
