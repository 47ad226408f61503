"""The GraphQL API at `/api/graphql`: graphql-core executes queries on GitHub's published schema."""
