"""Mail: one thread per lead, and how it is sent."""
