"""Run the sandbox until Ctrl-C or SIGTERM. Once it listens, it prints one line of JSON with its URL and settings."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from sandbox.seed import EXAMPLE, SeedError, read_seed
from sandbox.server import Sandbox


def main() -> None:
    """Read the command line and run the sandbox. Exits with a message if the seed is not valid or a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="HTTP port; 0 picks a free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port; 0 picks a free one")
    parser.add_argument("--data", type=Path, help="folder that keeps all data over restarts; default: memory")
    parser.add_argument(
        "--seed",
        type=Path,
        default=EXAMPLE,
        help="TOML file with the accounts, repositories, files and forms to start with; default: an example",
    )
    parser.add_argument(
        "--bare",
        action="store_true",
        help="start with repositories and a board as GitHub creates them, without the seed's labels, columns and "
        "issue templates",
    )
    parser.add_argument(
        "--secondary-limits",
        action="store_true",
        help="refuse requests beyond GitHub's secondary rate limits: 900 points a minute in REST, 2,000 in GraphQL, "
        "80 issues and comments a minute and 500 an hour, 100 requests at once",
    )
    parser.add_argument(
        "--webhook-url",
        help="URL that receives the organization's webhook, signed with SANDBOX_WEBHOOK_SECRET or a random secret",
    )
    options = parser.parse_args()

    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # threads inherit it: the signal waits for sigwait
    try:
        sandbox = Sandbox(
            options.data,
            seed=read_seed(options.seed),
            host=options.host,
            port=options.port,
            smtp_port=options.smtp_port,
            webhook_url=options.webhook_url,
            secondary_limits=options.secondary_limits,
            bare=options.bare,
            webhook_secret=os.environ.get("SANDBOX_WEBHOOK_SECRET"),
        ).start()
    except (SeedError, OSError) as error:
        sys.exit(f"The sandbox cannot start: {error}")
    ready = {"url": sandbox.url, "smtp_port": sandbox.smtp_port, "environment": sandbox.environment()}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    sandbox.stop()


if __name__ == "__main__":
    main()
