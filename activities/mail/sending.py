"""Mail to the people behind the roles, one thread per lead."""

from collections.abc import Iterator

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.mail.messages import Letters, plain_address
from activities.mail.smtp import NotTakenError, deliver, rehearse
from activities.mail.text import written
from activities.performs import performs
from config.settings import Settings
from process.corrections.corrected_decision import CorrectedDecision
from process.effects import SendCorrection, SendMail
from process.effects.observations import MailSent, MailUndeliverable
from process.effects.requests import EffectRequest, Outcome
from process.lead.lead import Lead
from process.policy import Policy
from process.types import Role

ROLES = (Role.SALES, Role.CONTRACTS, Role.ENGINEERING)


class MailActivities:
    """Looks up the addresses when a mail is sent: whoever is behind a role then gets it.

    The lead's policy says who that is; the settings do for a role that it does not name. `policy`, that of new leads, is
    what is checked.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        self._settings = settings
        self._policy = policy or Policy()
        self._letters = Letters(settings.mail)

    @performs("send_mail")
    def send_mail(self, request: EffectRequest) -> Outcome:
        effect, lead = request.effect, request.lead
        assert isinstance(effect, SendMail)  # noqa: S101 - the workflow sends each effect to its own activity
        message_id = self._letters.id(effect.key)
        if any(mail.message_id == message_id for mail in lead.mails):
            return Outcome()
        recipients = self._recipients(effect.to, lead.policy)
        recipients |= dict.fromkeys(effect.addresses, effect.fields.get("role", ""))
        try:
            self._send(effect, lead, message_id, recipients)
        except NotTakenError:
            if not effect.addresses:
                raise
            return Outcome(
                observation=MailUndeliverable(template=effect.template, recipients=effect.addresses)
            )
        return Outcome(
            observation=MailSent(
                template=effect.template,
                recipients=tuple(recipients),
                message_id=message_id,
                reached={role: behind(role, lead.policy, self._settings) for role in effect.to},
                released_role=effect.released_role,
                cause=effect.cause,
            )
        )

    @performs("send_correction")
    def send_correction(self, request: EffectRequest) -> Outcome:
        """To exactly those whose last mail about the decision is wrong by now; to nobody, if there is nobody."""
        effect, lead, (corrected_decision,) = request.effect, request.lead, request.corrected_decisions
        assert isinstance(effect, SendCorrection)  # noqa: S101 - the workflow sends each effect to its own activity
        message_id, told = self._letters.id(effect.key), corrected_decision.wrongly_notified
        if not told or any(mail.message_id == message_id for mail in lead.mails):
            return Outcome()
        try:
            self._send(effect, lead, message_id, dict.fromkeys(told, ""), corrected_decision)
        except NotTakenError:
            raise park(
                f"The mail server takes no mail for one of {', '.join(told)}, who were told of the mistake: see that "
                "it does, then retry"
            ) from None
        return Outcome(
            observation=MailSent(
                template=effect.template,
                recipients=told,
                message_id=message_id,
                reached={},
                cause=effect.cause,
            )
        )

    def checks(self) -> Iterator[Check]:
        """Whether the server lets us in and takes mail for everybody; nothing is sent."""
        mail = self._settings.mail
        what = f"{mail.host}:{mail.port} ({mail.security})"
        try:
            recipients = self._recipients(ROLES, self._policy)
            rehearse(mail, self._letters.sender().addr_spec, recipients)
        except ApplicationError as error:
            yield Check("Mail", what, ok=False, detail=error.message)
            return
        yield Check("Mail", what, ok=True, detail=f"takes mail for {', '.join(recipients)}")

    def _send(
        self,
        effect: SendMail | SendCorrection,
        lead: Lead,
        message_id: str,
        recipients: dict[str, str],
        corrected_decision: CorrectedDecision | None = None,
    ) -> None:
        """The subject never says what the mail is about: a thread is known by its subject, too."""
        message = self._letters.message(
            message_id,
            lead.heading,
            written(
                effect,
                lead,
                self._settings,
                namespace=activity.info().namespace,
                corrected_decision=corrected_decision,
            ),
            to=recipients,
            reply_to=self._recipients((Role.SALES,), lead.policy),
            thread=self._letters.id(f"{lead.id}/thread"),
        )
        deliver(self._settings.mail, self._letters.sender().addr_spec, recipients, message)

    def _recipients(self, roles: tuple[Role, ...], policy: Policy) -> dict[str, str]:
        """Address -> role, each address once."""
        found: dict[str, str] = {}
        for role in roles:
            named = policy.addresses.get(role)
            where = f"addresses.{role} of the policy" if named else f"LEADS_ADDRESSES__{role.upper()}"
            addresses = behind(role, policy, self._settings)
            if not addresses:
                raise park(f"Nobody is behind the role {role}: set {where}")
            for address in addresses:
                found.setdefault(plain_address(address, where), role)
        return found


def behind(role: Role, policy: Policy, settings: Settings) -> tuple[str, ...]:
    """The addresses of whoever is behind a role: as the policy names them, or else the settings."""
    return policy.addresses.get(role) or tuple(getattr(settings.addresses, role, ()))
