"""The REST side, under `/api/v3`. `app` answers requests; the other modules hold one handler for each operation."""
