"""Erases a person from every store, step by step, under a request to which two people agreed."""
