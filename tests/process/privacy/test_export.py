"""A person gets what a lead keeps of them, and nothing of anybody else."""

from process.personal import ERASED
from process.privacy.export import export
from process.privacy.person import EVERYBODY, Person
from process.privacy.redaction import redact_events
from tests.support.lives import Life, known_person

ADA = Person(addresses=("ada@example.org",))
BOB = Person(names=("Bob Colleague",))


def lived() -> Life:
    life = Life(email="ada@example.org", by="Bob Colleague")
    life.does(
        "questionnaire_sent", by="Bob Colleague", note="Bob Colleague told her", actor=known_person("bob")
    )
    life.does("put_on_hold", until="2026-09-01", by="Grace Example", actor=known_person("grace"))
    return life


def test_the_contact_gets_all_free_text_without_the_names_of_others() -> None:
    data = export(lived().aggregate.event_log.events, ADA, "lead-example")
    assert data.is_contact
    assert data.words == ("Ada Example", "ada@example.org")
    opened, sent = data.timeline
    assert opened.fields == {"person": "Ada Example", "email": "ada@example.org"}
    assert sent.fields == {"note": f"{ERASED} told her"}
    assert "Bob" not in data.model_dump_json()
    assert "Grace" not in data.model_dump_json()


def test_a_colleague_gets_what_they_did() -> None:
    data = export(lived().aggregate.event_log.events, BOB, "lead-example")
    assert not data.is_contact
    assert [(entry.seq, sorted(entry.fields)) for entry in data.timeline] == [
        (1, ["by"]),
        (2, ["by", "note"]),
    ]
    assert "ada@example.org" not in data.model_dump_json()
    assert "Grace" not in data.model_dump_json()


def test_nothing_is_left_after_an_erasure() -> None:
    events = redact_events(lived().aggregate.event_log.events, EVERYBODY, "lead-example")
    assert export(events, ADA, "lead-example").timeline == ()
