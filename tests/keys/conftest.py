"""Fixtures for key stores on both engines."""

from tests.support.engines import database, empty_url, engine, made_copy, made_database, postgres, url

__all__ = ["database", "empty_url", "engine", "made_copy", "made_database", "postgres", "url"]
