"""Addresses of pages and servers: those to which a browser may be led, and credentials may be sent."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
"""The beginning of an address with a scheme; `host:8080` has none."""


def is_loopback(url: str) -> bool:
    """Return True if the URL leads to the machine on which it is opened, or to all its addresses."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return not host
    return address.is_loopback or address.is_unspecified


def link_complaint(url: str) -> str:
    """Return why this is no address that a person may be led to, as a clause; empty if it is one.

    Other schemes than https do something else than showing a page, or show one that anybody on the way can change.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "is no address"
    if not host or parts.scheme not in ("https", "http") or not url.isprintable() or " " in url:
        return "is no address of a page; it begins with https://"
    if parts.scheme == "http" and not is_loopback(url):
        return "is not encrypted: it begins with http:// and not with https://"
    return ""


def has_scheme(text: str) -> bool:
    """Return True if the text is written as an address with a scheme, such as https:// or mailto:"""
    return bool(_SCHEME.match(text.strip()))
