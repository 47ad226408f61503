"""`python -m sandbox`: runs until Ctrl-C or SIGTERM; says in one line of JSON where it is once it listens."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from sandbox.server import Sandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="HTTP port; 0: a free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port; 0: a free one")
    parser.add_argument("--data", type=Path, help="folder that keeps everything over restarts; none: forget")
    parser.add_argument("--org", default="2i2c-org", help="GitHub organization")
    parser.add_argument(
        "--bare",
        action="store_true",
        help="start with new repositories and a new board, without what leads need",
    )
    parser.add_argument(
        "--webhook-url",
        help="where GitHub tells what happened; signed with SANDBOX_WEBHOOK_SECRET or a secret of its own",
    )
    asked = parser.parse_args()

    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # threads inherit it: the signal waits for sigwait
    try:
        sandbox = Sandbox(
            asked.data,
            org=asked.org,
            host=asked.host,
            port=asked.port,
            smtp_port=asked.smtp_port,
            webhook_url=asked.webhook_url,
            bare=asked.bare,
            webhook_secret=os.environ.get("SANDBOX_WEBHOOK_SECRET"),
        ).start()
    except OSError as error:
        sys.exit(f"The sandbox cannot start: {error}")
    where = {"url": sandbox.url, "smtp_port": sandbox.smtp_port, "environment": sandbox.environment()}
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    sandbox.stop()


if __name__ == "__main__":
    main()
