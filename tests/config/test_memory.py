"""A worker sees the memory that its container gives it, and keeps as many leads ready as fit in."""

from pathlib import Path

import pytest

import client.worker_options
from client.worker_options import FEWEST_LEADS, cache_mb, cached_leads
from config.memory import MACHINE_SHARE, available_memory
from config.settings import Settings

NO_LIMIT = 2**63 - 4096
"""The limit of version 1 if there is none."""


def available(folder: Path, groups: str, **limits: int | str) -> int:
    """Return the available memory with these lines in /proc/self/cgroup and these limits (`_` for a folder)."""
    own = folder / "own"
    own.write_text(groups)
    for name, limit in limits.items():
        file = folder / name.replace("__", "/").replace("max", "memory.max").replace(
            "v1", "memory.limit_in_bytes"
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{limit}\n")
    return available_memory(folder, own)


def test_the_lowest_limit_of_all_groups_around_counts(tmp_path: Path) -> None:
    found = available(tmp_path, "0::/a/b\n", max="max", a__max=5_000_000, a__b__max=6_000_000)
    assert found == 5_000_000


def test_in_a_container_its_own_group_is_the_root(tmp_path: Path) -> None:
    assert available(tmp_path, "0::/\n", max=1_000_000) == 1_000_000


def test_version_1_has_a_limit_of_its_own(tmp_path: Path) -> None:
    groups = "9:name=systemd:/\n4:cpu,memory:/a\n0::/\n"
    assert available(tmp_path, groups, memory__v1=NO_LIMIT, memory__a__v1=7_000_000) == 7_000_000


@pytest.mark.parametrize("groups", ["0::/a\n", "4:memory:/a\n", ""])
def test_without_a_limit_it_is_a_share_of_the_machine(tmp_path: Path, groups: str) -> None:
    found = available(tmp_path, groups, max="max", memory__a__v1=NO_LIMIT)
    assert found > 0
    assert available(tmp_path, "0::/\n", max=found * MACHINE_SHARE * 2) == found


def test_the_cache_is_half_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.worker_options, "available_memory", lambda: 1_000_000_000)
    settings = Settings(_env_file=None)
    assert cache_mb(settings) == 350
    assert cached_leads(settings) == int(350 / client.worker_options.LEAD_MB)
    assert cache_mb(Settings(_env_file=None, cache_mb=70)) == 70


def test_a_worker_without_memory_to_spare_keeps_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.worker_options, "available_memory", lambda: 100_000_000)
    assert cached_leads(Settings(_env_file=None)) == FEWEST_LEADS
