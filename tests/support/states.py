"""Leads in the states from which decisions are tried."""

from collections.abc import Callable

from process.effects.observations import DriftFound
from tests.support.lives import BOOK_QUOTE, DISCOUNTED, ORIGINAL, Life

ISSUES_GONE = DriftFound(
    checked=("issue", "hub issue", "card"),
    broken={"issue": "Issue 1 is gone", "hub issue": "Issue 2 is gone"},
)
FOLDER_GONE = DriftFound(checked=("folder",), broken={"folder": "The folder was deleted"})

STATES: dict[str, Callable[[], Life]] = {
    "new": Life,
    "quoted": lambda: Life().quoted(),
    "discounted": lambda: Life().quoted(**DISCOUNTED),
    "discount approved": lambda: _approved(),
    "expired": lambda: Life().quoted().wait(31),
    "accepted": lambda: Life().accepted(),
    "handed over": lambda: Life().handed_over(),
    "signed": lambda: Life().signed(),
    "vendor set up, not signed": lambda: _vendor_first(),
    "contracted": lambda: Life().contracted(),
    "requested": lambda: Life().requested(),
    "live": lambda: Life().live(),
    "live by the book": lambda: Life().live(BOOK_QUOTE),
    "live, a month later": lambda: Life().live(BOOK_QUOTE).until("2026-07-15"),
    "validated": lambda: _validated(),
    "drafted": lambda: _drafted(),
    "vendor started": lambda: _vendor_started(),
    "renewal quoted": lambda: Life().live().until("2027-03-01").quoted(),
    "renewing": lambda: Life().renewing(),
    "renewal handed over": lambda: _renewal_handed_over(),
    "renewed after a gap": lambda: Life().renewed(start="2027-07-01"),
    "signed, about to end": lambda: Life().signed().until("2027-03-01"),
    "renewed": lambda: Life().renewed(),
    "lapsed": lambda: Life().live().until("2027-06-02"),
    "event announced": lambda: _event_announced(),
    "to be taken down": lambda: _to_be_taken_down(),
    "invoice sent": lambda: _invoice_sent(),
    "held": lambda: _held(),
    "lost": lambda: Life().lost(),
    "lost when quoted": lambda: Life().quoted().lost(),
    "issues gone": lambda: Life().live().finds_drift(ISSUES_GONE),
    "folder gone": lambda: Life().live().finds_drift(FOLDER_GONE),
    "closed": lambda: Life().decommissioned(),
    "closed, three months ago": lambda: Life().decommissioned().wait(92),
    "asked": lambda: _asked(),
    "answered": lambda: _answered(),
    "answers read": lambda: _answered().perform(),
    "probable duplicate": lambda: Life(originals=[ORIGINAL]),
    "merged": lambda: _merged(),
    "has a duplicate": lambda: _has_a_duplicate(),
    "merged into it": lambda: _merged_into_it(),
}


def _approved() -> Life:
    life = Life().quoted(**DISCOUNTED)
    life.does("discount_approved", by="Ann Example")
    return life


def _validated() -> Life:
    life = Life().live()
    life.does("hub_validated", representative="Ada", users=12)
    return life


def _drafted() -> Life:
    life = Life().handed_over()
    life.does("contract_progressed", state="drafted")
    return life


def _vendor_started() -> Life:
    life = Life().accepted()
    life.does("vendor_setup_progressed", forms="sent")
    return life


def _renewal_handed_over() -> Life:
    life = Life().renewing()
    life.does("contract_handed_over")
    return life


def _vendor_first() -> Life:
    life = Life().accepted()
    life.does("vendor_setup_done")
    return life


def _event_announced() -> Life:
    life = Life().live()
    life.does("event_announced", name="Summer school", first="2026-09-05", users=120)
    return life


def _to_be_taken_down() -> Life:
    life = Life().live()
    life.does("decommission_decided", on="2026-09-30", reason="The course is over")
    return life


def _invoice_sent() -> Life:
    life = Life().live().at(Life().now)
    life.does("invoice_sent", number=1)
    return life


def _held() -> Life:
    life = Life()
    life.does("put_on_hold", until="2026-09-01")
    return life


def _asked() -> Life:
    life = Life()
    life.does("questionnaire_sent")
    return life


def _answered() -> Life:
    life = _asked()
    life.does("questionnaire_answered", response_id="one")
    return life


def _merged() -> Life:
    life = Life(originals=[ORIGINAL])
    life.does("merged", into="lead-original")
    return life


def _has_a_duplicate() -> Life:
    life = Life()
    life.receives_notice_from(Life(lead_id="lead-other", originals=[ORIGINAL | {"lead_id": "lead-example"}]))
    return life


def _merged_into_it() -> Life:
    life, other = Life(), Life(lead_id="lead-other")
    other.does("merged", into="lead-example")
    life.receives_notice_from(other)
    return life
