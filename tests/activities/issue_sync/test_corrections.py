"""Mistakes on GitHub, from the outside: taken back with all that they had said, and right again when they were none."""

from typing import Any

import pytest

from process.views.overview import Overview
from sandbox.github.records import Issue
from sandbox.mail import Mail
from tests.support.lead_issue import LeadIssue
from tests.support.office import SALES, Office

PRICE = "/price-quoted amount=12000 currency=USD per=year"
SIGNED = {"evidence": "https://drive.example.org/signed.pdf"}
ENGINEERING = "eda-engineering"


class Room(LeadIssue):
    """A lead's issue where people comment, and get mail."""

    @classmethod
    async def open(cls, office: Office) -> "Room":
        lead = await office.open()
        room = cls(office, lead, "leads", await office.number(lead))
        await room.settled(lambda view: view.lead.card is not None)
        return room

    async def comment(self, text: str, *, login: str = SALES) -> int:
        """A comment that is heard, and all that follows from it is done."""
        comment = await self.office.comment(self.lead, text, login=login)
        await self.office.sync(self.lead, comment)
        await self.settled()
        return comment

    async def newest(self, kind: str) -> int:
        view: Overview = await self.settled()
        return next(line.seq for line in reversed(view.timeline) if line.kind == kind)

    def mails(self) -> list[Mail]:
        return [mail for mail in self.office.sandbox.mailbox.all() if self.lead.id.encode() in mail.raw]

    def comments(self, repo: str = "leads") -> list[str]:
        state = self.office.sandbox.github
        issue = self.issue() if repo == "leads" else self.hub_issue()
        return [comment.body for comment in state.comments_of(issue)]

    def hub_issue(self) -> Issue:
        state = self.office.sandbox.github
        repository = state.repository("2i2c-org", "pilot-hubs")
        assert repository is not None
        (issue,) = (each for each in state.issues_of(repository) if self.lead.id in (each.body or ""))
        return issue


@pytest.fixture
async def room(office: Office) -> Room:
    return await Room.open(office)


async def test_a_wrong_price_is_taken_back_wherever_it_was_told_and_comes_back(room: Room) -> None:
    command = await room.comment(PRICE)
    seq = await room.newest("price_quoted")
    (quoted,) = room.mails()
    assert quoted.received.recipients == ["contracts@example.org"]
    before = room.comments()[-1]

    await room.comment(f'/preview corrected seq={seq} reason="Another lead\'s"')
    preview = room.comments()[-1]
    for said in (
        "Nothing has happened",
        "The lead's card moves from the column of quoted to that of lead",
        "compensate=mail: …",
        "example.org got “price quoted” on",
        "compensate=answer: The answer to the comment",
        "compensate=comment",
    ):
        assert said in preview
    assert "contracts@" not in preview
    assert (await room.settled()).stage == "quoted"
    assert len(room.mails()) == 1

    await room.comment(
        f'/corrected seq={seq} reason="Another lead\'s" compensate=mail compensate=answer compensate=comment'
    )
    correction = await room.newest("corrected")
    view = await room.settled()
    assert (view.stage, room.column()) == ("lead", "Lead")
    mails = room.mails()
    assert [mail.received.recipients for mail in mails] == [["contracts@example.org"]] * 2
    assert mails[0].references == mails[1].references  # one thread
    assert f"> {seq}: Quoted 12,000.00 USD a year" in mails[1].text
    answer = next(text for text in room.comments() if f"lead-to-hub:answer {command} " in text)
    assert f"No longer counts, corrected as {correction}: Another lead's" in answer
    assert await room.office.reactions(command) == ["confused"]
    notes = [text for text in room.comments() if "was a mistake and **no longer counts**" in text]
    assert len(notes) == 1
    assert f"| ~~{seq}~~ | ~~Quoted" in (room.issue().body or "")

    await room.comment(f'/corrected seq={correction} reason="It was theirs" compensate=mail')
    view = await room.settled()
    assert (view.stage, room.column()) == ("quoted", "Quoted")
    assert [mail.received.recipients for mail in room.mails()] == [["contracts@example.org"]] * 3
    assert "it counts again" in room.mails()[2].text
    assert before in room.comments()  # the answer is as it was
    assert await room.office.reactions(command) == ["+1"]
    assert sum("counts again." in text for text in room.comments()) == 1
    assert f"~~{seq}~~" not in (room.issue().body or "")


async def test_silently_corrected_nobody_hears_and_the_board_follows(room: Room) -> None:
    await room.comment(PRICE)
    seq, comments = await room.newest("price_quoted"), room.comments()
    await room.decide(corrected={"seq": seq, "reason": "A slip"})
    assert room.column() == "Lead"
    assert len(room.mails()) == 1
    assert room.comments() == comments


async def test_a_hub_that_was_requested_by_mistake(room: Room) -> None:
    await _to_contract(room)
    await room.decide(hub_requested={})
    seq = await room.newest("hub_requested")
    assert room.hub_issue().state == "open"
    asked = {"seq": seq, "reason": "Too early", "compensate": ["hub", "mail"]}
    await room.decide(corrected=asked)
    first = await room.newest("corrected")
    issue = room.hub_issue()
    assert (issue.state, issue.state_reason) == ("closed", "not_planned")
    assert "no hub is wanted, and this issue is closed as not planned" in room.comments("hub")[0]
    assert room.mails()[-1].received.recipients == ["engineering@example.org"]

    await room.decide(corrected={"seq": first, "reason": "It was time"})
    assert room.hub_issue().state == "open"
    (comment,) = room.comments("hub")
    assert "this issue is open" in comment

    await room.decide(
        corrected=asked | {"compensate": ["hub"]}
    )  # engineering still has it that there is to be none
    assert room.hub_issue().state == "closed"
    await room.decide(hub_requested={})
    again = room.hub_issue()  # one alone
    assert (again.number, again.state) == (issue.number, "open")


async def test_what_engineering_does_at_the_issue_of_a_hub_that_is_not_wanted(room: Room) -> None:
    """Silently corrected, it stays open, and whoever closes it is not asked why."""
    await _to_contract(room)
    await room.decide(hub_requested={})
    await room.decide(corrected={"seq": await room.newest("hub_requested"), "reason": "Too early"})
    hub = room.hub_issue()
    hub_issue = LeadIssue(room.office, room.lead, "pilot-hubs", hub.number)
    await hub_issue.act(ENGINEERING, "close", "not_planned")
    assert (await hub_issue.sync()).done == ()
    assert room.hub_issue().state == "closed"


async def test_a_signature_that_was_a_mistake_takes_its_label_off_and_a_persons_stays(room: Room) -> None:
    await _to_contract(room)
    await room.act(SALES, "label", "grant")
    assert room.labels() == {"lead", "service:hub", "customer", "grant"}
    await room.decide(corrected={"seq": await room.newest("vendor_setup_not_needed"), "reason": "x"})
    await room.decide(corrected={"seq": await room.newest("contract_signed"), "reason": "Another's"})
    assert room.labels() == {"lead", "service:hub", "grant"}
    assert room.column() == "Quoted"


async def test_a_lost_lead_that_was_none_is_open_again_and_lost_again(room: Room) -> None:
    await room.decide(lost={"reason": "budget"})
    assert (room.issue().state, room.column()) == ("closed", "Lost")
    await room.decide(corrected={"seq": await room.newest("lost"), "reason": "x", "compensate": ["comment"]})
    assert (room.issue().state, room.column()) == ("open", "Lead")
    assert len(room.comments()) == 1
    await room.decide(corrected={"seq": await room.newest("corrected"), "reason": "They did say no"})
    assert (room.issue().state, room.issue().state_reason) == ("closed", "not_planned")
    assert "counts again" in room.comments()[0]


async def test_whose_command_is_heard_again_reads_that_it_no_longer_counts(room: Room) -> None:
    command = await room.comment(PRICE)
    await room.decide(corrected={"seq": await room.newest("price_quoted"), "reason": "A slip"})
    await room.office.edit(command, f"{PRICE}\n/help price-quoted")
    await room.office.sync(room.lead, command)
    (answer,) = await room.answers()
    assert "~~✅ Quoted 12,000.00 USD a year" in answer
    assert "~~ No longer counts, corrected as" in answer


async def _to_contract(room: Room) -> None:
    decisions: dict[str, dict[str, Any]] = {
        "price_quoted": {"amount": "12000", "currency": "USD", "per": "year"},
        "quote_accepted": {},
        "contract_handed_over": {},
        "contract_signed": SIGNED,
        "vendor_setup_not_needed": {},
    }
    await room.decide(**decisions)
