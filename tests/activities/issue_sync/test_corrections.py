"""Corrections of mistaken decisions: their traces on GitHub and in mails are corrected, too."""

from typing import Any

import pytest

from process.views.lead_overview import Overview
from sandbox.github.records import Issue
from sandbox.mail import Mail
from tests.support.deployment import SALES, Deployment
from tests.support.lead_issue import LeadIssue

PRICE = "/price-quoted amount=12000 currency=USD per=year"
SIGNED = {"evidence": "https://drive.example.org/signed.pdf"}
ENGINEERING = "eda-engineering"


class IssueWithMail(LeadIssue):
    """The issue of a lead, with the lead's mails."""

    @classmethod
    async def open(cls, deployment: Deployment) -> "IssueWithMail":
        lead = await deployment.open()
        lead_issue = cls(deployment, lead, "leads", await deployment.number(lead))
        await lead_issue.settled(lambda view: view.lead.card is not None)
        return lead_issue

    async def comment(self, text: str, *, login: str = SALES) -> int:
        """Comment, and wait until all effects are done."""
        comment = await self.deployment.comment(self.lead, text, login=login)
        await self.deployment.sync(self.lead, comment)
        await self.settled()
        return comment

    async def newest(self, kind: str) -> int:
        view: Overview = await self.settled()
        return next(line.seq for line in reversed(view.timeline) if line.kind == kind)

    def mails(self) -> list[Mail]:
        return [mail for mail in self.deployment.sandbox.mailbox.all() if self.lead.id.encode() in mail.raw]

    def comments(self, repo: str = "leads") -> list[str]:
        state = self.deployment.sandbox.github
        issue = self.issue() if repo == "leads" else self.hub_issue()
        return [comment.body for comment in state.comments_of(issue)]

    def hub_issue(self) -> Issue:
        state = self.deployment.sandbox.github
        repository = state.repository("2i2c-org", "pilot-hubs")
        assert repository is not None
        (issue,) = (each for each in state.issues_of(repository) if self.lead.id in (each.body or ""))
        return issue


@pytest.fixture
async def lead_issue(deployment: Deployment) -> IssueWithMail:
    return await IssueWithMail.open(deployment)


async def test_a_corrected_price_is_struck_out_everywhere_and_restored(lead_issue: IssueWithMail) -> None:
    command = await lead_issue.comment(PRICE)
    seq = await lead_issue.newest("price_quoted")
    (quoted,) = lead_issue.mails()
    assert quoted.received.recipients == ["contracts@example.org"]
    before = lead_issue.comments()[-1]

    await lead_issue.comment(f'/preview corrected seq={seq} reason="Another lead\'s"')
    preview = lead_issue.comments()[-1]
    for text in (
        "Nothing has happened",
        "The lead's card moves from the column of quoted to that of lead",
        "compensate=mail: …",
        "example.org got “price quoted” on",
        "compensate=answer: The answer to the comment",
        "compensate=comment",
    ):
        assert text in preview
    assert "contracts@" not in preview
    assert (await lead_issue.settled()).stage == "quoted"
    assert len(lead_issue.mails()) == 1

    await lead_issue.comment(
        f'/corrected seq={seq} reason="Another lead\'s" compensate=mail compensate=answer compensate=comment'
    )
    correction = await lead_issue.newest("corrected")
    view = await lead_issue.settled()
    assert (view.stage, lead_issue.column()) == ("lead", "Lead")
    mails = lead_issue.mails()
    assert [mail.received.recipients for mail in mails] == [["contracts@example.org"]] * 2
    assert mails[0].references == mails[1].references  # one thread
    assert f"> {seq}: Quoted 12,000.00 USD a year" in mails[1].text
    answer = next(text for text in lead_issue.comments() if f"lead-to-hub:answer {command} " in text)
    assert f"No longer counts, corrected as {correction}: Another lead's" in answer
    assert await lead_issue.deployment.reactions(command) == ["confused"]
    notes = [text for text in lead_issue.comments() if "was a mistake and **no longer counts**" in text]
    assert len(notes) == 1
    assert f"| ~~{seq}~~ | ~~Quoted" in (lead_issue.issue().body or "")

    await lead_issue.comment(f'/corrected seq={correction} reason="It was theirs" compensate=mail')
    view = await lead_issue.settled()
    assert (view.stage, lead_issue.column()) == ("quoted", "Quoted")
    assert [mail.received.recipients for mail in lead_issue.mails()] == [["contracts@example.org"]] * 3
    assert "it counts again" in lead_issue.mails()[2].text
    assert before in lead_issue.comments()  # the answer is as it was
    assert await lead_issue.deployment.reactions(command) == ["+1"]
    assert sum("counts again." in text for text in lead_issue.comments()) == 1
    assert f"~~{seq}~~" not in (lead_issue.issue().body or "")


async def test_a_silent_correction_moves_only_the_card(lead_issue: IssueWithMail) -> None:
    await lead_issue.comment(PRICE)
    seq, comments = await lead_issue.newest("price_quoted"), lead_issue.comments()
    await lead_issue.decide(corrected={"seq": seq, "reason": "A slip"})
    assert lead_issue.column() == "Lead"
    assert len(lead_issue.mails()) == 1
    assert lead_issue.comments() == comments


async def test_a_hub_that_was_requested_by_mistake(lead_issue: IssueWithMail) -> None:
    await _to_contract(lead_issue)
    await lead_issue.decide(hub_requested={})
    seq = await lead_issue.newest("hub_requested")
    assert lead_issue.hub_issue().state == "open"
    asked = {"seq": seq, "reason": "Too early", "compensate": ["hub", "mail"]}
    await lead_issue.decide(corrected=asked)
    first = await lead_issue.newest("corrected")
    issue = lead_issue.hub_issue()
    assert (issue.state, issue.state_reason) == ("closed", "not_planned")
    assert "No hub is wanted, and this issue is closed as not planned" in lead_issue.comments("hub")[0]
    assert lead_issue.mails()[-1].received.recipients == ["engineering@example.org"]

    await lead_issue.decide(corrected={"seq": first, "reason": "It was time"})
    assert lead_issue.hub_issue().state == "open"
    (comment,) = lead_issue.comments("hub")
    assert "this issue is open" in comment

    await lead_issue.decide(
        corrected=asked | {"compensate": ["hub"]}
    )  # engineering still has it that there is to be none
    assert lead_issue.hub_issue().state == "closed"
    await lead_issue.decide(hub_requested={})
    again = lead_issue.hub_issue()  # one alone
    assert (again.number, again.state) == (issue.number, "open")


async def test_engineering_may_close_the_issue_of_an_unwanted_hub(lead_issue: IssueWithMail) -> None:
    """After a silent correction it stays open, and closing it needs no reason."""
    await _to_contract(lead_issue)
    await lead_issue.decide(hub_requested={})
    await lead_issue.decide(
        corrected={"seq": await lead_issue.newest("hub_requested"), "reason": "Too early"}
    )
    hub = lead_issue.hub_issue()
    hub_issue = LeadIssue(lead_issue.deployment, lead_issue.lead, "pilot-hubs", hub.number)
    await hub_issue.act(ENGINEERING, "close", "not_planned")
    assert (await hub_issue.sync()).done == ()
    assert lead_issue.hub_issue().state == "closed"


async def test_a_corrected_signature_removes_its_label_but_not_a_persons(lead_issue: IssueWithMail) -> None:
    await _to_contract(lead_issue)
    await lead_issue.act(SALES, "label", "grant")
    assert lead_issue.labels() == {"lead", "service:hub", "customer", "grant"}
    await lead_issue.decide(
        corrected={"seq": await lead_issue.newest("vendor_setup_not_needed"), "reason": "x"}
    )
    await lead_issue.decide(
        corrected={"seq": await lead_issue.newest("contract_signed"), "reason": "Another's"}
    )
    assert lead_issue.labels() == {"lead", "service:hub", "grant"}
    assert lead_issue.column() == "Quoted"


async def test_a_lead_lost_by_mistake_is_reopened_and_lost_again(lead_issue: IssueWithMail) -> None:
    await lead_issue.decide(lost={"reason": "budget"})
    assert (lead_issue.issue().state, lead_issue.column()) == ("closed", "Lost")
    await lead_issue.decide(
        corrected={"seq": await lead_issue.newest("lost"), "reason": "x", "compensate": ["comment"]}
    )
    assert (lead_issue.issue().state, lead_issue.column()) == ("open", "Lead")
    assert len(lead_issue.comments()) == 1
    await lead_issue.decide(
        corrected={"seq": await lead_issue.newest("corrected"), "reason": "They did say no"}
    )
    assert (lead_issue.issue().state, lead_issue.issue().state_reason) == ("closed", "not_planned")
    assert "counts again" in lead_issue.comments()[0]


async def test_a_corrected_command_synced_again_is_struck_out(lead_issue: IssueWithMail) -> None:
    command = await lead_issue.comment(PRICE)
    await lead_issue.decide(corrected={"seq": await lead_issue.newest("price_quoted"), "reason": "A slip"})
    await lead_issue.deployment.edit(command, f"{PRICE}\n/help price-quoted")
    await lead_issue.deployment.sync(lead_issue.lead, command)
    (answer,) = await lead_issue.answers()
    assert "~~✅ Quoted 12,000.00 USD a year" in answer
    assert "~~ No longer counts, corrected as" in answer


async def _to_contract(lead_issue: IssueWithMail) -> None:
    decisions: dict[str, dict[str, Any]] = {
        "price_quoted": {"amount": "12000", "currency": "USD", "per": "year"},
        "quote_accepted": {},
        "contract_handed_over": {},
        "contract_signed": SIGNED,
        "vendor_setup_not_needed": {},
    }
    await lead_issue.decide(**decisions)
