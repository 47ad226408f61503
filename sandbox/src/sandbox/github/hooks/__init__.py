"""Webhooks: `events` makes events with payloads from each write, `sender` delivers them to the hooks."""
