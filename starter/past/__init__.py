"""The past of leads: as it was, and as it would have been (docs/asking-the-past.md)."""
