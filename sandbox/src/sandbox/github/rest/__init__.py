"""The REST API under `/api/v3`. `app` handles requests; the other modules have one handler for each operation.

In their docstrings `…` stands for `/repos/{owner}/{repo}`.
"""
