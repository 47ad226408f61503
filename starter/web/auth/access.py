"""The ways by which people come in, as the settings open them."""

from dataclasses import dataclass
from typing import Self

from config.settings import Settings
from process.links import is_loopback
from starter.web.auth.addresses import Proxies
from starter.web.auth.people import Way


@dataclass(frozen=True)
class Access:
    """The ways in. Without sign-in and proxy, the person at this machine is there."""

    ways: frozenset[Way]
    proxy_header: str
    proxies: Proxies
    url: str
    """Root URL of the pages; empty: that at which they are asked, on this machine."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the ways that these settings open."""
        web = settings.web
        ways = {Way.GITHUB} if web.github_client_id else set()
        ways |= {Way.PROXY} if web.proxy_header else set()
        return cls(
            frozenset(ways or {Way.MACHINE}),
            web.proxy_header,
            Proxies.of(web.trusted_proxies),
            (web.url or "").rstrip("/"),
        )

    @property
    def is_encrypted(self) -> bool:
        """True if browsers reach the pages by https."""
        return self.url.startswith("https://")


def start_complaint(settings: Settings, host: str) -> str:
    """Return why the pages must not be served at this address, and what to set; empty if they may."""
    access = Access.of(settings)
    if Way.GITHUB in access.ways and not settings.signing_key:
        return (
            "Sign-in needs LEADS_SIGNING_KEY, with which sessions are signed: set it to what "
            "`openssl rand -hex 32` prints."
        )
    if is_loopback(f"//[{host}]" if ":" in host else f"//{host}") and not _is_everywhere(host):
        return ""
    if Way.MACHINE in access.ways:
        return (
            f"Everybody who reaches {host} could see and decide every lead. Let people sign in: set "
            "LEADS_WEB__GITHUB_CLIENT_ID and LEADS_WEB__GITHUB_CLIENT_SECRET (and LEADS_PEOPLE), or "
            "LEADS_WEB__PROXY_HEADER and LEADS_WEB__TRUSTED_PROXIES. Or listen on 127.0.0.1."
        )
    if not access.url:
        return (
            f"Nobody knows by which address people reach {host}: set LEADS_WEB__URL to it, such as "
            "https://leads.example.org. Requests for other hosts are refused."
        )
    return ""


def _is_everywhere(host: str) -> bool:
    """Return True for an address that stands for all of the machine's."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104 - it is compared, not bound
