"""What effects bring back from outside: true there, so never refused, never corrected."""

from collections.abc import Iterable

from pydantic import AwareDatetime

from process.core.event_log import Change, EventLog
from process.core.events import Event, Observation
from process.effects import (
    CreateFolder,
    Effect,
    PlaceCard,
    PrepareInvoice,
    SendMail,
    UpdateHubIssue,
    UpdateIssue,
)
from process.effects.introductions import introductions
from process.effects.mail import joined
from process.lead.lead import Lead, Mail, Place
from process.money.pricing import PriceBook
from process.policy import Named
from process.types import Line, Link, Role, Stage


class IssueOpened(Observation):
    kind = "issue_opened"
    visible = False
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(issue=self.link)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead's issue was opened: {self.link.url}"


class CardPlaced(Observation):
    kind = "card_placed"
    visible = False
    item: str
    stage: Stage
    """The stage in whose column the card was put."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(card=self.item, card_stage=self.stage)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead has its card on the board, in the column of {self.stage}"


class FolderReserved(Observation):
    kind = "folder_reserved"
    visible = False
    folder_id: str

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(folder_id=self.folder_id)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield CreateFolder(key=change.key("create_folder"), cause=change.event.seq, folder_id=self.folder_id)

    def summary(self, event_log: EventLog) -> str:
        return "An id for the lead's folder was reserved in Drive"


class FolderCreated(Observation):
    kind = "folder_created"
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(folder=self.link)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead's Drive folder was created: {self.link.url}"


class AnswersRead(Observation):
    """The questionnaire's answers, question by question, as the person gave them."""

    kind = "answers_read"

    response_id: str
    answers: tuple[tuple[str, str], ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        questionnaire = lead.questionnaire.replaced(response_id=self.response_id, answers=self.answers)
        return lead.replaced(questionnaire=questionnaire)

    def summary(self, event_log: EventLog) -> str:
        return f"{len(self.answers)} answers were read from the questionnaire"


class PricesRead(Observation):
    """The price list as it stands; older quotes keep theirs."""

    kind = "prices_read"

    visible = False
    origin: Line
    books: tuple[PriceBook, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(price_books=self.books)

    def summary(self, event_log: EventLog) -> str:
        return f"The price list was read from {self.origin}: books {', '.join(book.version for book in self.books)}"


class MailSent(Observation):
    """A mail left, to these addresses: whoever was behind the roles at that moment."""

    kind = "mail_sent"

    visible = False
    template: str
    recipients: tuple[str, ...]
    message_id: str
    reached: dict[Role, tuple[str, ...]]
    """Addresses that it reached, by role."""
    left: Role | None = None
    """The role that it says is no longer theirs."""
    cause: int
    """Number of the event because of which it was sent."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        mail = Mail(
            template=self.template,
            recipients=self.recipients,
            message_id=self.message_id,
            at=event.at,
            reached=self.reached,
            left=self.left,
        )
        return lead.replaced(mails=(*lead.mails, mail))

    def effects(self, change: Change) -> Iterable[Effect]:
        # the issue says which mail reached whom
        yield UpdateIssue(key=change.key("update_issue"), cause=change.event.seq)
        for role, addresses in self.reached.items():
            if set(addresses) & {*change.after.left.get(role, ())}:  # it was under way while they changed
                yield from introductions(change, role)

    def summary(self, event_log: EventLog) -> str:
        return f"Mail “{self.template.replace('_', ' ')}” went to {', '.join(self.recipients)}"


class MailUndeliverable(Observation):
    """An address that was behind a role before takes no mail any more. Whoever is behind it now knows what it had got."""

    kind = "mail_undeliverable"

    visible = False
    template: str
    recipients: tuple[str, ...]

    def summary(self, event_log: EventLog) -> str:
        mail = self.template.replace("_", " ")
        return f"Mail “{mail}” could not reach {', '.join(self.recipients)}: no mail is taken there any more"


class TeamChanged(Observation):
    """Others are behind the roles from here on: whoever follows the lead's conversation hears of it there."""

    kind = "team_changed"

    people: Named
    addresses: Named
    since: AwareDatetime
    roles: tuple[Role, ...]
    """Whose people or addresses are others than before."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        policy = lead.policy.replaced(people=self.people, addresses=self.addresses)
        left = {
            role: tuple(dict.fromkeys((*lead.left.get(role, ()), *lead.policy.addresses.get(role, ()))))
            for role in sorted({*lead.left, *lead.policy.addresses})
        }
        gone = {
            role: known
            for role, addresses in left.items()
            if (known := tuple(a for a in addresses if a not in self.addresses.get(role, ())))
        }
        return lead.replaced(policy=policy, team_since=self.since, left=gone)

    def effects(self, change: Change) -> Iterable[Effect]:
        for role in self.roles:
            yield from introductions(change, role)

    def summary(self, event_log: EventLog) -> str:
        named = (
            f"{role}: {joined((*self.addresses.get(role, ()), *self.people.get(role, ()))) or 'as the settings say'}"
            for role in self.roles
        )
        return f"Others are behind the roles from here on: {'; '.join(named)}"


class ChangesAdopted(Observation):
    """A new run of the lead's workflow began under newer rules."""

    kind = "changes_adopted"

    visible = False
    changes: tuple[str, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(changes=self.changes)

    def summary(self, event_log: EventLog) -> str:
        return f"From here on under the changes {', '.join(self.changes)}"


class HubIssueOpened(Observation):
    kind = "hub_issue_opened"
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(hub_issue=self.link)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.after.hub.withdrawn_on:  # while it was being opened
            yield UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        return f"The hub's issue was opened: {self.link.url}"


class InvoiceReserved(Observation):
    kind = "invoice_reserved"
    visible = False
    number: int
    file_id: str

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(invoice_files=lead.invoice_files | {self.number: self.file_id})

    def effects(self, change: Change) -> Iterable[Effect]:
        yield PrepareInvoice(
            key=change.key(f"prepare_invoice-{self.number}"),
            cause=change.event.seq,
            number=self.number,
            file_id=self.file_id,
        )

    def summary(self, event_log: EventLog) -> str:
        return f"An id for the file of invoice {self.number} was reserved in Drive"


class InvoicePrepared(Observation):
    """The invoice lies in the lead's folder; the contracts and administration team, who sends it, hears of that once."""

    kind = "invoice_prepared"

    number: int
    file: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        invoices = tuple(
            invoice.replaced(file=self.file) if invoice.number == self.number else invoice
            for invoice in lead.invoices
        )
        return lead.replaced(invoices=invoices)

    def effects(self, change: Change) -> Iterable[Effect]:
        known = change.before.invoice(self.number)
        if known and known.file:  # its folder was replaced
            return
        yield SendMail(
            key=change.key("invoice"),
            cause=change.event.seq,
            template="invoice",
            to=(Role.CONTRACTS,),
            fields={"number": str(self.number)},
        )

    def summary(self, event_log: EventLog) -> str:
        first = prepared(event_log, self.number)
        if first is None or first is event_log.events[-1]:
            return f"Invoice {self.number} was prepared: {self.file.url}"
        return f"Invoice {self.number} was made again, as it was: {self.file.url}"


def prepared(event_log: EventLog, number: int) -> Event | None:
    """The event with which an invoice was prepared, for the first time."""
    found = (event for event in event_log.events if isinstance(event.fact, InvoicePrepared))
    return next((event for event in found if event.fact.number == number), None)  # type: ignore[attr-defined]


class DriftFound(Observation):
    """Somebody changed outside what the service had made there: what is put right now, and what only a person can."""

    kind = "drift_found"

    looked: tuple[Place, ...]
    mended: tuple[Line, ...] = ()
    broken: dict[Place, Line] = {}
    """Of the places that were looked at. What was broken there and is not here is as it should be again."""
    issue: Link | None = None
    """Where the lead's issue is now."""
    hub_issue: Link | None = None
    folder: Link | None = None
    replace_card: bool = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        elsewhere = {place: text for place, text in lead.drift.items() if place not in self.looked}
        same = (
            self.folder and lead.folder and self.folder.id == lead.folder.id
        )  # or it was replaced meanwhile
        links = {
            "issue": self.issue,
            "hub_issue": self.hub_issue,
            "folder": self.folder if same else None,
        }
        moved = {name: link for name, link in links.items() if link}
        return lead.replaced(drift=elsewhere | self.broken, **moved)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.replace_card or self.issue or "issue" in change.before.drift:
            yield PlaceCard(key=change.key("place_card"), cause=change.event.seq, restore=True)
        if change.after.hub_issue and (self.hub_issue or "hub issue" in change.before.drift):
            yield UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq)

    def relation_notices(self, lead: Lead) -> bool:
        """Whether this is news to the lead."""
        known = {place: text for place, text in lead.drift.items() if place in self.looked}
        return bool(self.mended) or known != self.broken

    def summary(self, event_log: EventLog) -> str:
        found = [*self.mended, *self.broken.values()]
        return f"Outside: {'; '.join(found)}" if found else "What was amiss outside is as it should be again"
