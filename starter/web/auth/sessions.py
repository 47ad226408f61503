"""Sessions of people who signed in: a signed cookie that names the account, and nothing that is secret.

A session ends after some hours without use, after some days in any case, and when its person signs out, here or
everywhere.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import itsdangerous
from fastapi import Request
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp

from config.signing import sign
from starter.web.auth.store import Account

IDLE = timedelta(hours=12)
"""Time after which an unused session ends."""
MAX_AGE = timedelta(days=7)
"""Time after which a session ends in any case."""
USE_NOTED = timedelta(minutes=10)
"""The cookie tells the last use no more exactly than this, so that most answers need not set it."""

_PURPOSE = "sessions"
_ACCOUNT, _EPOCH, _SINCE, _SEEN = "account", "epoch", "since", "seen"


class Sessions(SessionMiddleware):
    """Reads and writes the cookie. The first key signs; the previous one counts, too, while keys are rotated."""

    def __init__(self, app: ASGIApp, keys: Sequence[str], *, is_encrypted: bool) -> None:
        super().__init__(
            app,
            secret_key="",
            session_cookie="__Host-leads" if is_encrypted else "leads",
            max_age=int(IDLE.total_seconds()),
            same_site="lax",
            https_only=is_encrypted,
        )
        ours = [sign(key, _PURPOSE) for key in keys] or [secrets.token_hex()]  # without a key nobody signs in
        self.signer = itsdangerous.TimestampSigner(
            list(reversed(ours)), salt=_PURPOSE, digest_method=hashlib.sha256
        )


def begin(request: Request, account: Account, now: datetime) -> None:
    """Begin the session of an account. Whatever the cookie held before is gone."""
    request.session.clear()
    request.session.update(
        {
            _ACCOUNT: account.person.account,
            _EPOCH: account.epoch,
            _SINCE: now.isoformat(),
            _SEEN: now.isoformat(),
        }
    )


def end(request: Request) -> None:
    """End the session in this browser."""
    request.session.clear()


def account_in(request: Request, now: datetime) -> str | None:
    """Return the key of the account whose session it is, and note its use; None if there is none, or it is over."""
    session = request.session
    try:
        since, seen = (datetime.fromisoformat(session[name]) for name in (_SINCE, _SEEN))
    except KeyError:
        return None
    if now - since > MAX_AGE or now - seen > IDLE:
        return None
    if now - seen > USE_NOTED:
        session[_SEEN] = now.isoformat()
    return str(session[_ACCOUNT])


def is_of(request: Request, account: Account) -> bool:
    """Return True if the session was begun since the account last signed out everywhere."""
    return request.session.get(_EPOCH) == account.epoch
