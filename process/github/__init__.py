"""Reads people's text and edits on GitHub: new leads, commands, and proposed decisions."""
