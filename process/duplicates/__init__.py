"""Leads that may be one request: how they are matched, linked, and told of each other."""
