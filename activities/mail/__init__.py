"""Mail: building messages, rendering their text, sending them by SMTP."""
