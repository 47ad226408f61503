"""All texts that people read, and their rendering."""
