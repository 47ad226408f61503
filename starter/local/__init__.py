"""Runs the whole service on one machine, as child processes (`leads up`)."""
