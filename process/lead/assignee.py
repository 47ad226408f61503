"""The person who has a role for a lead."""

from process.actor import plain_name
from process.types import Login, MailAddress, Model, PersonName


class Assignee(Model):
    """The person who has a role for one lead."""

    person: PersonName
    login: Login | None = None
    email: MailAddress | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The person's name, GitHub login and mail address, as far as they are known."""
        return tuple(name for name in (self.person, self.login, self.email) if name)

    def is_called(self, name: str) -> bool:
        """Return True if this is the person's name, GitHub login or mail address, however they are spelt."""
        return plain_name(name) in map(plain_name, self.names)
