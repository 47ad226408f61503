"""Migrations of the ledger's schema, one module for each version. They never change once they are released."""
