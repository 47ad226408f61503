"""Webhooks: what happened becomes payloads (`happenings`), and those are sent to the hooks that want them (`courier`)."""
