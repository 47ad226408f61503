"""No face gets around the rule of who may decide: comments, edits, the board, signals, updates, the command line."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from client.errors import DecisionRefused
from process.actor import Actor, Face
from process.decisions.discounts import DiscountApproved
from process.envelope import sign
from process.types import Role
from starter.cli.options import given
from tests.support.deployment import CONTRACTS, SALES, Deployment
from tests.support.lead_issue import LeadIssue, lead_issue

__all__ = ["lead_issue"]

ENGINEERING = "eda-engineering"
PRICE = "/price-quoted amount=12000 currency=USD per=year"
DISCOUNTED = f'{PRICE} discount_percent=20 discount_reason="A pilot"'
CLAIMS = Actor(face=Face.COMMENT, identity=CONTRACTS, roles=(Role.CONTRACTS,), authenticated=True)


async def says(deployment: Deployment, lead: Any, text: str, login: str) -> str:
    """Write a comment and return the answer to it."""
    await deployment.sync(lead, await deployment.comment(lead, text, login=login))
    return (await deployment.answers(lead))[-1]


async def test_a_signature_is_not_taken_back_by_a_comment_of_another_role(deployment: Deployment) -> None:
    lead = await deployment.open()
    for text, login in (
        (PRICE, SALES),
        ("/quote-accepted", SALES),
        ("/contract-handed-over", SALES),
        ("/contract-signed evidence=https://drive.example.org/signed.pdf", CONTRACTS),
    ):
        await says(deployment, lead, text, login)
    view = await deployment.leads.overview(lead)
    seq = next(line.seq for line in view.timeline if line.kind == "contract_signed")
    for login in (ENGINEERING, SALES):
        assert "Only contracts can decide that" in await says(
            deployment, lead, f"/corrected seq={seq} reason=x", login
        )
    assert (await deployment.leads.overview(lead)).lead.contract.signed_on
    await says(deployment, lead, f"/corrected seq={seq} reason=x", CONTRACTS)
    assert (await deployment.leads.overview(lead)).lead.contract.signed_on is None


async def test_no_message_and_no_command_line_approves(deployment: Deployment) -> None:
    lead = await deployment.open()
    await says(deployment, lead, DISCOUNTED, SALES)
    body = {"by": f"@{CONTRACTS}"}
    forged = sign("k" * 32, lead.id, "discount_approved", body, CLAIMS).model_dump(mode="json")
    claimed = {"actor": CLAIMS.model_dump(mode="json"), "signature": ""}
    for args in ([body], [body | {"source": Face.COMMENT}], [body, claimed], [body, forged]):
        await lead.signal("discount_approved", args=args)
        with pytest.raises(WorkflowUpdateFailedError):
            await lead.execute_update("discount_approved", args=args)
    with pytest.raises(DecisionRefused, match="anybody may write any name"):
        await deployment.leads.decide(lead, given(DiscountApproved, body))
    view = await deployment.leads.overview(lead)
    assert view.lead.quotes[-1].awaiting_approval_by is Role.CONTRACTS
    assert "✅" in await says(deployment, lead, "/discount-approved", CONTRACTS)
    view = await deployment.leads.overview(lead)
    approval = next(line for line in view.timeline if line.kind == "discount_approved")
    assert approval.authenticated


async def test_a_discount_from_the_command_line_is_approved_after_a_comment_only(
    deployment: Deployment,
) -> None:
    lead = await deployment.open()
    offer = {"amount": "12000", "currency": "USD", "per": "year"}
    offer |= {"discount_percent": "20", "discount_reason": "A pilot", "by": "somebody"}
    await lead.execute_update("price_quoted", offer)
    view = await deployment.leads.overview(lead)
    assert view.owner is Role.SALES
    assert "again where the service knows who gives it" in view.next_step
    assert "Nobody can approve this discount" in await says(deployment, lead, "/discount-approved", CONTRACTS)
    await says(deployment, lead, DISCOUNTED, SALES)
    assert (await deployment.leads.overview(lead)).owner is Role.CONTRACTS
    assert "✅" in await says(deployment, lead, "/discount-approved", CONTRACTS)
    view = await deployment.leads.overview(lead)
    asked = [each for each in view.effects if "discount approval" in each.summary]
    assert len(asked) == 1, "nobody was asked about the one that nobody could approve"
    quoted = [line.authenticated for line in view.timeline if line.kind == "price_quoted"]
    assert quoted == [False, True]


@pytest.mark.parametrize(
    "edit",
    [("tick", "Questionnaire sent"), ("label", "customer"), ("close", "not_planned"), ("move", "Contracted")],
    ids=lambda edit: edit[0],
)
async def test_no_edit_on_github_decides_for_another_role(
    lead_issue: LeadIssue, edit: tuple[str, str]
) -> None:
    before = (await lead_issue.settled()).lead.stage
    await lead_issue.act(ENGINEERING, *edit)
    await lead_issue.sync()
    (answer,) = await lead_issue.answers()
    impossible = edit[0] == "label"  # there is no price yet, which is said first
    assert ("No price has been quoted yet" if impossible else "your role is engineering") in answer
    view = await lead_issue.settled()
    assert view.lead.stage is before
    assert not view.lead.questionnaire.sent_on
