"""The web application: pages for people, the HTTP API, and GitHub's webhooks."""
