"""The person at this machine."""

import getpass


def login() -> str:
    """Return the login name of the user at this terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        from process.actor import SOMEONE_AT_COMMAND_LINE  # only this case needs it

        return SOMEONE_AT_COMMAND_LINE
