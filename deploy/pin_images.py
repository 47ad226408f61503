#!/usr/bin/env python3
"""Writes docker-compose.override.yml, which names each image by its digest too, so that a tag cannot become another image.

It asks the registries for what the tags mean today. Run it again (`make pin`) for newer images, for example security fixes.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

OVERRIDE = Path("docker-compose.override.yml")
BASE = "python"
"""The image that ours are built from; its tag is an argument of the Dockerfile."""


def docker(*arguments: str) -> Any:
    """Return the JSON that a command of Docker prints. It prints its own errors."""
    command = ["docker", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - no text of outsiders in it
    return json.loads(done.stdout)


def pinned(image: str) -> str:
    """Return the image with the digest that its tag has now."""
    tag = image.partition("@")[0]
    return (
        f"{tag}@{docker('buildx', 'imagetools', 'inspect', tag, '--format', '{{json .Manifest}}')['digest']}"
    )


def base_tag() -> str:
    """Return the tag of the base image in the Dockerfile."""
    lines = Path("Dockerfile").read_text().splitlines()
    return next(line.removeprefix("ARG PYTHON=") for line in lines if line.startswith("ARG PYTHON="))


def main() -> None:
    """Look up each image once, and write the override."""
    services = docker(
        "compose", "--profile", "*", "--file", "docker-compose.yml", "config", "--format", "json"
    )["services"]
    images = {service["image"] for service in services.values() if "build" not in service}
    digests = {image: pinned(image) for image in sorted(images)}
    python = pinned(f"{BASE}:{base_tag()}").removeprefix(f"{BASE}:")
    override = {
        name: {"build": {"args": {"PYTHON": python}}}
        if "build" in service
        else {"image": digests[service["image"]]}
        for name, service in services.items()
    }
    OVERRIDE.write_text(json.dumps({"services": override}, indent=2) + "\n")  # JSON is YAML


if __name__ == "__main__":
    main()
