"""Observations: facts that effects bring back from outside. They are never refused and never corrected."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator

from process.core.events import Change, Event, EventLog, Observation
from process.effects import (
    CollectMessages,
    Effect,
    PlaceCard,
    UpdateHubIssue,
    UpdateIssue,
)
from process.effects.introductions import introductions
from process.effects.mail import joined
from process.effects.reservations import create_folder, prepare_invoice
from process.lead.answers import FORGOTTEN, Answers, kept_answers
from process.lead.lead import Lead, SentMail
from process.money.pricing import PriceBook
from process.policy import Aliases, NamesByRole
from process.types import Address, Artifact, Code, Coded, Id, Link, Role, Stage, Title


class IssueOpened(Observation):
    """The lead's issue was opened."""

    kind = "issue_opened"
    visible = False
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(issue=self.link)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead's issue was opened: {self.link.url}"


class CardPlaced(Observation):
    """The lead's card was put into a column of the board."""

    kind = "card_placed"
    visible = False
    item: Id
    stage: Stage
    """The stage of that column."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(card=self.item, card_stage=self.stage)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead has its card on the board, in the column of {self.stage}"


class IdsReserved(Observation):
    """Ids were reserved in Drive: for the lead's folder, and for the files of invoices."""

    kind = "ids_reserved"
    visible = False
    folder_id: Id | None = None
    invoice_ids: dict[int, Id]
    """Invoice number -> id."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(
            folder_id=lead.folder_id or self.folder_id, invoice_files=self.invoice_ids | lead.invoice_files
        )

    def effects(self, change: Change) -> Iterable[Effect]:
        before, after = change.before, change.after
        for create in create_folder(change):
            yield create
            yield UpdateIssue(key=change.key("update_issue"), cause=change.event.seq)  # it shows the folder
        for invoice in after.invoices:  # they are due already
            if invoice.number in after.invoice_files and invoice.number not in before.invoice_files:
                yield prepare_invoice(change, invoice.number)

    def summary(self, event_log: EventLog) -> str:
        return "Ids for the lead's folder and the files of its invoices were reserved in Drive"


class FolderCreated(Observation):
    """The lead's folder was created in Drive."""

    kind = "folder_created"
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(folder=self.link)

    def summary(self, event_log: EventLog) -> str:
        return f"The lead's Drive folder was created: {self.link.url}"


class AnswersRead(Observation):
    """The questionnaire's answers were read: pairs of question and answer, as the person gave them."""

    kind = "answers_read"
    response_id: Id
    answers: Annotated[Answers, BeforeValidator(kept_answers)]
    """As far as a lead keeps them, whoever reports them."""
    submitted_at: AwareDatetime | None = None
    """Time at which the answers were submitted or last edited."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        known = lead.questionnaire
        if other := known.other(self.response_id):
            read = other.replaced(answers=self.answers, submitted_at=self.submitted_at or other.submitted_at)
            return lead.replaced(questionnaire=known.with_other(read))
        if known.response_id != self.response_id:  # its decision was corrected
            return lead
        read_now = known.replaced(answers=self.answers, submitted_at=self.submitted_at or known.submitted_at)
        return lead.replaced(questionnaire=read_now.within_room())

    def forgotten(self) -> Self:
        """Return the observation without its answers, of which newer ones have taken the room."""
        return self.replaced(answers=FORGOTTEN)

    def summary(self, event_log: EventLog) -> str:
        return f"{len(self.answers)} answers were read from the questionnaire"


class PricesRead(Observation):
    """The price list was read. Quotes that exist keep their prices."""

    kind = "prices_read"
    visible = False
    origin: Coded
    books: tuple[PriceBook, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(price_books=self.books)

    def summary(self, event_log: EventLog) -> str:
        return f"The price list was read from {self.origin}: books {', '.join(book.version for book in self.books)}"


class MailSent(Observation):
    """A mail was sent to these addresses, which had the roles at that moment."""

    kind = "mail_sent"
    visible = False
    template: Code
    recipients: tuple[Address, ...]
    message_id: Id
    reached: dict[Role, tuple[Address, ...]]
    """Addresses that it reached, by role."""
    released_role: Role | None = None
    """The role that the mail's recipients no longer have, or None."""
    cause: int
    """Number of the event that caused the mail."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        mail = SentMail(
            template=self.template,
            recipients=self.recipients,
            message_id=self.message_id,
            at=event.at,
            reached=self.reached,
            released_role=self.released_role,
        )
        unresolved = (each.after_mail(self.template, self.cause, self.recipients) for each in lead.unresolved)
        return lead.replaced(mails=(*lead.mails, mail), unresolved=tuple(each for each in unresolved if each))

    def effects(self, change: Change) -> Iterable[Effect]:
        # the issue lists the mails and their recipients
        yield UpdateIssue(key=change.key("update_issue"), cause=change.event.seq)
        for role, addresses in self.reached.items():
            former = change.after.former_addresses.get(role, ())
            if set(addresses) & set(former):  # the team changed while it was under way
                yield from introductions(change, role)

    def summary(self, event_log: EventLog) -> str:
        return f"Mail “{self.template.replace('_', ' ')}” went to {', '.join(self.recipients)}"


class MailUndeliverable(Observation):
    """The former address of a role accepts no mail any more."""

    kind = "mail_undeliverable"
    visible = False
    template: Code
    recipients: tuple[Address, ...]

    def summary(self, event_log: EventLog) -> str:
        mail = self.template.replace("_", " ")
        return f"Mail “{mail}” could not reach {', '.join(self.recipients)}: no mail is taken there any more"


class TeamChanged(Observation):
    """The people or addresses of roles changed. Mails in the lead's thread announce it."""

    kind = "team_changed"
    people: NamesByRole
    addresses: NamesByRole
    aliases: Aliases = {}
    since: AwareDatetime
    roles: tuple[Role, ...]
    """Roles whose people or addresses changed."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        policy = lead.policy.replaced(people=self.people, addresses=self.addresses, aliases=self.aliases)
        former: dict[Role, tuple[str, ...]] = {}
        for role in sorted({*lead.former_addresses, *lead.policy.addresses}):
            known = (*lead.former_addresses.get(role, ()), *lead.policy.addresses.get(role, ()))
            present = self.addresses.get(role, ())
            if gone := tuple(address for address in dict.fromkeys(known) if address not in present):
                former[role] = gone
        return lead.replaced(policy=policy, team_read_at=self.since, former_addresses=former)

    def effects(self, change: Change) -> Iterable[Effect]:
        for role in self.roles:
            yield from introductions(change, role)

    def summary(self, event_log: EventLog) -> str:
        named = (
            f"{role}: {joined((*self.addresses.get(role, ()), *self.people.get(role, ()))) or 'as the settings say'}"
            for role in self.roles
        )
        return f"The team changed: {'; '.join(named) or 'other names of its people'}"


class ChangesAdopted(Observation):
    """The lead follows these changed rules from now on, since a new run of its workflow began."""

    kind = "changes_adopted"
    visible = False
    changes: tuple[Code, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(changes=self.changes)

    def summary(self, event_log: EventLog) -> str:
        return f"Changed rules apply from here on: {', '.join(self.changes)}"


class Repaired(Observation):
    """The lead was stuck, and goes on in a new run that began with what the history of the stuck one holds."""

    kind = "repaired"
    run_id: Id
    """Run of the workflow that was stuck."""
    taken_until: int
    """Number of the newest event of that run's history that is in this lead."""
    since: AwareDatetime | None = None
    """Time at which it got stuck (UTC)."""
    decisions: int = 0
    """Number of decisions that had waited and were accepted."""

    def effects(self, change: Change) -> Iterable[Effect]:
        yield CollectMessages(
            key=change.key("collect_messages"),
            cause=change.event.seq,
            run_id=self.run_id,
            after=self.taken_until,
        )

    def summary(self, event_log: EventLog) -> str:
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        one = "1 decision that had waited was taken" if self.decisions == 1 else None
        waited = one or f"{self.decisions} decisions that had waited were taken" if self.decisions else ""
        return f"The lead was stuck{since} and was repaired{f'; {waited}' if waited else ''}"


class Restored(Observation):
    """The lead's workflow was lost in Temporal, not by a decision, and began again."""

    kind = "restored"
    run_id: Id = ""
    """Run of the workflow that was lost, if Temporal still knew it."""
    lost_at: AwareDatetime | None = None
    """Time at which it was ended (UTC), if Temporal still knew it."""

    def summary(self, event_log: EventLog) -> str:
        how = (
            f"ended in Temporal at {self.lost_at:%Y-%m-%d %H:%M} UTC" if self.lost_at else "lost in Temporal"
        )
        return f"The lead's workflow was {how}, not by a decision, and began again"


class PersonErased(Observation):
    """The words of a person were taken out of the lead on request. The note holds none of them."""

    kind = "person_erased"
    request_id: Id

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.after.hub_issue:
            yield UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        return f"Personal data was erased on request {self.request_id}"


class HubIssueOpened(Observation):
    """The hub's issue was opened."""

    kind = "hub_issue_opened"
    link: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(hub_issue=self.link)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.after.hub.withdrawn_on:  # withdrawn while it was being opened
            yield UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        return f"The hub's issue was opened: {self.link.url}"


class InvoicePrepared(Observation):
    """The invoice was put into the lead's folder, so that the mail about it can go out."""

    kind = "invoice_prepared"
    number: int
    file: Link

    def apply(self, lead: Lead, event: Event) -> Lead:
        invoices = tuple(
            invoice.replaced(file=self.file) if invoice.number == self.number else invoice
            for invoice in lead.invoices
        )
        reserved = {
            number: file_id
            for number, file_id in lead.invoice_files.items()
            if (number, file_id) != (self.number, self.file.id)
        }
        return lead.replaced(invoices=invoices, invoice_files=reserved)

    def summary(self, event_log: EventLog) -> str:
        first = prepared(event_log, self.number)
        if first is None or first.seq == event_log.events[-1].seq:
            return f"Invoice {self.number} was prepared: {self.file.url}"
        return f"Invoice {self.number} was made again, as it was: {self.file.url}"


def prepared(event_log: EventLog, number: int) -> Event | None:
    """Return the first event that prepared the invoice, or None."""
    found = event_log.recorded(InvoicePrepared)
    return next((event for event, fact in found if fact.number == number), None)


class DriftFound(Observation):
    """Somebody changed or deleted an artifact outside. Some of it was repaired, some needs a person."""

    kind = "drift_found"
    checked: tuple[Artifact, ...]
    repaired: tuple[Title, ...] = ()
    broken: dict[Artifact, Title] = {}
    """Artifacts in `checked` that need a person, each with what to do. Any other artifact in `checked` is sound again."""
    issue: Link | None = None
    """The new place of the lead's issue, if it moved."""
    hub_issue: Link | None = None
    folder: Link | None = None
    replace_card: bool = False
    """True if the card is gone, archived or not in its column."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        others = {artifact: text for artifact, text in lead.drift.items() if artifact not in self.checked}
        # the folder may have been replaced in the meantime
        same = self.folder and lead.folder and self.folder.id == lead.folder.id
        links = {
            "issue": self.issue,
            "hub_issue": self.hub_issue,
            "folder": self.folder if same else None,
        }
        moved = {name: link for name, link in links.items() if link}
        return lead.replaced(drift=others | self.broken, **moved)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.replace_card or self.issue or "issue" in change.before.drift:
            yield PlaceCard(key=change.key("place_card"), cause=change.event.seq, restore=True)
        if change.after.hub_issue and (self.hub_issue or "hub issue" in change.before.drift):
            yield UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq)

    def is_news(self, lead: Lead) -> bool:
        """Return True if the lead does not know this yet."""
        known = {artifact: text for artifact, text in lead.drift.items() if artifact in self.checked}
        return bool(self.repaired) or known != self.broken

    def summary(self, event_log: EventLog) -> str:
        found = [*self.repaired, *self.broken.values()]
        return f"Outside: {'; '.join(found)}" if found else "What was wrong outside is in order again"
