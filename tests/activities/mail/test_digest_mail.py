"""A digest that the mail server refuses says whose address it is, and where to correct it."""

from datetime import date

import pytest
from temporalio.exceptions import ApplicationError

from activities.digest import DigestMailer
from config.settings import Settings
from process.policy import Policy
from process.types import Role
from process.views.digest import DigestMail, Week
from sandbox.faults import Fault
from sandbox.server import Sandbox

OF_ROLE = DigestMail(
    key="sales", week=Week(name="2026-W23", day=date(2026, 6, 1)), role=Role.SALES, sections=()
)
OF_PERSON = OF_ROLE.replaced(key="sales-0a1b", person="Grace", address="grace@example.org")


@pytest.mark.parametrize(
    ("digest", "policy", "remedy"),
    [
        (OF_ROLE, Policy(), "who has the role sales: correct LEADS_ADDRESSES__SALES"),
        (
            OF_ROLE,
            Policy(addresses={Role.SALES: ("sell@example.org",)}),
            "who has the role sales: correct addresses.sales of the policy",
        ),
        (OF_PERSON, Policy(), "a person who has sales for a lead: assign the lead anew"),
    ],
    ids=["the settings' role", "the policy's role", "a person"],
)
def test_a_refused_digest_names_what_to_correct(
    settings: Settings, sandbox: Sandbox, digest: DigestMail, policy: Policy, remedy: str
) -> None:
    sandbox.faults.add(Fault(system="mail", kind="mail_refused", command="RCPT"))
    with pytest.raises(ApplicationError) as raised:
        DigestMailer(settings, policy).send(digest)
    assert raised.value.type == "Parked"
    assert remedy in raised.value.message
    assert ("LEADS_ADDRESSES" in raised.value.message) is ("LEADS_ADDRESSES" in remedy)
    assert "@" not in raised.value.message  # failures stay in histories
