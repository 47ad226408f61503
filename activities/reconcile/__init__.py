"""Reconciliation: compares GitHub, Drive, the questionnaire and the settings with the leads, to catch lost news."""
