"""The person at this machine."""

import getpass


def login() -> str:
    """Return the login name of the user at this terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "someone at the command line"
