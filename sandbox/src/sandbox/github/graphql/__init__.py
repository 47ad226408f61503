"""The GraphQL side, at `/api/graphql`: graphql-core executes queries on GitHub's own published schema."""
