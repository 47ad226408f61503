"""Requests in the journal: who asked and agreed is known again, and whom they named is not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from client.erasure.doubts import doubt_about
from client.erasure.errors import ErasureRefused, NoSuchErasure
from client.erasure.finding import Found, FoundLead
from client.erasure.requests import Requests, owner_of
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from process.actor import Actor, Face
from process.privacy.person import EVERYBODY, Person
from process.privacy.requests import (
    ErasureRequest,
    HoldReason,
    LeadErasure,
    RequestKind,
    RequestState,
    Step,
)

TODAY = date(2026, 6, 1)
ADA = Person(names=("Ada Lovelace",), addresses=("ada@example.org",))
ANN = Actor(face=Face.COMMAND_LINE, identity="ann")
BOB = Actor(face=Face.COMMAND_LINE, identity="bob")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.sqlite"


@pytest.fixture
def journal(file: Path) -> Iterator[ErasureJournal]:
    opened = ErasureJournal(f"sqlite:///{file}")
    yield opened
    opened.close()


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.in_memory()


@pytest.fixture
def requests(journal: ErasureJournal, ring: KeyRing) -> Requests:
    return Requests(journal, ring, "pepper")


def test_a_second_person_agrees(requests: Requests) -> None:
    asked = requests.ask(ADA, ["lead-a", "lead-b", "lead-a"], ANN)
    assert [each.lead_id for each in asked.leads] == ["lead-a", "lead-b"]
    assert requests.whom(asked) == ADA
    with pytest.raises(ErasureRefused, match="somebody else"):
        requests.confirm(asked.id, ANN.replaced(identity="ANN"), TODAY)
    confirmed = requests.confirm(asked.id, BOB, TODAY)
    assert confirmed.state(TODAY) is RequestState.RUNNING
    assert confirmed.confirmed_by == requests.digest(BOB) != confirmed.asked_by
    assert requests.confirm(asked.id, ANN, TODAY).confirmed_at == confirmed.confirmed_at
    assert requests.get(asked.id) == requests.confirm(asked.id, BOB, TODAY)


def test_somebody_unknown_asks_for_nothing(requests: Requests, journal: ErasureJournal) -> None:
    with pytest.raises(ErasureRefused, match="Nobody knows"):
        requests.ask(ADA, ["lead-a"], ANN.replaced(identity=None))
    assert journal.requests() == []


def test_what_the_journal_does_not_have_is_named(requests: Requests) -> None:
    with pytest.raises(NoSuchErasure, match="no erasure 'nope'"):
        requests.confirm("nope", BOB, TODAY)


def test_a_hold_is_kept_and_can_be_ended(requests: Requests) -> None:
    asked = requests.ask(ADA, ["lead-a"], ANN)
    held = requests.hold(asked.id, BOB, TODAY, HoldReason.DISPUTE, TODAY)
    assert (held.state(TODAY), held.held_for) == (RequestState.HELD, HoldReason.DISPUTE)
    with pytest.raises(ErasureRefused, match="legal hold"):
        requests.confirm(asked.id, BOB, TODAY)
    requests.hold(asked.id, BOB, TODAY - timedelta(days=1), HoldReason.DISPUTE, TODAY)
    assert requests.confirm(asked.id, BOB, TODAY).confirmed_at


def test_a_second_request_does_not_pass_by_a_hold(requests: Requests) -> None:
    held, again = requests.ask(ADA, ["lead-a", "lead-b"], ANN), requests.ask(ADA, ["lead-b"], ANN)
    requests.hold(held.id, BOB, TODAY, HoldReason.DISPUTE, TODAY)
    with pytest.raises(ErasureRefused, match=f"hold on request {held.id}"):
        requests.confirm(again.id, BOB, TODAY)
    assert requests.get(again.id).confirmed_at is None
    assert requests.confirm(again.id, BOB, TODAY + timedelta(days=1)).confirmed_at
    elsewhere = requests.ask(ADA, ["lead-c"], ANN)
    assert requests.confirm(elsewhere.id, BOB, TODAY).confirmed_at


def test_the_words_are_forgotten_at_the_end_and_at_a_withdrawal(
    requests: Requests, journal: ErasureJournal, ring: KeyRing
) -> None:
    done, withdrawn = requests.ask(ADA, ["lead-a"], ANN), requests.ask(ADA, ["lead-a"], ANN)
    requests.confirm(done.id, BOB, TODAY)
    assert requests.finish(done.id, found=2).state(TODAY) is RequestState.RUNNING
    assert requests.whom(done) == ADA, "what is found is looked for again"
    assert requests.finish(done.id, found=0).state(TODAY) is RequestState.DONE
    assert requests.withdraw(withdrawn.id, ANN).state(TODAY) is RequestState.WITHDRAWN
    for request in (done, withdrawn):
        assert requests.whom(requests.get(request.id)) is None
        assert journal.words(request.id) is None
        assert all(epoch.destroyed_at for epoch in ring.epochs(owner_of(request.id)))


def test_somebody_who_has_looked_at_the_rest_ends_the_request(
    requests: Requests, journal: ErasureJournal
) -> None:
    asked = requests.ask(ADA, ["lead-a"], ANN)
    requests.confirm(asked.id, BOB, TODAY)
    with pytest.raises(ErasureRefused, match="No search"):
        requests.accept_rest(asked.id, ANN)
    requests.finish(asked.id, found=2, waits=True)
    with pytest.raises(ErasureRefused, match="pages"):
        requests.accept_rest(asked.id, ANN)
    requests.note_pages(asked.id)
    with pytest.raises(ErasureRefused, match="Nobody knows"):
        requests.accept_rest(asked.id, ANN.replaced(identity=None))
    ended = requests.accept_rest(asked.id, ANN)
    assert (ended.state(TODAY), ended.found, ended.rest_by) == (RequestState.DONE, 2, requests.digest(ANN))
    assert (requests.whom(ended), journal.words(asked.id)) == (None, None)
    with pytest.raises(ErasureRefused, match="carried out"):
        requests.accept_rest(asked.id, ANN)


def test_a_pending_request_for_the_same_person_is_found_by_any_of_their_words(requests: Requests) -> None:
    assert requests.naming(ADA) is None
    asked = requests.ask(ADA, ["lead-a"], ANN)
    for person in (ADA, Person(addresses=("ADA@example.org",)), Person(names=("ada lovelace", "Countess"))):
        assert requests.naming(person) == asked
    assert requests.naming(Person(names=("Lovelace",))) is None
    requests.withdraw(asked.id, ANN)
    assert requests.naming(ADA) is None


def doubt(requests: Requests, given: Person, *unsure: bool, limited: bool = False) -> str:
    leads = (FoundLead(f"lead-{n}", "", False, 1, not each) for n, each in enumerate(unsure))
    return str(doubt_about(requests, given, Found(given, tuple(leads)), TODAY, limited=limited) or "")


def test_words_that_others_share_are_not_asked_for_by_mistake(requests: Requests) -> None:
    smith, many = Person(names=("Smith",)), [True] * 21
    assert "Too common: 21 leads" in doubt(requests, smith, *many)
    assert "the mail address or the whole name" in doubt(requests, smith, *many)
    assert "fewer than 3 letters" in doubt(requests, Person(names=("Ada Lovelace", "Li")))
    assert doubt(requests, Person(names=("李明",))) == ""
    for found, limited in ((many[1:], False), (many, True), ([False] * 500, False)):
        assert doubt(requests, smith, *found, limited=limited) == ""


def test_the_same_person_is_asked_for_once(requests: Requests) -> None:
    asked = requests.ask(ADA, ["lead-0"], ANN, limited=True)
    for limited in (True, False):
        assert f"Request {asked.id}" in doubt(requests, ADA, False, limited=limited)
    there = Found(ADA, (FoundLead("lead-9", "", False, 1),))
    assert doubt_about(requests, ADA, there, TODAY, limited=True) is None  # two people of one name


def test_retention_erases_everybody(requests: Requests, journal: ErasureJournal) -> None:
    request = ErasureRequest(
        id="retention-2026-06-01", kind=RequestKind.RETENTION, asked_at=datetime.now(UTC)
    )
    journal.add(request, None)
    assert requests.whom(requests.get(request.id)) is EVERYBODY


def test_the_journal_names_nobody(requests: Requests, journal: ErasureJournal, file: Path) -> None:
    asked = requests.ask(ADA, ["lead-a"], ANN)
    requests.confirm(asked.id, BOB, TODAY)
    journal.close()
    stored = file.read_bytes()
    assert asked.id.encode() in stored
    for word in ("Ada", "Lovelace", "ada@", "ann", "bob"):
        assert word.encode() not in stored


def test_what_is_done_of_a_lead_is_kept(requests: Requests, journal: ErasureJournal) -> None:
    asked = requests.ask(ADA, ["lead-a"], ANN)
    journal.add_leads(asked.id, ["lead-a", "lead-b"])
    journal.change_lead(asked.id, "lead-b", lambda each: each.replaced(epoch=2).after(Step.REDACT))
    assert requests.get(asked.id).leads == (
        LeadErasure(lead_id="lead-a"),
        LeadErasure(lead_id="lead-b", epoch=2, done=(Step.REDACT,)),
    )
    with pytest.raises(LookupError):
        journal.change_lead(asked.id, "lead-c", lambda each: each)


def test_the_newest_events_of_a_lead_are_those_to_put_back(
    requests: Requests, journal: ErasureJournal
) -> None:
    for epoch in (2, 3):
        asked = requests.ask(ADA, ["lead-a", "lead-b"], ANN)
        journal.change_lead(asked.id, "lead-a", lambda each, n=epoch: each.replaced(epoch=n))  # type: ignore[misc]
        journal.keep_events(asked.id, "lead-a", str(epoch).encode())
    assert [(each.erasure.lead_id, each.sealed) for each in journal.kept_events()] == [("lead-a", b"3")]
