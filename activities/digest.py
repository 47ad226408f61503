"""Activities of the weekly digest: list the leads, ask them for their agenda items, send the mails."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.mail.addresses import plain_address, valid_addresses_of
from activities.mail.messages import MessageBuilder
from activities.mail.smtp import deliver
from activities.mail.text import MailBody, render_body
from client.agenda import ask_leads
from client.leads import LeadsClient
from config.settings import Settings
from process.policy import Policy
from process.types import Role, Stage
from process.views.digest import DigestMail
from workflows.digest import AgendaAnswers, Batch


def digest_activities(leads: LeadsClient, settings: Settings) -> list[Callable[..., Awaitable[Any] | Any]]:
    """Return the activities that a digest workflow needs."""
    agenda, mail = AgendaActivities(leads), DigestMailer(settings, leads.policy)
    return [agenda.digest_leads, agenda.digest_items, mail.send_digest]


class AgendaActivities:
    """Collects agenda items from the leads, through the worker's own client."""

    def __init__(self, leads: LeadsClient) -> None:
        self._leads = leads

    @activity.defn(name="digest_leads")
    async def digest_leads(self) -> list[str]:
        """Return the ids of all leads that are not archived."""
        return [row.lead_id async for row in self._leads.list_leads(Stage, ours=True)]

    @activity.defn(name="digest_items")
    async def digest_items(self, batch: Batch) -> AgendaAnswers:
        """Return the agenda items of these leads, and the leads that did not answer."""
        rows = [row async for row in self._leads.list_leads(Stage, ours=True, among=batch.leads)]
        items, unreachable = await ask_leads(self._leads, rows, datetime.now(UTC), activity.heartbeat)
        return AgendaAnswers(items=tuple(items), unreachable=tuple(unreachable))


class DigestMailer:
    """Sends digest mails to the people who have the roles by the policy in force."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self._settings = settings
        self._policy = policy
        self._messages = MessageBuilder(settings.mail)

    @activity.defn(name="send_digest")
    def send_digest(self, mail: DigestMail) -> str:
        """Send the mail and return its Message-ID, which is the same however often it is sent."""
        message_id = self._messages.message_id(f"digest/{mail.week.name}/{mail.key}")
        recipients = dict.fromkeys(self.recipients(mail), str(mail.role))
        message = self._messages.build(
            message_id, mail.subject, digest_text(mail), to=recipients, reply_to=self._addresses(Role.SALES)
        )
        deliver(self._settings.mail, self._messages.sender().addr_spec, recipients, message)
        return message_id

    def recipients(self, mail: DigestMail) -> tuple[str, ...]:
        """Return the addresses that the mail goes to.

        Raises ApplicationError (parked) for an invalid address, or if the role has none.
        """
        if mail.address:
            return (plain_address(mail.address, f"who has {mail.role} for a lead (assigned)"),)
        return self._addresses(mail.role)

    def _addresses(self, role: Role) -> tuple[str, ...]:
        return valid_addresses_of(role, self._policy, self._settings)


def digest_text(mail: DigestMail) -> MailBody:
    """Return the mail's text, plain and as HTML."""
    return render_body("digest.md", {"mail": mail})
