"""The store of accounts names nobody in clear, and forgets a person."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from keys.ring import KeyRing
from process.policy import Policy
from process.privacy.person import Person as Erased
from starter.web.auth.database import StoreUnavailable, WebDatabase
from starter.web.auth.forgetting import find_person, forget
from starter.web.auth.links import LinkStore
from starter.web.auth.people import People, Person, Way
from starter.web.auth.readings import ReadingLog
from starter.web.auth.sealing import OWNER, WebContents
from starter.web.auth.store import AccountStore, Scope
from starter.web.auth.tables import METADATA
from tests.support.lives import Life

ZOE = Person(Way.GITHUB, "zoe-marker", 7, ("sales",))
BO = Person(Way.PROXY, "bo.marker@example.org")
ERASED = Erased(names=("Zoe Marker",), addresses=("zoe@example.edu",), logins=("zoe-marker",))


class Pages:
    """A store with two accounts, their tokens and calendars, and a link for each of two people."""

    def __init__(self, file: Path, ring: KeyRing | None) -> None:
        self.file, self.ring = file, ring
        self.database = WebDatabase.open(f"sqlite:///{file}", WebContents(ring, "some pepper"))
        self.store = AccountStore(self.database, People(Policy(), frozenset({Way.GITHUB, Way.PROXY})))
        self.links = LinkStore(self.database, lambda: datetime(2026, 7, 1, tzinfo=UTC))
        self.readings = ReadingLog(self.database)
        self.readings.note(ZOE.name, {"lead-ada": 1})
        self.readings.note(BO.name, {"lead-ada": 2})
        self.tokens = {}
        for person in (ZOE, BO):
            self.store.sign_in(person)
            self.tokens[person] = self.store.add_token(person, f"script of {person.name}", [Scope.READ])
            self.store.add_calendar(person)
        lead = Life().lead
        self.hers = self.links.add(lead, "hub", "Zoë Marker", "zoe@example.edu", "bo", 9)
        self.his = self.links.add(lead, "hub", "Bo Rive", "bo@example.edu", "bo", 9)
        for link in (self.hers, self.his):
            self.links.hand_in(link, "Yes, it is", "digest-marker")

    def rows(self) -> str:
        with self.database.reading() as connection:
            found = [
                tuple(row) for table in METADATA.tables.values() for row in connection.execute(select(table))
            ]
        return repr(found).lower()

    def files(self) -> bytes:
        return b"".join(each.read_bytes() for each in self.file.parent.iterdir()).lower()


@pytest.fixture(params=["sealed", "plain"])
def pages(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pages]:
    found = Pages(tmp_path / "web" / "web.sqlite", KeyRing.in_memory() if request.param == "sealed" else None)
    with closing(found.database):
        yield found


def test_nobody_is_named_in_clear(pages: Pages) -> None:
    assert ("marker" in pages.rows()) == (pages.ring is None)
    assert "github:7" not in pages.rows()
    account = pages.store.account(ZOE.account)
    assert account
    assert account.person.name == "zoe-marker"
    token = pages.store.token(pages.tokens[BO])
    assert token
    assert token.name == BO.name
    assert [each.name for each in pages.store.tokens(ZOE.account)] == ["script of zoe-marker"]
    assert pages.links.of(pages.his.lead_id) in ([pages.hers, pages.his], [pages.his, pages.hers])
    handed_in = pages.links.handed_in(pages.his)
    assert handed_in
    assert handed_in.label == "Yes, it is"


def test_a_person_is_forgotten_and_others_stay(pages: Pages) -> None:
    assert find_person(pages.database, ERASED)
    if pages.ring:
        pages.ring.advance(OWNER)
    found = forget(pages.database, ERASED)
    assert [len(each) for each in found] == [1, 1, 1, 1]
    assert [(each.by, each.payloads) for each in pages.readings.of("lead-ada")] in (
        [(BO.name, 2), ("[erased]", 1)],
        [("[erased]", 1), (BO.name, 2)],
    )
    if pages.ring:
        assert pages.ring.erase(OWNER, before=2) == 1
    assert not find_person(pages.database, ERASED)
    assert pages.store.account(ZOE.account) is None  # so her sessions are over
    assert pages.store.token(pages.tokens[ZOE]) is None
    assert pages.links.of(pages.his.lead_id) == [pages.his]
    assert pages.links.handed_in(pages.hers) is None
    token = pages.store.token(pages.tokens[BO])
    assert token
    assert token.name == BO.name
    assert pages.links.handed_in(pages.his)
    assert not forget(pages.database, ERASED)  # again
    for gone in (b"zoe-marker", b"zoe@example"):
        assert gone not in pages.files()


def test_a_store_without_its_keys_forgets_nothing(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "web" / "web.sqlite", KeyRing.in_memory())
    with closing(WebDatabase.open(f"sqlite:///{pages.file}")) as without:
        for ask in (find_person, forget):
            with pytest.raises(StoreUnavailable):
                ask(without, ERASED)
    assert find_person(pages.database, ERASED)
    pages.database.close()
