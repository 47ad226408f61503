"""Fields that many types have."""

from sandbox.github.graphql.resolver import Fields
from sandbox.github.rendering import time

DATED: Fields = {
    "createdAt": lambda source: time(source.created_at),
    "updatedAt": lambda source: time(source.updated_at),
}

NUMBERED: Fields = {
    "databaseId": lambda source: source.id,
    "fullDatabaseId": lambda source: str(source.id),
}
