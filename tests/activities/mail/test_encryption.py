"""Both ways to encrypt, on a server with a certificate made for the occasion."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from temporalio.exceptions import ApplicationError

from activities.mail.smtp import deliver
from config.groups import Mail

MESSAGE = b"Subject: Hello\r\n\r\nHello\r\n.\r\nthere\r\n"


class Taken:
    """Keeps what was sent, and whether it came encrypted."""

    def __init__(self) -> None:
        self.mails: list[tuple[bool, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        transport = server.transport
        encrypted = transport is not None and transport.get_extra_info("ssl_object") is not None
        self.mails.append((encrypted, envelope.content))
        return "250 OK"


def certificate(folder: Path) -> Path:
    """A self-signed certificate for this machine, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


async def send(security: Literal["tls", "starttls"], pem: Path) -> list[tuple[bool, bytes]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    taken, loop = Taken(), asyncio.get_running_loop()
    starttls = context if security == "starttls" else None
    server = await loop.create_server(
        lambda: SMTP(taken, tls_context=starttls, require_starttls=bool(starttls), loop=loop),
        "127.0.0.1",
        0,
        ssl=None if starttls else context,
    )
    async with server:
        host, port = server.sockets[0].getsockname()
        settings = Mail(host=host, port=port, security=security, timeout_seconds=10)
        await asyncio.to_thread(
            deliver, settings, "leads@example.org", {"sales@example.org": "sales"}, MESSAGE
        )
    return taken.mails


@contextmanager
def trusting(pem: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(pem))
        yield


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_it_is_sent_encrypted(
    security: Literal["tls", "starttls"], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusting(pem, monkeypatch):
        assert await send(security, pem) == [(True, MESSAGE)]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_parks(
    security: Literal["tls", "starttls"], pem: Path
) -> None:
    with pytest.raises(ApplicationError) as raised:
        await send(security, pem)
    assert raised.value.non_retryable
    assert "certificate" in raised.value.message
