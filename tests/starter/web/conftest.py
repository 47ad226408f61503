"""Fixtures for a PostgreSQL server."""

from tests.support.engines import made_copy, made_database, postgres

__all__ = ["made_copy", "made_database", "postgres"]
