"""PyGithub's clients with the credentials of the settings: a token, or a GitHub App."""

import math
from collections.abc import Mapping
from urllib.parse import urlsplit

import jwt
from github import Auth, Github

from activities.errors import park
from activities.github.connections import HttpConnection, HttpsConnection
from activities.github.installation import NarrowAuth
from config.groups import GitHub

API_VERSION = "2022-11-28"


def connect(settings: GitHub, rights: Mapping[str, str]) -> Github:
    """Return a client. It keeps a GitHub App's token, which has these rights, until that expires.

    Raises ApplicationError if the credentials or the API's address are missing or wrong, as `connect_as_app` does.
    """
    return _client(settings, _auth(settings, rights))


def connect_as_app(settings: GitHub) -> Github:
    """Return a client that signs as the GitHub App itself, for requests about its installations."""
    return _client(settings, _app_auth(settings))


def _client(settings: GitHub, auth: Auth.Auth) -> Github:
    address = urlsplit(settings.api_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise park("LEADS_GITHUB__API_URL is no URL: correct it, then retry")
    client = Github(
        auth=auth,
        base_url=settings.api_url.rstrip("/"),
        timeout=math.ceil(settings.timeout_seconds),
        user_agent="lead-to-hub",
        api_version=API_VERSION,
        retry=None,  # Temporal retries; PyGithub would repeat a POST, and sleep through rate limits
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )
    kind = HttpsConnection if address.scheme == "https" else HttpConnection
    vars(client.requester)["_Requester__connectionClass"] = kind  # there is no public way for one client
    return client


def _auth(settings: GitHub, rights: Mapping[str, str]) -> Auth.Auth:
    if settings.token:
        return Auth.Token(settings.token.get_secret_value())
    if settings.app_id is None or settings.app_installation_id is None:
        raise park(
            "No GitHub credentials: set LEADS_GITHUB__TOKEN, or LEADS_GITHUB__APP_ID, __APP_PRIVATE_KEY and "
            "__APP_INSTALLATION_ID, then retry"
        )
    repos = {settings.leads_repo, settings.hubs_repo}
    return NarrowAuth(_app_auth(settings), settings.app_installation_id, repos, rights)


def _app_auth(settings: GitHub) -> Auth.AppAuth:
    key = settings.app_private_key.get_secret_value() if settings.app_private_key else "missing"
    key = key.replace("\\n", "\n")  # some .env files hold it on one line
    auth = Auth.AppAuth(settings.app_id or 0, key)
    try:
        auth.create_jwt()
    except (jwt.PyJWTError, ValueError):
        raise park("LEADS_GITHUB__APP_PRIVATE_KEY is no private key (PEM): correct it, then retry") from None
    return auth
