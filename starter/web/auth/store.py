"""The accounts of people, with what belongs to them: API tokens and calendars. Of secrets only hashes are kept."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from process.types import Role
from starter.web.auth.database import WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.tables import ACCOUNTS, CALENDARS, TOKENS
from starter.web.auth.visitor import Visitor

TOKEN = "lth_"  # noqa: S105 - the beginning of each token, by which scanners recognise a leaked one
MAX_TOKENS = 50
"""Tokens of one person at most."""
TOKEN_DAYS = 365
"""Days for which a token counts at most, and unless fewer are asked for."""
USE_NOTED = timedelta(minutes=10)
"""A token's last use is kept no more exactly than this."""


class Scope(StrEnum):
    """A right of a token. Each is for requests of its own; the person's roles hold beside."""

    READ = "read"
    DECIDE = "decide"
    DECODE = "decode"
    """Read sealed payloads, as Temporal keeps them (`starter.web.codec`)."""


class Token(NamedTuple):
    """A token of the HTTP API at the time of its use: it acts for its person, with the roles that they have now."""

    id: str
    name: str
    """The person's name."""
    identity: str | None
    roles: tuple[Role, ...] | None
    scopes: frozenset[Scope]

    @property
    def visitor(self) -> Visitor:
        """The person."""
        return Visitor(self.name, self.identity, self.roles)


class Calendar(NamedTuple):
    """The secret address of a person's agenda: it shows what the person may see now."""

    name: str
    """The person's name."""
    identity: str | None
    roles: tuple[Role, ...] | None

    @property
    def visitor(self) -> Visitor:
        """The person."""
        return Visitor(self.name, self.identity, self.roles)


class ListedToken(NamedTuple):
    """A token as its owner sees it later."""

    id: str
    name: str
    """Name that the owner gave it."""
    scopes: tuple[Scope, ...]
    made: datetime
    expires: datetime
    used: datetime | None


class Account(NamedTuple):
    """A person who has come in, and the number that their sessions must carry."""

    person: Person
    epoch: int


class TooManyTokens(ValueError):
    """The person has as many tokens as one may have."""

    def __str__(self) -> str:
        return f"You have {MAX_TOKENS} tokens, and more are not possible: remove one first."


class AccountStore:
    """The store. Its methods block, and raise StoreUnavailable."""

    def __init__(
        self,
        database: WebDatabase,
        people: People,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = database
        self._contents = database.contents
        self._people = people
        self._clock = clock

    # ---- accounts

    def sign_in(self, person: Person) -> Account:
        """Keep what is known of the person now, and return their account."""
        with self.database.writing() as connection:
            self._keep(connection, person)
            return self._account(connection.execute(self._of(person.account)).one())

    def account(self, key: str) -> Account | None:
        """Return the account with this key, or None."""
        with self.database.reading() as connection:
            row = connection.execute(self._of(key)).one_or_none()
            return self._account(row) if row else None

    def sign_out_everywhere(self, key: str) -> None:
        """End all sessions of an account. Its tokens and its calendar stay."""
        with self.database.writing() as connection:
            ours = ACCOUNTS.c.account == self._id(key)
            connection.execute(update(ACCOUNTS).where(ours).values(epoch=ACCOUNTS.c.epoch + 1))

    def _keep(self, connection: Connection, person: Person) -> None:
        account = self._id(person.account)
        fields = {"way": person.way, "name": person.name, "number": person.number, "teams": person.teams}
        known = self._contents.columns(ACCOUNTS.name, account, fields) | {"seen": self._now()}
        insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(ACCOUNTS)
        connection.execute(
            insert.values(account=account, epoch=1, **known).on_conflict_do_update(
                index_elements=["account"], set_=known
            )
        )

    # ---- tokens

    def add_token(self, person: Person, name: str, scopes: Iterable[Scope], days: int = TOKEN_DAYS) -> str:
        """Add a token of this person and return its secret, which is kept nowhere. Raises TooManyTokens.

        Those that have expired are removed meanwhile.
        """
        secret = TOKEN + secrets.token_urlsafe(32)
        with self.database.writing() as connection:
            self._need(connection, person)
            account, token_id = self._id(person.account), secrets.token_hex(8)
            ours = select(TOKENS.c.id).where(TOKENS.c.account == account)
            connection.execute(delete(TOKENS).where(TOKENS.c.expires <= self._now()))
            if len(connection.execute(ours).all()) >= MAX_TOKENS:
                raise TooManyTokens
            connection.execute(
                TOKENS.insert().values(
                    id=token_id,
                    hash=_hash(secret),
                    account=account,
                    **self._contents.columns(TOKENS.name, token_id, {"name": name}),
                    scopes=" ".join(sorted(set(scopes))),
                    made=self._now(),
                    expires=(self._clock() + timedelta(days=min(days, TOKEN_DAYS))).isoformat(),
                )
            )
        return secret

    def token(self, secret: str) -> Token | None:
        """Return the token with this secret, and note its use; None if there is none, or it has expired."""
        if not secret.startswith(TOKEN):
            return None
        token = (TOKENS.c.id, TOKENS.c.scopes, TOKENS.c.used)
        joined = (
            select(*token, *_PERSON)
            .join_from(TOKENS, ACCOUNTS)
            .where(TOKENS.c.hash == _hash(secret), TOKENS.c.expires > self._now())
        )
        with self.database.reading() as connection:
            row = connection.execute(joined).one_or_none()
            if row is None:
                return None
            person = self._person(row)
        self._note_use(row.id, row.used)
        standing = self._people.standing(person, self._clock())
        return Token(row.id, person.name, *standing, frozenset(map(Scope, row.scopes.split())))

    def tokens(self, account: str) -> list[ListedToken]:
        """Return the tokens of an account, the newest first."""
        ours = select(TOKENS).where(TOKENS.c.account == self._id(account))
        with self.database.reading() as connection:
            rows = connection.execute(ours.order_by(TOKENS.c.made.desc(), TOKENS.c.id)).all()
            return [
                ListedToken(
                    row.id,
                    self._contents.opened(TOKENS.name, row.id, row.content, row.key_epoch)["name"],
                    tuple(map(Scope, row.scopes.split())),
                    datetime.fromisoformat(row.made),
                    datetime.fromisoformat(row.expires),
                    datetime.fromisoformat(row.used) if row.used else None,
                )
                for row in rows
            ]

    def remove_token(self, account: str, token_id: str) -> bool:
        """Remove a token of this account. Return False if there is none."""
        with self.database.writing() as connection:
            ours = (TOKENS.c.account == self._id(account)) & (TOKENS.c.id == token_id)
            return bool(connection.execute(delete(TOKENS).where(ours)).rowcount)

    def _note_use(self, token_id: str, used: str | None) -> None:
        if used and self._clock() - datetime.fromisoformat(used) < USE_NOTED:
            return
        with self.database.writing() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == token_id).values(used=self._now()))

    # ---- calendars

    def add_calendar(self, person: Person) -> str:
        """Give the person's agenda a new secret address and return its key. The one before it is none any more."""
        key = secrets.token_urlsafe(24)
        with self.database.writing() as connection:
            self._need(connection, person)
            account = self._id(person.account)
            connection.execute(delete(CALENDARS).where(CALENDARS.c.account == account))
            connection.execute(CALENDARS.insert().values(hash=_hash(key), account=account, made=self._now()))
        return key

    def calendar(self, key: str) -> Calendar | None:
        """Return the calendar with this key, or None."""
        joined = select(*_PERSON).join_from(CALENDARS, ACCOUNTS).where(CALENDARS.c.hash == _hash(key))
        with self.database.reading() as connection:
            row = connection.execute(joined).one_or_none()
            if row is None:
                return None
            person = self._person(row)
        return Calendar(person.name, *self._people.standing(person, self._clock()))

    def calendar_made(self, account: str) -> datetime | None:
        """Return the time at which the account's calendar got its address; None if it has none."""
        ours = select(CALENDARS.c.made).where(CALENDARS.c.account == self._id(account))
        with self.database.reading() as connection:
            made = connection.scalar(ours)
        return datetime.fromisoformat(made) if made else None

    def remove_calendar(self, account: str) -> bool:
        """Remove the address of this account's calendar. Return False if there is none."""
        with self.database.writing() as connection:
            ours = CALENDARS.c.account == self._id(account)
            return bool(connection.execute(delete(CALENDARS).where(ours)).rowcount)

    # ---- internals

    def _need(self, connection: Connection, person: Person) -> None:
        """Keep the person if they have no account yet: not everybody signs in."""
        if connection.execute(self._of(person.account)).one_or_none() is None:
            self._keep(connection, person)

    def _id(self, key: str) -> str:
        return self._contents.digest(key)

    def _of(self, key: str) -> Select[Any]:
        return select(*_PERSON, ACCOUNTS.c.epoch).where(ACCOUNTS.c.account == self._id(key))

    def _person(self, row: Row[Any]) -> Person:
        fields = self._contents.opened(ACCOUNTS.name, row.account, row.content, row.key_epoch)
        seen = datetime.fromisoformat(row.seen)
        return Person(Way(fields["way"]), fields["name"], fields["number"], tuple(fields["teams"]), seen)

    def _account(self, row: Row[Any]) -> Account:
        return Account(self._person(row), row.epoch)

    def _now(self) -> str:
        return self._clock().isoformat()


_PERSON: tuple[ColumnElement[Any], ...] = (
    ACCOUNTS.c.account,
    ACCOUNTS.c.content,
    ACCOUNTS.c.key_epoch,
    ACCOUNTS.c.seen,
)


def _hash(secret: str) -> str:
    """Return the hash under which a secret is found. It is random and long, so that a plain one suffices."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
