"""The rule of authorization itself, and that no face gets around it."""

from collections.abc import Callable
from typing import Any

import pytest

from activities.issue_sync.roles import roles_of
from process.actor import Actor, Face, identity_of
from process.core import intake
from process.core.answers import Answer
from process.core.restoring import aggregate_from
from process.envelope import Envelope, public_key, sign
from process.policy import Policy
from process.types import Role
from process.views.overview import timeline
from tests.support.lives import DISCOUNTED, KEY, QUOTE, SIGNED, Life, known_person

SALES = known_person("amara-sales", Face.COMMENT, Role.SALES)
CONTRACTS = known_person("chidi", Face.COMMENT, Role.CONTRACTS)
ENGINEERING = known_person("edda", Face.BOARD, Role.ENGINEERING)
CLAIMS = Actor(face=Face.COMMENT, identity="chidi", roles=(Role.CONTRACTS,), authenticated=True)
"""A person as somebody else may describe them."""
UNKNOWN = [Actor(face=face, identity="chidi") for face in (Face.COMMAND_LINE, Face.SIGNAL, Face.UPDATE)]
"""People at faces that know nobody, under the name of the approver."""


def discounted(author: Actor = SALES) -> Life:
    return Life().quoted(**DISCOUNTED, actor=author)


def sends(life: Life, kind: str, *args: Any, face: Face = Face.UPDATE) -> Answer:
    """Send a message as anybody can who reaches Temporal."""
    aggregate, answer = intake.take(life.aggregate, kind, args, life.now, source=face)
    life._set(aggregate)
    return answer


def trusting(life: Life) -> Life:
    """Let the lead know the service's public key."""
    life.aggregate = life.aggregate.replaced(keys=(public_key(KEY),))
    return life


# ---- corrections


@pytest.mark.parametrize("actor", [SALES, ENGINEERING])
def test_a_signature_is_taken_back_only_by_who_may_sign(actor: Actor) -> None:
    life = Life().signed()
    seq = life.lead.last_seq
    assert "Only contracts can decide that" in life.refused("corrected", seq=seq, reason="x", actor=actor)
    life.does("corrected", seq=seq, reason="x", actor=CONTRACTS)
    assert life.lead.contract.signed_on is None


def test_a_correction_is_corrected_by_who_may_take_what_counts_again() -> None:
    life = discounted()
    approval = life.does("discount_approved", actor=CONTRACTS).seq
    correction = life.does("corrected", seq=approval, reason="x", actor=CONTRACTS).seq
    assert "Only contracts" in life.refused("corrected", seq=correction, reason="y", actor=SALES)
    life.does("corrected", seq=correction, reason="y", actor=CONTRACTS)
    assert life.lead.quotes[-1].awaiting_approval_by is None


@pytest.mark.parametrize("actor", UNKNOWN)
def test_an_approval_is_not_revived_by_somebody_unknown(actor: Actor) -> None:
    life = discounted()
    approval = life.does("discount_approved", actor=CONTRACTS).seq
    correction = life.does("corrected", seq=approval, reason="x", actor=actor).seq  # to withdraw it is safe
    assert "somebody who is known" in life.refused("corrected", seq=correction, reason="y", actor=actor)


def test_an_approval_is_not_revived_by_the_author_of_the_discount() -> None:
    both = known_person("ada", Face.COMMENT, Role.CONTRACTS, Role.SALES)
    life = discounted(both)
    approval = life.does("discount_approved", actor=CONTRACTS).seq
    correction = life.does("corrected", seq=approval, reason="x", actor=both).seq
    assert "nobody approves their own" in life.refused("corrected", seq=correction, reason="y", actor=both)


def test_what_a_correction_leaves_is_put_right_with_the_same_right() -> None:
    life = Life().handed_over()
    seq = life.does("contract_signed", **SIGNED).seq
    life.perform()
    life.does("corrected", seq=seq, reason="x", actor=CONTRACTS)
    for more in ({"compensate": ["mail"]}, {"rest_is_fine": True}):
        assert "Only contracts" in life.refused("corrected", seq=seq, reason="x", actor=SALES, **more)


def test_the_correction_of_something_unknown_is_refused_for_that() -> None:
    assert "There is no 99 in the timeline" in Life().refused(
        "corrected", seq=99, reason="x", actor=ENGINEERING
    )


# ---- approvals


@pytest.mark.parametrize("actor", UNKNOWN)
def test_only_a_person_whom_a_face_knows_approves(actor: Actor) -> None:
    life = discounted()
    refusal = life.refused("discount_approved", by="@chidi", actor=actor)
    assert "anybody may write any name" in refusal
    assert "Decide it where the service knows you: on pages to which people sign in" in refusal
    life.perform()
    assert "in a comment on the lead's issue" in life.refused("discount_approved", by="@chidi", actor=actor)


@pytest.mark.parametrize("author", UNKNOWN)
@pytest.mark.parametrize("approver", [CONTRACTS, UNKNOWN[0]])
def test_a_discount_of_somebody_unknown_is_not_approved(author: Actor, approver: Actor) -> None:
    life = discounted(author.replaced(identity="ada"))
    refusal = life.refused("discount_approved", actor=approver)
    assert "Nobody can approve this discount, because it is not known who gave it" in refusal
    assert "quotes it again" in refusal


def test_whoever_nobody_knows_is_told_that_before_whose_discount_it_is() -> None:
    life = discounted()
    refusal = life.refused(
        "discount_approved", by="amara-sales", actor=UNKNOWN[0].replaced(identity="amara-sales")
    )
    assert "Only somebody who is known can approve that" in refusal
    assert "their own" not in refusal


# ---- what is told first


@pytest.mark.parametrize("actor", [SALES, ENGINEERING, CONTRACTS])
def test_nobody_is_sent_to_another_role_for_what_is_impossible(actor: Actor) -> None:
    refusal = Life().refused("contract_signed", **SIGNED, actor=actor)
    assert "No price has been quoted yet" in refusal
    assert "can decide that" not in refusal


def test_whoever_has_no_role_is_told_nothing_of_the_lead() -> None:
    nobody = Actor(face=Face.COMMENT, identity="mallory", roles=(), authenticated=True)
    refusal = Life().refused("contract_signed", **SIGNED, actor=nobody)
    assert "Only contracts can decide that, and you have no role" in refusal
    assert "price" not in refusal


def test_a_face_that_is_closed_tells_nothing_of_the_lead() -> None:
    life = Life(policy={"version": "2", "faces": {"cli": "refused"}})
    refusal = life.refused("contract_signed", **SIGNED, actor=Actor(face=Face.COMMAND_LINE))
    assert "the policy refuses that" in refusal
    assert "price" not in refusal


def test_the_same_person_under_two_names_does_not_approve() -> None:
    policy = Policy(aliases={"ada": ("id:7", "ada@example.org", "ada.lovelace")})
    author = Actor(
        face=Face.PAGE, identity=identity_of(policy.aliases, "Ada@example.org"), authenticated=True
    )
    approver = Actor(
        face=Face.COMMENT, identity=identity_of(policy.aliases, "renamed", 7), authenticated=True
    )
    life = Life(policy=policy.model_dump(mode="json")).quoted(
        **DISCOUNTED | {"by": "ada@example.org"}, actor=author
    )
    assert "nobody approves their own" in life.refused("discount_approved", by="@renamed", actor=approver)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@b\u00fccher.example", "Ada@xn--bcher-kva.example"),
        ("ada@B\u00dcCHER.example", "ada@bu\u0308cher.example"),
        ("ada@\u4f8b\u3048.example", "ada@\u4f8b\u3048\u3002example"),
        ("Jos\u00e9 Example", "jose\u0301 EXAMPLE"),
        ("\u0399\u03a9\u0391\u039d\u039d\u0397\u03a3", "\u03b9\u03c9\u03b1\u03bd\u03bd\u03b7\u03c2"),
    ],
)
def test_one_person_has_one_identity_in_each_spelling(one: str, other: str) -> None:
    assert identity_of({}, one) == identity_of({}, f" @{other} ")
    assert identity_of({"ada": (one,)}, other) == "ada"
    assert roles_of({Role.SALES: [one]}, identity_of({}, other) or "", lambda _: False) == {Role.SALES}
    author, approver = (
        Actor(face=Face.PAGE, identity=identity_of({}, name), authenticated=True) for name in (one, other)
    )
    life = Life().quoted(**DISCOUNTED | {"by": one}, actor=author)
    assert "nobody approves their own" in life.refused("discount_approved", by=other, actor=approver)


def test_an_account_that_took_a_login_is_not_its_former_owner() -> None:
    aliases = {"ada": ("id:7", "ada.lovelace")}
    assert identity_of(aliases, "@Ada", 7) == "ada"
    assert identity_of(aliases, "ada", 8) is None
    assert identity_of(aliases, "ada") == "ada"
    assert identity_of(aliases, "new-name", 7) == "ada"
    assert identity_of(aliases, "Ada.Lovelace") == "ada"
    assert identity_of({}, "@Bob", 9) == "id:9"
    assert identity_of({}, "@Bob") == "bob"


def test_an_exception_is_allowed_by_the_person_it_names() -> None:
    exception = {"exception_by": "@edda", "exception_reason": "The course begins"}
    life = Life().quoted()
    refusal = life.refused("hub_requested", **exception, by="@amara-sales", actor=SALES)
    assert "you are not @edda" in refusal
    for actor in UNKNOWN:
        life.refused("hub_requested", **exception, by="@edda", actor=actor)
    life.does("hub_requested", **exception, by="@edda", actor=ENGINEERING)


def test_nobody_without_a_role_allows_an_exception() -> None:
    nobody = Actor(face=Face.COMMENT, identity="mallory", roles=(), authenticated=True)
    exception = {"exception_by": "@mallory", "exception_reason": "x"}
    assert "you have no role" in Life().quoted().refused(
        "hub_requested", **exception, by="@mallory", actor=nobody
    )


# ---- faces


def test_a_message_cannot_say_who_sent_it() -> None:
    life = trusting(discounted())
    claims = CLAIMS.model_dump(mode="json")
    for answer in (
        sends(life, "discount_approved", {"by": "@chidi", "source": "github comment"}),
        sends(life, "discount_approved", {"by": "@chidi", "actor": claims}),
        sends(life, "discount_approved", {"by": "@chidi"}, {"actor": claims}),
        sends(life, "discount_approved", {"by": "@chidi"}, {"actor": claims, "signature": "x"}),
        sends(life, "discount_approved", {"by": "@chidi"}, {"actor": claims, "signature": ["x"]}),
        sends(life, "discount_approved", {"by": "@chidi"}, {"actor": {**claims, "face": "root"}}),
        sends(life, "discount_approved", {"by": "@chidi"}, face=Face.SIGNAL),
    ):
        assert not answer.accepted, answer
    assert life.lead.quotes[-1].awaiting_approval_by is Role.CONTRACTS


def test_what_the_service_signs_counts_for_that_decision_of_that_lead_only() -> None:
    body = {"by": "@chidi", "key": "k"}

    def from_us(
        lead: str = "lead-example", kind: str = "discount_approved", key: str = KEY
    ) -> dict[str, Any]:
        return sign(key, lead, kind, body, CLAIMS).model_dump(mode="json")

    life = trusting(discounted())
    for wrong in (from_us(lead="lead-other"), from_us(kind="discount_declined"), from_us(key="another key")):
        assert "does not know the key" in str(sends(life, "discount_approved", body, wrong))
    assert not sends(life, "discount_approved", {**body, "note": "x"}, from_us()).accepted
    promoted = from_us() | {
        "actor": CLAIMS.replaced(roles=(Role.SALES, Role.CONTRACTS)).model_dump(mode="json")
    }
    assert not sends(life, "discount_approved", body, promoted).accepted
    assert sends(life, "discount_approved", body, from_us()).accepted
    actor = life.aggregate.event_log.events[-1].fact.actor  # type: ignore[attr-defined]
    assert (actor.face, actor.identity, actor.authenticated) == (Face.COMMENT, "chidi", True)


def test_a_signed_command_line_is_still_nobody_known() -> None:
    life, body = trusting(discounted()), {"by": "@chidi"}
    at_server = sign(KEY, "lead-example", "discount_approved", body, CLAIMS.replaced(face=Face.COMMAND_LINE))
    assert "command line anybody" in str(
        sends(life, "discount_approved", body, at_server.model_dump(mode="json"))
    )


def test_without_a_key_roles_count_and_nobody_is_authenticated() -> None:
    life = discounted()
    sales = Envelope(actor=CLAIMS.replaced(roles=(Role.SALES,))).model_dump(mode="json")
    assert "Only contracts" in str(sends(life, "discount_approved", {"by": "@chidi"}, sales))
    contracts = Envelope(actor=CLAIMS).model_dump(mode="json")
    assert "did not vouch" in str(sends(life, "discount_approved", {"by": "@chidi"}, contracts))


CLOSED = {"version": "2", "faces": {"signal": "refused", "update": "refused"}}


def restored() -> Life:
    """Return a lead that was made from its events alone, so that it knows no key yet."""
    life = trusting(Life(policy=CLOSED))
    life.aggregate = aggregate_from(life.aggregate.event_log.events, life.lead.id)
    return life


@pytest.mark.parametrize("begun", [lambda: Life(policy=CLOSED), restored])
@pytest.mark.parametrize("face", [Face.SIGNAL, Face.UPDATE])
@pytest.mark.parametrize("claimed", list(Face))
def test_before_it_knows_a_key_a_claim_opens_no_closed_face(
    begun: Callable[[], Life], face: Face, claimed: Face
) -> None:
    life, body = begun(), {"event": "x", "by": "@chidi"}
    assert not life.aggregate.keys
    for roles in (None, (), (Role.CONTRACTS,)):
        for signature in ("", "eA=="):
            actor = CLAIMS.replaced(face=claimed, roles=roles)
            envelope = Envelope(actor=actor, signature=signature).model_dump(mode="json")
            assert not sends(life, "put_on_hold", body, envelope, face=face).accepted
    signed = sign(KEY, life.lead.id, "put_on_hold", body, CLAIMS.replaced(roles=(Role.SALES,)))
    envelope = signed.model_dump(mode="json")
    assert "Send it again in a minute" in str(sends(life, "put_on_hold", body, envelope, face=face))
    assert sends(trusting(life), "put_on_hold", body, envelope, face=face).accepted


def unheard() -> Life:
    """Return a lead that has not heard from its worker whether the service has a key."""
    life = Life()
    life.aggregate = life.aggregate.replaced(keys=None)
    return life


LOOSER = {"policy": {"version": "x", "discounts": {"without_approval": "100"}}, "by": "@chidi"}


@pytest.mark.parametrize("claimed", list(Face))
@pytest.mark.parametrize("face", [Face.SIGNAL, Face.UPDATE])
@pytest.mark.parametrize("begun", [unheard, restored])
def test_before_it_knows_a_key_a_claim_changes_no_policy(
    begun: Callable[[], Life], claimed: Face, face: Face
) -> None:
    life = begun()
    for roles in (None, (), (Role.SALES,)):
        for signature in ("", "eA=="):
            envelope = Envelope(actor=CLAIMS.replaced(face=claimed, roles=roles), signature=signature)
            body = LOOSER | {"key": "k"}
            answer = sends(life, "policy_adopted", body, envelope.model_dump(mode="json"), face=face)
            assert not answer.accepted
    assert not life.aggregate.receipts, "so that the same, signed, is no repeat"


def test_the_policy_that_the_service_sends_again_is_adopted_once_the_lead_knows_the_key() -> None:
    life, body = unheard(), LOOSER | {"key": "k"}
    at_cli = Actor(face=Face.COMMAND_LINE, identity="ada")
    envelope = sign(KEY, life.lead.id, "policy_adopted", body, at_cli).model_dump(mode="json")
    assert "Send it again in a minute" in str(sends(life, "policy_adopted", body, envelope))
    answer = sends(trusting(life), "policy_adopted", body, envelope)
    assert (answer.accepted, answer.repeat) == (True, False)


def test_where_the_service_has_no_key_a_policy_is_adopted_by_what_says_where_it_came_from() -> None:
    life = Life()
    assert life.aggregate.keys == ()
    envelope = Envelope(actor=Actor(face=Face.COMMAND_LINE, identity="ada")).model_dump(mode="json")
    assert sends(life, "policy_adopted", LOOSER, envelope).accepted


@pytest.mark.parametrize("face", ["signal", "update", "cli"])
def test_a_policy_closes_a_face_that_knows_nobody(face: str) -> None:
    life = Life(policy={"version": "2", "faces": {face: "refused"}})
    refusal = life.refused("put_on_hold", event="x", actor=Actor(face=Face(face)))
    assert "the policy refuses that" in refusal
    life.does("put_on_hold", event="x", actor=SALES)


def test_a_policy_comes_from_the_settings_only() -> None:
    policy = {"version": "x", "discounts": {"without_approval": "100"}}
    for face in (Face.SIGNAL, Face.UPDATE):
        assert "service's settings" in str(sends(Life(), "policy_adopted", {"policy": policy}, face=face))


def test_the_service_itself_says_only_that_the_questionnaire_was_answered() -> None:
    service = Actor(face=Face.QUESTIONNAIRE, identity="the questionnaire", authenticated=True)
    life = Life()
    assert "only that it was answered" in life.refused("price_quoted", **QUOTE, actor=service)
    life.does("questionnaire_answered", response_id="r", actor=service)


def test_the_timeline_says_that_nobody_knew_who_opened_a_lead_at_the_command_line() -> None:
    for source, known in (("cli", False), ("github issue", True)):
        life = Life(source=source)
        assert timeline(life.aggregate)[0].authenticated is known


def test_the_timeline_says_whom_nobody_knew() -> None:
    life = Life().signed()
    life.does("put_on_hold", event="x", by="Ada", actor=UNKNOWN[1])
    lines = timeline(life.aggregate)
    assert not lines[-1].authenticated
    assert all(line.authenticated for line in lines[:-1])


# ---- who gets a lead's mails


def test_a_role_is_given_to_an_address_of_the_organisation_only() -> None:
    policy = {
        "version": "2",
        "addresses": {"sales": ["sales@example.org"]},
        "aliases": {"edda": ["edda@engineering.example"]},
        "mail_domains": ["partner.example"],
    }
    life = Life(policy=policy)
    outside = life.refused("assigned", role="sales", person="Eve", email="eve@evil.example", actor=SALES)
    assert "outside the organisation" in outside
    assert "engineering.example, example.org, partner.example" in outside
    for address in ("grace@EXAMPLE.org", "edda@engineering.example", "p@partner.example"):
        life.does("assigned", role="sales", person=address, email=address, actor=SALES)
    assert life.refused("assigned", role="sales", person="Eve", email="eve@sub.example.org", actor=SALES)


def test_without_any_known_domain_every_address_will_do() -> None:
    Life().does("assigned", role="sales", person="Grace", email="grace@example.com", actor=SALES)
