"""GitHub: the lead's issue and card, the hub's issue, and people's edits of them."""
