"""The durable shells around the process: one workflow per thing with a life of its own."""
