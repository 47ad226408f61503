"""The week's digest as mail."""

from temporalio import activity

from activities.errors import park
from activities.mail.messages import Letters, plain_address
from activities.mail.sending import behind
from activities.mail.smtp import deliver
from activities.mail.text import Parts, filled
from config.settings import Settings
from process.policy import Policy
from process.types import Role
from process.views.digest import DigestMail


class DigestActivities:
    """`policy`, the one in force, says who is behind the roles."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self._settings = settings
        self._policy = policy
        self._letters = Letters(settings.mail)

    @activity.defn(name="send_digest")
    def send_digest(self, letter: DigestMail) -> str:
        """Sends it; answers with its Message-ID, which is the same however often it is sent."""
        message_id = self._letters.id(f"digest/{letter.week.name}/{letter.key}")
        recipients = dict.fromkeys(self.recipients(letter), str(letter.role))
        message = self._letters.message(
            message_id, letter.subject, text(letter), to=recipients, reply_to=self._behind(Role.SALES)
        )
        deliver(self._settings.mail, self._letters.sender().addr_spec, recipients, message)
        return message_id

    def recipients(self, letter: DigestMail) -> tuple[str, ...]:
        """Whom it reaches. Raises ApplicationError (parked) for an address that is none."""
        if letter.address:
            return (plain_address(letter.address, f"who has {letter.role} for a lead (assigned)"),)
        return self._behind(letter.role)

    def _behind(self, role: Role) -> tuple[str, ...]:
        where = f"LEADS_ADDRESSES__{role.upper()} or addresses.{role} of the policy"
        known = behind(role, self._policy, self._settings)
        if not known:
            raise park(f"Nobody is behind the role {role}: set {where}")
        return tuple(dict.fromkeys(plain_address(address, where) for address in known))


def text(letter: DigestMail) -> Parts:
    """What it says."""
    return filled("digest.md", {"letter": letter})
