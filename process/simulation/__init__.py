"""Simulation of past leads under other rules, and the differences that result.

`scenario` holds the changed rules; `simulate` replays a lead; `difference` compares both; `summary` counts over leads.
"""
