"""The way to a Temporal server that asks for certificates or an API key, with the certificates of deploy/certificates.sh."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from temporalio.client import Client
from temporalio.service import TLSConfig
from temporalio.testing import WorkflowEnvironment

from client.connection import connect
from client.errors import TemporalMisconfigured, TemporalUnreachable
from tests.support.tls_front import tls_front

ROOT = Path(__file__).parents[2]
OVERLAY: dict[str, Any] = YAML(typ="safe").load(ROOT / "deploy/mtls.yml")["services"]
CLIENTS = ("temporal-init", "worker", "web")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("no openssl here: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls") / "certificates"
    for _ in range(2):  # once more, as for a renewal
        subprocess.run(["sh", ROOT / "deploy/certificates.sh", folder], check=True)
    return folder


@pytest.fixture
async def front(env: WorkflowEnvironment, certificates: Path) -> AsyncIterator[str]:
    async with tls_front(env.client.service_client.config.target_host, certificates) as address:
        yield address


def as_in_compose(monkeypatch: pytest.MonkeyPatch, service: str, folder: Path, address: str) -> None:
    """Set the environment that this container has, with its certificates in this folder."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    for name, value in OVERLAY[service]["environment"].items():
        if name == "TEMPORAL_API_KEY":
            assert value.endswith("_API_KEY:-}")
            value = ""
        monkeypatch.setenv(name, value.replace("/certificates", str(folder)))


@pytest.mark.parametrize("service", CLIENTS)
async def test_each_part_gets_in_with_its_certificate(
    monkeypatch: pytest.MonkeyPatch, certificates: Path, front: str, service: str
) -> None:
    as_in_compose(monkeypatch, service, certificates / service, front)
    client = await connect()
    assert (await client.count_workflows()).count == 0


async def test_nobody_gets_in_without_a_certificate(
    monkeypatch: pytest.MonkeyPatch, certificates: Path, front: str
) -> None:
    as_in_compose(monkeypatch, "worker", certificates / "worker", front)
    monkeypatch.delenv("TEMPORAL_TLS_CLIENT_CERT_PATH")
    monkeypatch.delenv("TEMPORAL_TLS_CLIENT_KEY_PATH")
    with pytest.raises(TemporalUnreachable):
        await connect()


@pytest.fixture
def stranger(certificates: Path, tmp_path: Path) -> Path:
    """Return the folder of a client with a certificate of another authority, which trusts the right server."""
    subprocess.run(["sh", ROOT / "deploy/certificates.sh", tmp_path], check=True)
    shutil.copy(certificates / "ca.pem", tmp_path / "worker/ca.pem")
    return tmp_path / "worker"


async def test_nobody_gets_in_with_a_strangers_certificate(
    monkeypatch: pytest.MonkeyPatch, stranger: Path, front: str
) -> None:
    as_in_compose(monkeypatch, "worker", stranger, front)
    with pytest.raises(TemporalUnreachable):
        await connect()


async def test_another_server_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, certificates: Path, front: str, tmp_path: Path
) -> None:
    as_in_compose(monkeypatch, "worker", certificates / "worker", front)
    monkeypatch.setenv("TEMPORAL_TLS_SERVER_NAME", "another.example.org")
    with pytest.raises(TemporalUnreachable):
        await connect()


def test_the_key_of_the_authority_is_nobody_elses_to_read(certificates: Path) -> None:
    assert certificates.stat().st_mode & 0o777 == 0o700
    assert (certificates / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Collects what a connection is asked for, in place of making one."""
    asked: dict[str, Any] = {}

    async def note(**given: Any) -> None:
        asked.update(given)

    monkeypatch.setattr(Client, "connect", note)
    return asked


async def test_an_api_key_may_be_a_file(
    monkeypatch: pytest.MonkeyPatch, connected: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "TEMPORAL_API_KEY").write_text("key of the file\n")
    monkeypatch.setenv("LEADS_SECRETS", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.org:7233")
    await connect()
    assert connected["target_host"] == "temporal.example.org:7233"
    assert (connected["api_key"], connected["tls"]) == ("key of the file", True)
    monkeypatch.setenv("TEMPORAL_API_KEY", "key of the environment")
    await connect()
    assert connected["api_key"] == "key of the environment"


async def test_an_api_key_goes_with_a_certificate(
    monkeypatch: pytest.MonkeyPatch, connected: dict[str, Any], certificates: Path
) -> None:
    as_in_compose(monkeypatch, "web", certificates / "web", "temporal:7233")
    monkeypatch.setenv("TEMPORAL_API_KEY", "a key")
    await connect()
    assert connected["api_key"] == "a key"
    assert connected["tls"] == TLSConfig(
        server_root_ca_cert=(certificates / "ca.pem").read_bytes(),
        domain="temporal",
        client_cert=(certificates / "web/cert.pem").read_bytes(),
        client_private_key=(certificates / "web/key.pem").read_bytes(),
    )


async def test_an_api_key_is_not_sent_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, connected: dict[str, Any]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.org:7233")
    monkeypatch.setenv("TEMPORAL_API_KEY", "a key")
    monkeypatch.setenv("TEMPORAL_TLS", "false")
    with pytest.raises(TemporalMisconfigured, match="in the clear") as refused:
        await connect()
    assert "a key" not in str(refused.value)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:7233")
    await connect()
    assert connected["api_key"] == "a key"


def test_the_server_asks_for_certificates_and_each_part_sees_its_own() -> None:
    server = OVERLAY["temporal"]["environment"]
    assert server["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] == "true"
    assert OVERLAY.keys() == {"temporal", "temporal-ui", *CLIENTS}
    for name, service in OVERLAY.items():
        assert service["volumes"] == [f"${{CERTIFICATES:-./certificates}}/{name}:/certificates:ro"]
