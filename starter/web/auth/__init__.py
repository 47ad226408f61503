"""Access to the pages: sign-in, sessions, accounts with their tokens, one-time links, and the edge before all pages."""
