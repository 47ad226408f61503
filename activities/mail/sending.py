"""Activities that send mail to the people who have the roles, in one thread per lead."""

from collections.abc import Iterable, Iterator

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.mail.addresses import addresses_of, recipients_of
from activities.mail.messages import MessageBuilder
from activities.mail.smtp import RecipientRefused, deliver, try_recipients
from activities.mail.text import mail_body
from activities.performs import performs
from config.settings import Settings
from process.addresses import ascii_address, complaint_about
from process.corrections.corrected_decision import CorrectedDecision
from process.effects import SendCorrection, SendMail
from process.effects.observations import MailSent, MailUndeliverable
from process.effects.requests import EffectRequest, Outcome
from process.lead.lead import Lead
from process.policy import Policy
from process.types import Role

ROLES = (Role.SALES, Role.CONTRACTS, Role.ENGINEERING)


class MailActivities:
    """Sends mail to the people who have the roles at the time of sending.

    Addresses come from the lead's policy, or from the settings for a role that it does not name. `policy` is
    the one of new leads; `checks` uses it.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        self._settings = settings
        self._policy = policy or Policy()
        self._messages = MessageBuilder(settings.mail)

    @performs("send_mail")
    def send_mail(self, request: EffectRequest) -> Outcome:
        """Send the mail, unless an earlier attempt did."""
        effect, lead = request.effect, request.lead
        assert isinstance(effect, SendMail)  # noqa: S101 - the workflow sends each effect to its own activity
        message_id = self._messages.message_id(effect.key)
        if any(mail.message_id == message_id for mail in lead.mails):
            return Outcome()
        undeliverable = Outcome(
            observation=MailUndeliverable(template=effect.template, recipients=effect.addresses)
        )
        if any(map(complaint_about, effect.addresses)):
            return undeliverable
        recipients = self._recipients(effect.to, lead.policy)
        recipients |= dict.fromkeys(map(ascii_address, effect.addresses), "")
        try:
            self._send(effect, lead, message_id, recipients)
        except RecipientRefused:
            if not effect.addresses:
                raise
            return undeliverable
        return Outcome(
            observation=MailSent(
                template=effect.template,
                recipients=tuple(recipients),
                message_id=message_id,
                reached={role: addresses_of(role, lead.policy, self._settings) for role in effect.to},
                released_role=effect.released_role,
                cause=effect.cause,
            )
        )

    @performs("send_correction")
    def send_correction(self, request: EffectRequest) -> Outcome:
        """Send a correction to everybody whose last mail about the decision is wrong by now, if there is anybody."""
        effect, lead, (corrected_decision,) = request.effect, request.lead, request.corrected_decisions
        assert isinstance(effect, SendCorrection)  # noqa: S101 - the workflow sends each effect to its own activity
        message_id, recipients = self._messages.message_id(effect.key), corrected_decision.wrongly_notified
        if not recipients or any(mail.message_id == message_id for mail in lead.mails):
            return Outcome()
        try:
            self._send(effect, lead, message_id, dict.fromkeys(recipients, ""), corrected_decision)
        except RecipientRefused:
            raise park(
                f"The mail server accepts no mail for one of {len(recipients)} recipients, who were notified of the "
                "mistaken decision: have that fixed, then retry"
            ) from None
        return Outcome(
            observation=MailSent(
                template=effect.template,
                recipients=recipients,
                message_id=message_id,
                reached={},
                cause=effect.cause,
            )
        )

    def checks(self) -> Iterator[Check]:
        """Check that the server accepts the login and mail for every role, without sending any."""
        mail = self._settings.mail
        security = "no TLS" if mail.security == "none" else mail.security
        server = f"{mail.host}:{mail.port} ({security})"
        try:
            recipients = self._recipients(ROLES, self._policy)
            try_recipients(mail, self._messages.sender().address, recipients)
        except ApplicationError as error:
            yield Check("Mail", server, ok=False, detail=error.message)
            return
        yield Check("Mail", server, ok=True, detail=f"accepts mail for {', '.join(recipients)}")

    def _send(
        self,
        effect: SendMail | SendCorrection,
        lead: Lead,
        message_id: str,
        recipients: dict[str, str],
        corrected_decision: CorrectedDecision | None = None,
    ) -> None:
        """Send one mail. Its subject is always the lead's heading, since mail programs also thread by subject."""
        message = self._messages.build(
            message_id,
            lead.heading,
            mail_body(
                effect,
                lead,
                self._settings,
                namespace=activity.info().namespace,
                corrected_decision=corrected_decision,
            ),
            to=recipients,
            reply_to=self._recipients((Role.SALES,), lead.policy),
            thread=self._messages.message_id(f"{lead.id}/thread"),
        )
        deliver(self._settings.mail, self._messages.sender().address, recipients, message)

    def _recipients(self, roles: Iterable[Role], policy: Policy) -> dict[str, str]:
        """Return the roles' addresses, each once, with whose it is by the first role that has it."""
        found: dict[str, str] = {}
        for role in roles:
            for address, whose in recipients_of(role, policy, self._settings).items():
                found.setdefault(address, whose)
        return found
