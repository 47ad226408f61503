"""The one check of mail addresses, and how they are compared."""

import pytest

from config.groups import Addresses
from process.addresses import ascii_address, complaint_about, folded, without_name
from process.decisions.opening import contact_complaint
from process.github.forms import read_issue
from process.policy import Team
from process.types import Role


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+hub@mail.example.org", "ada+hub@mail.example.org"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@例え.example", "ada@xn--r8jz45g.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
    ],
)
def test_an_address_is_sent_with_its_domain_in_ascii(address: str, sent: str) -> None:
    assert complaint_about(address) == ""
    assert ascii_address(address) == sent


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org, grace@example.org",
        "ada@example.org grace@example.org",
        "ada@example.org;grace@example.org",
        "ada@grace@example.org",
        "Ada <ada@example.org>",
        "ädä@example.org",
        "ada@exa_mple.org",
        "ada@-example.org",
        "ada@example..org",
        "ada..b@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada\u202e@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a" * 64 + ".org",
        "ada@" + "a." * 130 + "org",
    ],
)
def test_what_cannot_be_sent_to_is_refused(address: str) -> None:
    assert complaint_about(address)
    assert contact_complaint(None, address) is not None
    with pytest.raises(ValueError, match="address"):
        Team(addresses={Role.SALES: (address,)})
    with pytest.raises(ValueError, match="address"):
        Addresses(sales=[address])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada@Example.org", "ada@example.ORG", True),
        ("john.smith@example.org", "johnsmith@example.org", False),
        ("ada@uni-verse.example", "ada@universe.example", False),
        ("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example", True),
    ],
)
def test_addresses_are_compared_as_written(one: str, other: str, same: bool) -> None:
    assert (folded(one) == folded(other)) is same


@pytest.mark.parametrize(
    "written",
    ["ada@example.org", "Ada Example <ada@example.org>", "<ada@example.org>", "mailto:ada@example.org"],
)
def test_a_form_may_give_the_name_with_the_address(written: str) -> None:
    assert without_name(written) == "ada@example.org"
    body = f"### E-mail\n\n{written}\n"
    assert read_issue("[Example / Ada] - A hub", body).fields["email"] == "ada@example.org"
