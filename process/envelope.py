"""The envelope of a decision: who decides, vouched for by the service.

Anybody who reaches Temporal can send a lead any text. So a face of the service signs what it says of the person, together
with the decision and the lead that it is for. The lead knows only the public keys: its workers tell them in the results of
a local activity, which no message can forge (`Recorded`). Public keys stand in the lead's state, so a replay judges each
message as it was judged first.
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from pydantic import ValidationError

from process.actor import BY_SERVICE, Actor
from process.types import Given, Id

EVERY_LEAD = ""
"""In place of the id of a lead, for what the service tells all of them alike."""

THE_SERVICE = Actor(identity=BY_SERVICE)
"""Stands for the service itself, where it says something of its own."""

_PURPOSE = b"decisions"


class Envelope(Given):
    """The second argument of a signal or an update that takes a decision."""

    actor: Actor
    seen: int | None = None
    """Number of the newest event that the person knew. The lead refuses the decision if somebody, or a date, has decided
    since. None: they decide whatever has happened."""
    signature: Id = ""
    """Signature by Ed25519 (base64); empty if the sender has no key."""


def sign(secret: str, lead_id: str, kind: str, body: Any, actor: Actor, seen: int | None = None) -> Envelope:
    """Return the envelope of this decision for this lead. Without a secret, it is not signed."""
    if not secret:
        return Envelope(actor=actor, seen=seen)
    signature = _private(secret).sign(_content(lead_id, kind, body, actor, seen)).signature
    return Envelope(actor=actor, seen=seen, signature=b64encode(signature).decode())


def envelope_in(args: tuple[Any, ...]) -> Envelope | None:
    """Return the envelope in the arguments of a message; None if there is none that can be read."""
    match args:
        case (_, dict(sent)):
            try:
                return Envelope.model_validate(sent)
            except ValidationError:
                return None
    return None


def is_from_service(args: tuple[Any, ...], keys: Sequence[str], lead_id: str, kind: str) -> bool:
    """Return True if the service signed this message of its own, for this lead or for every lead. Never raises."""
    envelope = envelope_in(args)
    return envelope is not None and any(
        is_signed(envelope, keys, whose, kind, args[0]) for whose in (EVERY_LEAD, lead_id)
    )


def is_signed(envelope: Envelope, keys: Sequence[str], lead_id: str, kind: str, body: Any) -> bool:
    """Return True if one of these keys signed this decision for this lead. Never raises."""
    if not envelope.signature:
        return False
    try:
        signature = b64decode(envelope.signature, validate=True)
        content = _content(lead_id, kind, body, envelope.actor, envelope.seen)
    except (ValueError, TypeError, RecursionError):
        return False
    return any(_verifies(key, signature, content) for key in keys)


def public_key(secret: str) -> str:
    """Return the key by which leads know what this secret has signed (base64)."""
    return b64encode(bytes(_private(secret).verify_key)).decode()


def _private(secret: str) -> SigningKey:
    """Return the private key. Links are signed with the same secret for other purposes (`config.signing`)."""
    return SigningKey(hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256))


def _content(lead_id: str, kind: str, body: Any, actor: Actor, seen: int | None) -> bytes:
    claims = actor.model_dump(mode="json", exclude={"authenticated"})
    said = [lead_id, kind, body, claims, *([] if seen is None else [seen])]
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _verifies(key: str, signature: bytes, content: bytes) -> bool:
    try:
        VerifyKey(b64decode(key)).verify(content, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
