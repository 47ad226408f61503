"""GitHub, Google and a mail server on localhost, for development and tests."""
