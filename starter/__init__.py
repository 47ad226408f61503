"""The faces of the service (command line, web) and the ways to start it (locally, as a demo)."""
