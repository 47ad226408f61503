"""The service account's key file, in the format of the Cloud console, with the sandbox's token endpoint."""

import json
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key


def write_key_file(file: Path, email: str, token_uri: str) -> RSAPublicKey:
    """Write the key file, readable by its owner only, and return the public key.

    An existing file's key is kept, so that it survives a restart on another port.
    """
    private_key = _key(file)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    content = {
        "type": "service_account",
        "project_id": "sandbox",
        "private_key_id": "sandbox",
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=2))
    return private_key.public_key()


def _key(file: Path) -> RSAPrivateKey:
    if file.exists():
        pem = json.loads(file.read_text())["private_key"].encode()
        found = serialization.load_pem_private_key(pem, password=None)
        if isinstance(found, RSAPrivateKey):
            return found
    return _generated()


@cache
def _generated() -> RSAPrivateKey:
    """Return a new key. It is generated once per process, because that takes longer than starting a sandbox."""
    return generate_private_key(public_exponent=65537, key_size=2048)
