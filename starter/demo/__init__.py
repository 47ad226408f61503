"""The demo: one lead from first contact to a running hub, on a real server and a sandbox."""
