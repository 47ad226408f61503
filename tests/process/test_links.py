"""Addresses that people are led to: https, and http on this machine only."""

from typing import Any

import pytest
from pydantic import ValidationError

from process.lead.duplicate_links import DuplicateLink
from process.links import link_complaint
from process.types import GIVEN, Link
from tests.support.lives import Life

EVIL = (
    "javascript:alert(1)",
    "JavaScript:alert(1)//https://example.org",
    "data:text/html,<script>",
    "file:///etc/passwd",
    "//example.org",
    "https://",
    "https:example.org",
    "ftp://example.org",
    "http://example.org",
    "http://localhost.example.org",
    "https://a b",
    "https://[",
    "https://example.org\njavascript:1",
)


@pytest.mark.parametrize("url", EVIL)
def test_a_browser_is_led_to_encrypted_pages_only(url: str) -> None:
    assert link_complaint(url)
    for given in ({"id": "1", "url": url}, {"lead_id": "lead-1", "url": url}):
        model: Any = Link if "id" in given else DuplicateLink
        with pytest.raises(ValidationError):
            model.model_validate(given, context=GIVEN)
        stored = model.model_validate(given)
        assert not stored.url or stored.url.startswith("http://")  # as older leads may have it


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a?b#c", "https://example.org:8443", "http://localhost:8080/x", "http://127.0.0.1"],
)
def test_encrypted_pages_and_this_machine_are_fine(url: str) -> None:
    assert not link_complaint(url)
    assert Link.model_validate({"id": "1", "url": url}, context=GIVEN).url == url


@pytest.mark.parametrize("url", EVIL)
def test_an_asset_has_no_other_address(url: str) -> None:
    assert Life().refused("asset_attached", name="Notes", url=url)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://hub.example.org", "mailto:a@example.org"])
def test_a_hub_has_no_other_address(url: str) -> None:
    life = Life().requested()
    for kind, field in (
        ("hub_information_given", "url"),
        ("hub_information_given", "logo_url"),
        ("hub_live", "url"),
    ):
        assert repr(url) in life.refused(kind, **{field: url})
