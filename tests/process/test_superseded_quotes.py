"""A quote that takes the place of another says so to everybody who got a mail about the earlier one."""

from typing import Any

import pytest

from activities.mail.text import mail_body
from config.settings import Settings
from process.effects import SendMail
from tests.support.lives import QUOTE, Life

OLD, NEW = "old@example.org", "new@example.org"
CHEAPER = QUOTE | {"amount": "9000"}
BEFORE: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[tuple[str, ...]]]] = {
    "the same people": ((OLD,), (OLD,), [(OLD,)]),
    "other people": ((OLD,), (NEW,), [(NEW,), (OLD,)]),
    "one more": ((OLD,), (OLD, NEW), [(OLD, NEW)]),
    "one less": ((OLD, NEW), (NEW,), [(NEW,), (OLD,)]),
}
"""The contracts team at the first quote and at the second, and the recipients of each mail about the second."""


def mails(life: Life) -> list[tuple[str, ...]]:
    return [mail.recipients for mail in life.lead.mails if mail.template == "price_quoted"]


@pytest.mark.parametrize("case", BEFORE)
def test_the_readers_of_the_earlier_mail_get_the_new_one(case: str) -> None:
    first, second, expected = BEFORE[case]
    policy: dict[str, Any] = {"addresses": {"contracts": first}}
    life = Life(policy=policy).quoted().perform()
    life.gets_team(contracts=second).perform().quoted(**CHEAPER).perform()
    assert mails(life) == [first, *expected]


def test_the_mail_names_the_price_that_no_longer_counts() -> None:
    life = Life().quoted().perform().quoted(**CHEAPER).perform()
    first, second = (
        mail_body(effect, life.lead, Settings(_env_file=None), namespace="default").text
        for effect in life.planned
        if isinstance(effect, SendMail) and effect.template == "price_quoted"
    )
    assert "It takes the place of version 1 (12,000.00 USD a year), about which you got a mail" in second
    assert "was quoted a new price: 9,000.00 USD a year." in second
    assert "takes the place" not in first


@pytest.mark.parametrize("mailed", [True, False])
def test_a_quote_after_a_mistaken_one_names_that_if_it_was_mailed(mailed: bool) -> None:
    life = Life().quoted()
    if mailed:
        life.perform()
    life.does("corrected", seq=2, reason="A slip")
    life.perform().quoted(**CHEAPER).perform()
    newest = [e for e in life.planned if isinstance(e, SendMail) and e.template == "price_quoted"][-1]
    text = mail_body(newest, life.lead, Settings(_env_file=None), namespace="default").text
    assert ("It takes the place of version 1 (12,000.00 USD a year)" in text) is mailed
    assert ("From here on, you are part of this conversation" in text) is not mailed


@pytest.mark.parametrize("between", ["quote_declined", "signed and renewed"])
def test_a_quote_that_supersedes_none_is_not_mailed_again(between: str) -> None:
    if between == "quote_declined":
        life = Life().quoted().perform()
        life.does("quote_declined", reason="Too much")
    else:
        life = Life().live().until("2027-04-20").perform()
    before = mails(life)
    life.quoted(**CHEAPER).perform()
    assert mails(life) == before
