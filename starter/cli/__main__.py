"""Entry point of `leads`. It imports little, so that Ctrl-C ends it cleanly while the rest is loading."""

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

INTERRUPTED = 130
COMPLETE = "__complete"
"""The command by which a shell asks for completions (`leads completion`)."""


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    _end(code)


def _end(code: int) -> NoReturn:
    """End the process at once, as mypy does, after what was registered for its end.

    Taking a thousand modules down takes a tenth of a short command. Temporal's SDK would need as long again before, because
    its threads must not outlive the interpreter (sdk-python#300); with the process they just end.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


def _run(arguments: list[str]) -> int:
    if arguments[:1] == [COMPLETE]:
        from starter.cli.completing import main as complete

        complete(arguments[1:])
        return 0
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it looks for them in all packages
    gc.disable()  # what is loaded stays, and looking for garbage in it takes a tenth of a command's start
    from starter.cli.app import run

    return run(arguments, loaded=_collect_again)


def _collect_again() -> None:
    """Look for garbage from now on, in what comes after the command was loaded."""
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    main()
