"""The upkeep: each worker keeps the read tables up to date, and reports how the leads are, again and again."""
