"""The settings that the leads of a task queue belong to, and workers with others."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from client.belonging import demand_same_keys, recorded
from client.claiming import adopt, belonging_of, claim
from client.errors import KeysFailed, SettingsDiffer
from config.settings import Settings
from ledger.ledger import Ledger

_numbers = count(1)
SANDBOX = "http://sandbox.localhost:8080/api/v3"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Return settings of one task queue, with these variables."""
    queue = f"belonging-{next(_numbers)}"

    def make(ledger: str = "first", **variables: str) -> Settings:
        with pytest.MonkeyPatch.context() as patch:
            usual = {"LEADS_GITHUB__TOKEN": "s3cret", "LEADS_TASK_QUEUE": queue}
            usual["LEADS_LEDGER_URL"] = f"sqlite:///{tmp_path / ledger}.sqlite"
            for name, value in (usual | variables).items():
                patch.setenv(name, value)
            return Settings(_env_file=None)

    return make


async def test_the_first_worker_s_settings_are_recorded_without_secrets(
    env: WorkflowEnvironment, settings: Callable[..., Settings]
) -> None:
    first = settings()
    await claim(env.client, first)
    await claim(env.client, first)
    known = await recorded(env.client, first.task_queue)
    assert known
    assert known.ledger
    assert "s3cret" not in known.model_dump_json()


async def test_a_worker_without_keys_is_refused(
    env: WorkflowEnvironment, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    def keys(name: str) -> dict[str, str]:
        url = f"sqlite:///{tmp_path / name}.sqlite"
        return {"LEADS_KEYS__MASTER_KEY": "k" * 32, "LEADS_KEYS__STORE_URL": url}

    await claim(env.client, settings())
    await claim(env.client, settings(**keys("ours")))  # from now on what is written is sealed
    await claim(env.client, settings(**keys("ours")))
    another = settings(**keys("another"))
    await belonging_of(another, create_keys=True)
    lost = settings(**keys("lost"))
    for without, why in (
        (another, "is another key store"),
        (lost, "are no keys"),
        (settings(), "are no keys"),
    ):
        with pytest.raises(SettingsDiffer) as refused:
            await claim(env.client, without)
        assert why in refused.value.differences[0]
    for elsewhere in (another, lost):
        with pytest.raises(KeysFailed, match="not the one of this service's workers"):
            await demand_same_keys(env.client, elsewhere)
    await demand_same_keys(env.client, settings(**keys("ours")))
    assert not (tmp_path / "lost.sqlite").exists(), "a worker makes no store in place of a lost one"


@pytest.mark.parametrize(
    ("variables", "difference"),
    [
        ({"ledger": "other"}, "the ledger is the one that was at "),
        ({"LEADS_GITHUB__ORG": "other"}, "the organisation is 2i2c-org, here it is other"),
        ({"LEADS_GITHUB__API_URL": SANDBOX}, "GitHub is api.github.com, here it is sandbox"),
        ({"LEADS_GITHUB__TOKEN": ""}, "there are credentials for GitHub, here there are none"),
    ],
)
async def test_a_worker_with_other_settings_is_refused_until_they_are_adopted(
    env: WorkflowEnvironment,
    settings: Callable[..., Settings],
    tmp_path: Path,
    variables: dict[str, str],
    difference: str,
) -> None:
    await claim(env.client, settings())
    other = settings(**variables)
    with pytest.raises(SettingsDiffer) as refused:
        await claim(env.client, other)
    assert refused.value.differences[0].startswith(difference)
    assert not (tmp_path / "other.sqlite").exists()
    await adopt(env.client, other)
    await claim(env.client, other)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"LEADS_GITHUB__TOKEN": ""}, {}),
        ({"LEADS_GITHUB__API_URL": SANDBOX}, {"LEADS_GITHUB__API_URL": "http://127.0.0.1:9/api/v3"}),
        ({}, {"ledger": "./first"}),
    ],
    ids=["credentials came", "the sandbox has another port", "another way to the same ledger"],
)
async def test_what_is_no_other_place_is_no_difference(
    env: WorkflowEnvironment,
    settings: Callable[..., Settings],
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    await claim(env.client, settings(**before))
    await claim(env.client, settings(**after))


def test_a_ledger_keeps_its_identity_in_a_copy(tmp_path: Path) -> None:
    one, other = tmp_path / "one.sqlite", tmp_path / "other.sqlite"
    first = Ledger.open(f"sqlite:///{one}")
    identity = first.identity()
    first.close()
    other.write_bytes(one.read_bytes())
    copy, another = Ledger.open(f"sqlite:///{other}"), Ledger.open(f"sqlite:///{tmp_path / 'third.sqlite'}")
    assert copy.identity() == identity
    assert another.identity() not in ("", identity)
    copy.close()
    another.close()
