"""The whole service on one machine (`leads up`)."""
