"""The token endpoint: exchanges a service account's signed grant (RFC 7523) for an access token."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.google.discovery import api
from sandbox.google.errors import Family
from sandbox.google.state import GoogleState

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Audience that the client library signs for, whatever `token_uri` is; other clients use the endpoint's URL."""
_FAMILIES: tuple[Family, ...] = get_args(Family)
LIFETIME = timedelta(seconds=3600)


class RefusedError(Exception):
    """A refusal, with `error` and `error_description` of the response."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.code = code


async def token(request: Request, state: GoogleState, key: RSAPublicKey) -> Response:
    """Serve `POST /token`: a Bearer token that is valid for an hour, or 400 or 401 with OAuth's `error`."""
    form = await request.form()
    try:
        if form.get("grant_type") != GRANT:
            raise RefusedError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        claims = _claims(str(form.get("assertion", "")), key, str(request.url.replace(query="")), state)
        email, scopes = _allowed(claims, state)
    except RefusedError as refused:
        body = {"error": refused.error, "error_description": str(refused)}
        return JSONResponse(body, status_code=refused.code)
    request.scope["sandbox.caller"] = email
    access = state.issue(email, scopes, LIFETIME)
    return JSONResponse(
        {"access_token": access, "expires_in": int(LIFETIME.total_seconds()) - 1, "token_type": "Bearer"}
    )


def _claims(assertion: str, key: RSAPublicKey, endpoint: str, state: GoogleState) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            audience=[AUDIENCE, endpoint],
            leeway=10,
            options={"require": ["iss", "aud", "iat", "exp"]},
        )
    except jwt.InvalidSignatureError:
        raise RefusedError("invalid_grant", "Invalid JWT Signature.") from None
    except jwt.InvalidAudienceError:
        raise RefusedError(
            "invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {AUDIENCE}"
        ) from None
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise _unreasonable() from None
    except jwt.InvalidTokenError:
        raise RefusedError("invalid_grant", "Bad Request") from None
    if not 0 < claims["exp"] - claims["iat"] <= LIFETIME.total_seconds():
        raise _unreasonable()
    if datetime.fromtimestamp(claims["iat"], UTC) > datetime.now(UTC) + timedelta(seconds=10):
        raise _unreasonable()
    if claims["iss"] != state.service_account:
        raise RefusedError("invalid_grant", "Invalid grant: account not found")
    return claims


def _unreasonable() -> RefusedError:
    return RefusedError(
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
        "Check your iat and exp values in the JWT claim.",
    )


def _allowed(claims: dict[str, Any], state: GoogleState) -> tuple[str, frozenset[str]]:
    """Return the address and the scopes that the token will stand for."""
    known = {scope for family in _FAMILIES for method in api(family).methods for scope in method.scopes}
    scopes = frozenset(str(claims.get("scope", "")).split())
    if not scopes or not scopes <= known:
        raise RefusedError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    subject = claims.get("sub", claims["iss"])
    if subject != claims["iss"] and subject not in state.delegated:
        raise RefusedError(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for "
            "any of the scopes requested.",
            401,
        )
    return subject, scopes
