"""`leads demo`: what it tells, and how."""
