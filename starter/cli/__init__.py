"""The command line `leads`: one module per command or group of commands."""
