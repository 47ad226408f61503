"""Figures of many leads, as pure functions over rows: each report with its definition, tables and picture."""
