"""Compensation: what a corrected decision left outside, and how that is put right."""
