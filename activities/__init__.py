"""The activities: all contact with the systems outside."""
