"""SQLite and PostgreSQL, as the ledger, the keys and the accounts of the pages use them."""
