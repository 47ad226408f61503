"""The memory that this process may use: the limit of its control group, or a share of the machine's memory."""

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
MACHINE_SHARE = 4
"""Without a limit, this process uses at most the machine's memory divided by this: others run there, too."""


def available_memory(groups: Path = CGROUPS, own: Path = OWN_GROUPS) -> int:
    """Return the bytes that this process may use, by its control groups (version 1 or 2) and the machine's size."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = min(_group_limits(groups, own), default=machine)
    return limit if limit < machine else machine // MACHINE_SHARE


def _group_limits(groups: Path, own: Path) -> Iterator[int]:
    """Yield the limits of our groups and of those around them. In a container, its own group may be the root."""
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, file = groups, "memory.max"
        elif "memory" in controllers.split(","):
            root, file = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = root / path.lstrip("/")
        for each in (group, *group.parents):
            if each.is_relative_to(root):
                try:
                    yield int((each / file).read_text())
                except (OSError, ValueError):  # no such group is visible from here, or no limit: `max`
                    continue
