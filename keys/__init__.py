"""The keys under which personal data is sealed, in a database of their own, with the journal of erasures."""
