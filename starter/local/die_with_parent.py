"""`python -m starter.local.die_with_parent PARENT COMMAND…`: becomes COMMAND, which ends when the process PARENT does.

Linux alone has a way to ask for that; elsewhere, COMMAND simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; it survives exec


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the very purpose


if __name__ == "__main__":
    main()
