"""Cut Octokit's example payloads of webhooks down to the events that the service reads.

npm install --prefix FOLDER @octokit/webhooks-examples@7.6.1
python -m tests.published.cut FOLDER/node_modules/@octokit/webhooks-examples/api.github.com/index.json
"""

import json
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).with_name("webhook-examples.json")
EVENTS = ("issues", "issue_comment", "label", "ping", "projects_v2_item")


def examples(source: list[dict[str, Any]]) -> dict[str, Any]:
    """Return event -> example payloads, for `EVENTS`."""
    return {each["name"]: each["examples"] for each in source if each["name"] in EVENTS}


if __name__ == "__main__":
    published = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    EXAMPLES.write_text(
        json.dumps(examples(published), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
