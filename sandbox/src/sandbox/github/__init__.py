"""GitHub on localhost: the REST and GraphQL operations that real clients use, and pages for people."""
