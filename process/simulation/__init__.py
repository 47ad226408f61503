"""What if: past leads lived again under other rules, and what would have been different.

`otherwise` says which rules; `living` lives a lead again; `difference` compares both lives; `summary` counts over leads.
"""
