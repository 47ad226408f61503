"""The HTTP API (`/api/v1`): leads, decisions, events, the agenda and reports, for programs. docs/api.md explains it."""
