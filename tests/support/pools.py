"""Hypothesis strategies for messages from outside: plausible decisions, and nonsense."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from process.decisions.registry import DECISIONS
from process.lead.qualification import MANIAC_T

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Africa/Cairo"]

text = st.text(max_size=12) | st.sampled_from(
    ["x", " ", "\x00", "\ud800", "a\nb", "‮", "y" * 300, "Ada Example"]
)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -1, 0, 1])
junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | text | st.dates() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
days = st.dates(date(2026, 5, 1), date(2029, 1, 1)).map(str)
odd_days = st.sampled_from(["0001-01-01", "9999-12-31", "2026-02-30", "", "2026-06-01T12:00", "1e9"])
line = st.sampled_from(["Ada Example", "Grace Example", "x"])

SOUND: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.sampled_from(["12000", "0.05", "999.99", "50000", "60000.01", 15000, 0.5]),
    "currency": st.sampled_from(["USD", "usd", "EUR", "JPY"]),
    "per": st.sampled_from(["year", "month", "once"]),
    "book": st.sampled_from(["2022-05", "2026-06"]),
    "plan": st.sampled_from(["Education", "research", "Partnership", "General membership", "Premier"]),
    "dedicated_cluster": st.booleans(),
    "item": st.lists(
        st.sampled_from(
            ["Training: 2000 once", "Support: 300", "Visit: 999.99 once", {"text": "x", "amount": 1}]
        ),
        max_size=3,
    ),
    "discount_percent": st.sampled_from(["10", "12.5 %", 30, "99.99"]),
    "discount_amount": st.sampled_from(["0.01", "1200", 11999]),
    "discount_reason": st.just("A pilot"),
    "billing_address": st.just("Accounts Payable, 2 Example Avenue"),
    "valid_until": days,
    "submitted_at": days.map(lambda day: f"{day}T12:00:00Z"),
    "said_at": days.map(lambda day: f"{day}T12:00:00Z"),
    "start": days,
    "end": days,
    "until": days,
    "due": days,
    "on": days,
    "billing": st.sampled_from(["monthly", "yearly"]),
    "month": st.dates(date(2026, 5, 1), date(2028, 12, 1)).map(lambda day: f"{day:%Y-%m}"),
    "active_users": st.integers(0, 20_000),
    "cloud_cost": st.sampled_from(["0", "412.07", "10000", 3]),
    "number": st.integers(1, 15),
    "seq": st.integers(1, 40),
    "version": st.integers(1, 4),
    "zone": st.sampled_from(ZONES),
    "email": st.just("ada@example.org"),
    "service": st.sampled_from(["hub", "other"]),
    "url": st.sampled_from(["pending", "https://x.example.org"]),
    "type": st.sampled_from(["budget", "notes", "other"]),
    "state": st.sampled_from(["drafted", "in negotiation", "out for signature"]),
    "forms": st.sampled_from(["asked for", "sent", "accepted"]),
    "evidence_kind": st.sampled_from(["contract", "email"]),
    "said_by": st.sampled_from(["they", "we"]),
    "data": st.just("kept"),
    "users": st.integers(0, 10),
    "into": st.sampled_from(["lead-example", "lead-original", "lead-other"]),
    "other": st.sampled_from(["lead-original", "lead-other"]),
    "first": days,
    "last": days,
    "response_id": st.sampled_from(["one", "two"]),
    "role": st.sampled_from(["sales", "contracts", "engineering"]),
    "in_scope": st.booleans(),
    "tell": st.booleans(),
    "rest_is_fine": st.booleans(),
    "adds_to": st.integers(1, 9),
    "left": st.sampled_from([[], ["mail"]]),
    "told": st.sampled_from([[], ["ada@example.org"]]),
    "compensate": st.sampled_from(["all", ["mail"], ["comment", "answer"], "mail, hub", []]),
    "reason": st.sampled_from(["budget", "timing", "other"]),
    "source": st.sampled_from(["signal", "update", "cli", "deadline"]),
    "policy": st.sampled_from([{"version": "2"}, {"version": "3", "periods": {"stale": 3}}, {"columns": {}}]),
    "changed": st.just(["periods.stale 30 → 3"]),
} | {letter: st.sampled_from(["yes", "no", "unknown"]) for letter in MANIAC_T}


NOT_SAID = ("key", "source", "actor")
"""Fields of a decision that stand in no body, or in each."""


def sound_bodies(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Generate plausible decisions: the example with some fields changed."""
    decision = DECISIONS[kind]
    fields = {name: SOUND.get(name, line) for name in decision.model_fields if name not in NOT_SAID}
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    changes = chosen.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))
    return changes.map(lambda change: decision.example | change)


def odd_bodies(kind: str) -> st.SearchStrategy[Any]:
    """Generate decisions with nonsense in some fields, and nonsense altogether."""
    names = st.sampled_from([*DECISIONS[kind].model_fields, "kind", "nonsense"]) | text
    nonsense = st.dictionaries(names, junk | odd_days | SOUND["amount"], max_size=4)
    return st.tuples(sound_bodies(kind), nonsense).map(lambda both: both[0] | both[1]) | junk


offers = st.fixed_dictionaries(
    {"amount": SOUND["amount"], "currency": SOUND["currency"], "per": SOUND["per"]},
    optional={"item": SOUND["item"], "discount_percent": SOUND["discount_percent"], "by": line},
).map(lambda offer: offer | ({"discount_reason": "A pilot"} if "discount_percent" in offer else {}))
"""Prices with items and discounts."""


KINDS = st.sampled_from(sorted(DECISIONS))
