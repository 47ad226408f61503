"""Activities of the weekly digest: find out who gets a mail, and send the mails."""

import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.errors import again
from activities.issue_sync.context import in_thread
from activities.mail.addresses import plain_address, recipients_of, valid_addresses_of
from activities.mail.messages import MessageBuilder
from activities.mail.smtp import deliver
from activities.mail.text import MailBody, render_body
from client.digest import digest_zone
from client.digest_figures import with_figures
from client.errors import LedgerFailed
from client.lists import DigestsOfWeek, LeadLists
from client.retention import erased_since
from config.settings import Settings
from keys.errors import KeysError
from process.policy import Policy
from process.types import Role
from process.views.digest import WEEK, DigestMail, Week
from workflows.digest import DigestPart, DigestPlan


async def nothing_waits() -> int:
    """Return that no response waits: for digests without a questionnaire."""
    return 0


def digest_activities(
    settings: Settings, policy: Policy, waiting: Callable[[], Awaitable[int]] = nothing_waits
) -> list[Callable[..., Any]]:
    """Return the activities that a digest workflow needs. `policy`: of new leads, names people of the roles.

    `waiting` counts the responses to the questionnaire that wait for another day.
    """
    rows = LeadLists.of(settings)

    def read(week: Week, now: datetime) -> DigestsOfWeek:
        found = rows.digests(week, now)
        return found._replace(mails=with_figures(found.mails, settings, week.day, digest_zone(settings)))

    def erased() -> int:
        try:
            return erased_since(settings, datetime.now(UTC) - WEEK)
        except KeysError as error:
            raise again(str(error)) from None

    digests = DigestActivities(read, DigestMailer(settings, policy), waiting, erased)
    return [digests.plan_digest, digests.send_digest]


class DigestActivities:
    """Reads the leads' rows, and sends mails made of them."""

    def __init__(
        self,
        read: Callable[[Week, datetime], DigestsOfWeek],
        mailer: "DigestMailer",
        waiting: Callable[[], Awaitable[int]] = nothing_waits,
        erased: Callable[[], int] = lambda: 0,
    ) -> None:
        self._read = read
        self._mailer = mailer
        self._waiting = waiting
        self._erased = erased
        self._reading = threading.Lock()
        self._known: tuple[Week, datetime, dict[str, DigestMail]] | None = None
        """The mails read last: many are sent in a row, and one reading is enough for them."""

    @activity.defn(name="plan_digest")
    def plan_digest(self, week: Week) -> DigestPlan:
        """Find out who gets a mail this week."""
        now = datetime.now(UTC)
        found = _readable(lambda: self._read(week, now))
        mails = {mail.key: mail for mail in found.mails}
        with self._reading:
            self._known = week, now, mails
        return DigestPlan(read_at=now, leads=found.leads, keys=tuple(mails))

    @activity.defn(name="send_digest")
    async def send_digest(self, part: DigestPart) -> str:
        """Send one mail and return its Message-ID, or an empty text if nothing is left to say in it."""
        mail = await in_thread(lambda: self._mails(part.week, part.read_at).get(part.key))
        if mail is None:
            return ""
        if mail.role is Role.SALES:
            mail = mail.replaced(waiting=await self._waiting(), erased=await in_thread(self._erased))
        return await in_thread(self._mailer.send, mail)

    def _mails(self, week: Week, read_at: datetime) -> dict[str, DigestMail]:
        """Return the mails by their keys. Whoever asks at the same time waits for one reading."""
        with self._reading:
            if self._known is None or self._known[:2] != (week, read_at):
                found = _readable(lambda: self._read(week, read_at))
                self._known = week, read_at, {mail.key: mail for mail in found.mails}
            return self._known[2]


class DigestMailer:
    """Sends digest mails to the people who have the roles by the policy in force."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self._settings = settings
        self._policy = policy
        self._messages = MessageBuilder(settings.mail)

    def send(self, mail: DigestMail) -> str:
        """Send the mail and return its Message-ID, which is the same however often it is sent."""
        message_id = self._messages.message_id(f"digest/{mail.week.name}/{mail.key}")
        recipients = self._whose(mail)
        message = self._messages.build(
            message_id, mail.subject, digest_text(mail), to=recipients, reply_to=self._addresses(Role.SALES)
        )
        deliver(self._settings.mail, self._messages.sender().address, recipients, message)
        return message_id

    def recipients(self, mail: DigestMail) -> tuple[str, ...]:
        """Return the addresses that the mail goes to.

        Raises ApplicationError (parked) for an invalid address, or if the role has none.
        """
        return tuple(self._whose(mail))

    def _whose(self, mail: DigestMail) -> dict[str, str]:
        """Return the addresses that the mail goes to, each with whose it is and where to correct it."""
        if not mail.address:
            return recipients_of(mail.role, self._policy, self._settings)
        setting = f"the address of the person who has {mail.role} for a lead (assigned)"
        whose = (
            f"a person who has {mail.role} for a lead: assign the lead anew, with another address (assigned)"
        )
        return {plain_address(mail.address, setting): whose}

    def _addresses(self, role: Role) -> tuple[str, ...]:
        return valid_addresses_of(role, self._policy, self._settings)


def digest_text(mail: DigestMail) -> MailBody:
    """Return the mail's text, plain and as HTML."""
    return render_body("mail/digest.md", {"mail": mail})


def _readable(read: Callable[[], DigestsOfWeek]) -> DigestsOfWeek:
    """Return the result of reading the ledger, which is tried again if that fails."""
    try:
        return read()
    except LedgerFailed as error:
        raise again(str(error)) from None
