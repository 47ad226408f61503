"""The example files are right: the service reads them, and the units start what exists."""

import configparser
from pathlib import Path

import pytest

from activities.pricing import books_in
from config.policy_file import current_policy
from config.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "deploy/examples"


def test_the_policy_is_read() -> None:
    policy = current_policy(Settings(_env_file=None, policy_file=EXAMPLES / "policy.toml"))
    assert (policy.version, policy.periods.stale, policy.periods.archive) == ("2027-01", 21, 365)


def test_the_prices_are_read() -> None:
    (book,) = books_in(EXAMPLES / "prices.json")
    assert [plan.name for plan in book.plans] == ["Education", "Research", "Partnership"]
    assert [tier.upto for tier in book.tiers] == [100, None]


@pytest.mark.parametrize("unit", sorted(EXAMPLES.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_starts_what_is_there(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign] # keys are case-sensitive
    read.read_string(unit.read_text())
    command = read["Service"]["ExecStart"]
    assert command.startswith("/srv/leads/.venv/bin/")
    assert command.endswith("leads up --no-sandbox") or (ROOT / command.rpartition(" ")[2]).is_file()
    assert read["Install"]["WantedBy"] == "multi-user.target"
