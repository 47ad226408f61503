"""GitHub on localhost: the REST and GraphQL operations that the real clients use, and pages for people."""
