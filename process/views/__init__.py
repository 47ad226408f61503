"""Views of one lead: overview, attention, agenda, checklist, digest, and its state as of a day."""
