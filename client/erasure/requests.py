"""Asks for erasures, and agrees to, holds and withdraws them: the rules are `process.privacy.requests`."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime

from client.erasure.errors import ErasureRefused, NoSuchErasure
from keys.errors import KeyErased
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from keys.sealing import seal, unseal
from process.actor import Actor, plain_name
from process.core.refusal import Refused
from process.privacy.person import EVERYBODY, Person, Whom
from process.privacy.requests import (
    ErasureRequest,
    HoldReason,
    LeadErasure,
    RequestKind,
    refuse_confirmation,
    refuse_held_elsewhere,
    refuse_hold,
    refuse_rest,
    refuse_unknown,
    refuse_withdrawal,
)

_WORDS = b"erasure words"
"""Bound to the sealed words of a request."""


class Requests:
    """The requests in a journal. Every method raises KeysUnavailable while the key store is away."""

    def __init__(self, journal: ErasureJournal, ring: KeyRing, pepper: str) -> None:
        self._journal = journal
        self._ring = ring
        self._pepper = pepper.encode()

    def ask(
        self, person: Person, lead_ids: Iterable[str], actor: Actor, *, limited: bool = False
    ) -> ErasureRequest:
        """Note that this person is to be erased from these leads; with `limited`, from no others.

        Raises ErasureRefused.
        """
        _demand(refuse_unknown(actor))
        request = ErasureRequest(
            id=secrets.token_hex(4),
            asked_at=datetime.now(UTC),
            asked_by=self.digest(actor),
            limited=limited,
            leads=tuple(LeadErasure(lead_id=each) for each in dict.fromkeys(lead_ids)),
        )
        key = self._ring.newest(owner_of(request.id))
        self._journal.add(request, seal(key, person.model_dump_json().encode(), _WORDS))
        return request

    def confirm(self, request_id: str, actor: Actor, today: date) -> ErasureRequest:
        """Agree to the request, so that it may be carried out. Raises NoSuchErasure or ErasureRefused."""
        digest, others = self.digest(actor), self._journal.requests()

        def confirmed(request: ErasureRequest) -> ErasureRequest:
            _demand(refuse_confirmation(request, actor, digest, today))
            _demand(refuse_held_elsewhere(request, others, today))
            if request.confirmed_at:
                return request
            return request.replaced(confirmed_at=datetime.now(UTC), confirmed_by=digest)

        self.get(request_id)
        return self._journal.change(request_id, confirmed)

    def hold(
        self, request_id: str, actor: Actor, until: date, reason: HoldReason, today: date
    ) -> ErasureRequest:
        """Forbid to carry the request out until the end of that day. Raises NoSuchErasure or ErasureRefused."""

        def held(request: ErasureRequest) -> ErasureRequest:
            _demand(refuse_hold(request, actor, until, today))
            return request.replaced(held_until=until, held_for=reason, held_by=self.digest(actor))

        self.get(request_id)
        return self._journal.change(request_id, held)

    def withdraw(self, request_id: str, actor: Actor) -> ErasureRequest:
        """Withdraw a request that nobody has confirmed, and forget whom it named. Raises as `hold`."""

        def withdrawn(request: ErasureRequest) -> ErasureRequest:
            _demand(refuse_withdrawal(request, actor))
            return request.replaced(withdrawn=True, ended_at=None)

        self.get(request_id)
        after = self._journal.change(request_id, withdrawn)
        self.forget_words(request_id)
        return after

    def finish(self, request_id: str, found: int, *, waits: bool = False) -> ErasureRequest:
        """Note the result of the last search. If nothing was found, the request ends, and its words are forgotten.

        With `waits`, something is still to be done elsewhere.
        """
        now, ends = datetime.now(UTC), not found and not waits
        after = self._journal.change(
            request_id,
            lambda each: each.replaced(
                found=found, waits=waits, ended_at=each.ended_at or now if ends else None
            ),
        )
        if ends:
            self.forget_words(request_id)
        return after

    def accept_rest(self, request_id: str, actor: Actor) -> ErasureRequest:
        """End the request with the places that are left: somebody has looked at them. Raises as `hold`."""

        def ended(request: ErasureRequest) -> ErasureRequest:
            _demand(refuse_rest(request, actor))
            return request.replaced(ended_at=datetime.now(UTC), rest_by=self.digest(actor))

        self.get(request_id)
        after = self._journal.change(request_id, ended)
        self.forget_words(request_id)
        return after

    def note_pages(self, request_id: str) -> None:
        """Note that the store of the pages has forgotten the person."""
        self._journal.change(request_id, lambda each: each.replaced(pages=True, waits=False))

    def naming(self, person: Person) -> ErasureRequest | None:
        """Return the newest pending request that names somebody by one of this person's words, or None."""
        wanted = {plain_name(word.removeprefix("@")) for word in person.words}
        for request in reversed(self._journal.requests()):
            if request.is_pending and request.kind is RequestKind.PERSON:
                whom = self.whom(request)
                if isinstance(whom, Person) and not wanted.isdisjoint(
                    plain_name(word.removeprefix("@")) for word in whom.words
                ):
                    return request
        return None

    def forget_words(self, request_id: str) -> None:
        """Destroy the key of the request's words, and drop them."""
        self._ring.erase(owner_of(request_id))
        self._journal.forget_words(request_id)

    def get(self, request_id: str) -> ErasureRequest:
        """Return the request with its leads. Raises NoSuchErasure."""
        if found := self._journal.find(request_id):
            return found
        raise NoSuchErasure(request_id)

    def whom(self, request: ErasureRequest) -> Whom | None:
        """Return whom the request erases; None once that is forgotten."""
        if request.kind is RequestKind.RETENTION:
            return EVERYBODY
        sealed = self._journal.words(request.id)
        if sealed is None:
            return None
        try:
            plain = unseal(self._ring.newest(owner_of(request.id)), sealed, _WORDS)
        except KeyErased:
            return None
        return Person.model_validate_json(plain)

    def digest(self, actor: Actor) -> str:
        """Return a keyed digest of who this is; empty for somebody unknown."""
        if actor.identity is None:
            return ""
        return hmac.new(self._pepper, actor.identity.casefold().encode(), hashlib.sha256).hexdigest()[:24]


def owner_of(request_id: str) -> str:
    """Return the owner of the key under which a request's words are sealed."""
    return f"erasure/{request_id}"


def _demand(refused: Refused | None) -> None:
    if refused:
        raise ErasureRefused(refused)
