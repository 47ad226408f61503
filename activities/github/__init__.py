"""GitHub: the lead's issue and card, its hub's issue, and what people do to them."""
