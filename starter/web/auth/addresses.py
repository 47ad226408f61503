"""The address of a client, also behind proxies that are believed."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

from fastapi import Request

from process.links import is_loopback

FORWARDED = frozenset({"cf-connecting-ip", "forwarded", "true-client-ip", "via", "x-real-ip"})
"""Headers by which a proxy shows itself, beside those that begin with X-Forwarded-."""


@dataclass(frozen=True)
class Proxies:
    """The proxies that are believed."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return the proxies with these addresses or networks."""
        return cls(tuple(ip_network(text, strict=False) for text in texts))

    def trusts(self, address: str) -> bool:
        """Return True if this is the address of one of the proxies."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        known = getattr(known, "ipv4_mapped", None) or known
        return any(known in network for network in self.networks)

    def client(self, request: Request) -> str:
        """Return the address from which a request came: the last one in X-Forwarded-For that is none of the proxies.

        Several such lines are one list. What is no address there, counts as the proxy that wrote it.
        """
        address = peer(request)
        for each in reversed(",".join(request.headers.getlist("x-forwarded-for")).split(",")):
            if not self.trusts(address) or not _is_address(each.strip()):
                break
            address = each.strip()
        return address


def peer(request: Request) -> str:
    """Return the address of the connection."""
    return request.client.host if request.client else ""


def is_at_this_machine(request: Request) -> bool:
    """Return True if the request comes from a program on this machine, and no proxy shows itself in it.

    Browsers and programs speak HTTP/1.1 here; a plain proxy speaks HTTP/1.0 unless it is told otherwise.
    """
    address = peer(request)
    host = f"[{address}]" if ":" in address else address
    if not is_loopback(f"//{host}") or request.scope.get("http_version") == "1.0":
        return False
    return not any(name in FORWARDED or name.startswith("x-forwarded-") for name in request.headers)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
