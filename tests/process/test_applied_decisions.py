"""State that decisions set, besides the stage."""

from process.lead.contract import VendorStatus
from process.lead.qualification import Verdict
from process.lead.quote import QuoteStatus
from process.types import Stage
from process.views.next_step import next_step
from tests.support.lives import BOOK_QUOTE, HUB, QUOTE, SIGNED, Life


def test_maniac_t_is_assessed_letter_by_letter_with_its_source() -> None:
    life = Life()
    life.does("maniac_t_assessed", money="yes", money_evidence="A grant", by="Grace", in_scope=True)
    life.wait(1).does("maniac_t_assessed", money="no", money_evidence="Not funded", said_by="Ada", by="Grace")
    life.does("maniac_t_assessed", authority="unknown")
    money, authority = (life.lead.qualification.answers[letter] for letter in ("money", "authority"))
    assert (money.verdict, money.evidence, money.said_by, str(money.on)) == (
        Verdict.NO,
        "Not funded",
        "Ada",
        "2026-06-02",
    )
    assert authority.verdict is Verdict.UNKNOWN
    assert life.lead.qualification.in_scope is True  # a later assessment keeps it


def test_a_new_quote_supersedes_the_active_one() -> None:
    life = Life().quoted()
    life.does("price_quoted", **BOOK_QUOTE)
    life.does("quote_declined")
    life.does("price_quoted", **QUOTE)
    life.does("quote_accepted")
    life.does("price_quoted", **(QUOTE | {"amount": "11000"}))
    assert [quote.status for quote in life.lead.quotes] == [
        QuoteStatus.SUPERSEDED,
        QuoteStatus.DECLINED,
        QuoteStatus.SUPERSEDED,
        QuoteStatus.OPEN,
    ]
    assert [quote.version for quote in life.lead.quotes] == [1, 2, 3, 4]
    assert "not agreed" in life.refused("contract_signed", **SIGNED)  # they agreed to another price


def test_an_old_quote_keeps_the_price_of_its_book() -> None:
    life = Life().quoted(**BOOK_QUOTE)
    quote = life.lead.quote
    assert quote is not None
    assert (quote.book, quote.plan, len(quote.tiers)) == ("2026-06", "General membership", 5)


def test_an_unknown_book_suggests_to_read_the_price_list_again() -> None:
    assert "(price_list_requested)" in Life().refused("price_quoted", book="2030-01", plan="Premier")


def test_a_repeated_hand_over_is_unacknowledged() -> None:
    life = Life().handed_over()
    life.does("contract_acknowledged", by="Carla")
    assert life.lead.contract.acknowledged_by == "Carla"
    assert "already acknowledged on 2026-06-01" in life.refused("contract_acknowledged")
    life.wait(2).does("contract_handed_over")
    contract = life.lead.contract
    assert (contract.handovers, contract.acknowledged_on, str(contract.handed_over_on)) == (
        2,
        None,
        "2026-06-03",
    )


def test_a_signature_says_what_is_missing_until_the_lead_is_contracted() -> None:
    life = Life().handed_over()
    told = str(life.does("contract_signed", **SIGNED).follow_ups)
    assert "once the vendor set-up at the customer is settled" in told
    assert next_step(life.lead).text.endswith("the contract is signed, and only that is missing")
    settled = Life().handed_over()
    settled.does("vendor_setup_not_needed")
    assert settled.does("contract_signed", **SIGNED).follow_ups is None


def test_the_vendor_set_up_is_independent_of_the_contract() -> None:
    life = Life().accepted()
    life.does("vendor_setup_started")
    assert life.lead.vendor.status is VendorStatus.STARTED
    life.does("contract_signed", **SIGNED)
    assert life.lead.stage is Stage.QUOTED
    life.does("vendor_setup_done", vendor_number="4711")
    assert (life.lead.stage, life.lead.vendor.number) == (Stage.CONTRACTED, "4711")


def test_the_vendor_set_up_keeps_its_checklist() -> None:
    life = Life().accepted()
    life.does("vendor_setup_progressed", forms="asked for")
    life.wait(2).does("vendor_setup_progressed", forms="sent")
    life.wait(2).does("vendor_setup_done", vendor_number="4711")
    vendor = life.lead.vendor
    assert ({step: str(day) for step, day in vendor.forms.items()}, vendor.status, vendor.number) == (
        {"asked for": "2026-06-01", "sent": "2026-06-03"},
        VendorStatus.DONE,
        "4711",
    )


def test_news_of_the_contract_is_dated_and_acknowledges_the_hand_over() -> None:
    life = Life().handed_over()
    life.does("contract_progressed", state="drafted", by="Carla")
    life.wait(3).does("contract_progressed", state="drafted", note="Their lawyers have it")
    contract = life.lead.contract
    assert (contract.state, str(contract.state_on), contract.acknowledged_by) == (
        "drafted",
        "2026-06-01",
        "Carla",
    )
    life.does("contract_handed_over", note="New scope")
    assert life.lead.contract.state is None


def test_changed_details_shape_the_heading() -> None:
    life = Life()
    life.does("details_changed", org="Example College", title="Hub for a lab", email="ada@example.org")
    assert life.lead.heading == "[Example College / Ada Example] - Hub for a lab"
    assert life.lead.email == "ada@example.org"


def test_a_pending_field_counts_as_missing() -> None:
    life = Life()
    life.does("hub_information_given", **(HUB | {"image": "pending"}))
    assert life.lead.hub.missing() == ("Image",)
    life.does("hub_information_given", url="pending")
    assert (life.lead.hub.url, life.lead.hub.missing()) == (None, ("URL", "Image"))
    life.does("hub_information_given", image="example/image:1", url="example.org")
    assert life.lead.hub.missing() == ()


def test_a_reopened_lead_is_at_its_former_stage() -> None:
    life = Life().requested()
    before = life.lead
    life.lost().does("reopened", reason="They came back")
    unmoved = {"last_seq", "progressed_at", "resumed_on"}
    assert life.lead.model_dump(exclude=unmoved) == before.model_dump(exclude=unmoved)


def test_the_end_of_a_lead_ends_its_hold() -> None:
    life = Life()
    life.does("put_on_hold", event="Their budget")
    assert life.lost().lead.hold is None


def test_an_agreement_by_mail_is_recorded_as_evidence() -> None:
    life = Life().accepted()
    life.does("contract_signed", evidence="“Agreed”, 2 June", evidence_kind="email", signed_by="Ada")
    contract = life.lead.contract
    assert (contract.evidence, contract.evidence_kind, contract.signed_by) == (
        "“Agreed”, 2 June",
        "email",
        "Ada",
    )


def test_usage_can_be_reported_anew_until_it_is_billed() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    life.does("usage_reported", month="2026-06", active_users=5)
    assert "already reported" in life.refused("usage_reported", month="2026-06", active_users=5, note="again")
    life.does("usage_reported", month="2026-06", active_users=6)
    assert [usage.active_users for usage in life.lead.usage] == [6]
    life.until("2026-07-02")
    assert "already billed, on invoice 2. Void that invoice and report this" in life.refused(
        "usage_reported", month="2026-06", active_users=7
    )
