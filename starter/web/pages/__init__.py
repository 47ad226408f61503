"""The pages that people look at and decide on, made on the server from `templates/pages`."""
