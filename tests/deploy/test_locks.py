"""The lock files, and the libraries whose versions are inputs of replay."""

import re
import tomllib

import pytest

from .conftest import ROOT

REPLAYED = {"temporalio", "pydantic", "babel", "python-dateutil", "tzdata"}
"""Libraries that decide together with a lead's history what the lead does."""

DEPENDENCIES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
LOCKS = ("requirements.lock", "requirements-dev.lock")
TOOLS = "requirements-audit.lock"


def locked(name: str) -> dict[str, str]:
    """Return the version of each library in this lock file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", [*LOCKS, TOOLS])
def test_a_lock_names_no_host_and_has_a_hash_for_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_inputs_of_replay_have_exact_versions_which_are_the_locked_ones() -> None:
    exact = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)$", "\n".join(DEPENDENCIES), re.MULTILINE))
    assert set(exact) == REPLAYED
    for lock in LOCKS:
        assert {name: locked(lock)[name] for name in exact} == exact


def test_an_upgrade_says_what_to_do_with_them() -> None:
    upgrade = (ROOT / "docs/operations.md").read_text().split("## Upgrade")[1].split("\n## ")[0]
    assert not [name for name in REPLAYED if f"`{name}`" not in upgrade]
    assert "leads verify" in upgrade
    assert re.search(r"^    PYTHONTZPATH=$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
