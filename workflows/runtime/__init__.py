"""The Temporal plugin that configures clients, workers and replayers: data converter and codec."""
