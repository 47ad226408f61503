"""Swaps leads out: an aggregate that nobody has asked for lately stays in memory packed, and is unpacked when it is used.

So the memory of a worker hardly grows with the years of its leads. A lead that is worked on is unpacked once, because what
happens to it comes in bursts.
"""

from __future__ import annotations

import threading
import weakref
from typing import overload

from process.core.aggregate import LeadAggregate
from process.core.checkpoint import pack, unpack

MAX_CHARGE = 6_000_000
"""Sum of the charges of the aggregates that a worker keeps unpacked: some 60 young leads, or seven of one year, or one of
ten years. They take at most 6 MB."""

FASTEST = 1
"""Level of compression while in memory."""


YOUNG = 100_000
"""Memory that a young lead takes when it is unpacked, in bytes."""


def unpacked_bytes(aggregate: LeadAggregate) -> int:
    """Return about how much memory an unpacked aggregate takes, in bytes. Its state grows with its events."""
    return 70_000 + 4 * aggregate.event_bytes


def charge(aggregate: LeadAggregate) -> int:
    """Return what it costs to keep an aggregate unpacked. It grows with the square of its size.

    Many young leads move at the same time, and each step of theirs is cheap; of old ones a few do.
    """
    return unpacked_bytes(aggregate) ** 2 // YOUNG


class Swapped:
    """An attribute of a workflow that holds its lead's aggregate, unpacked or packed.

    Reading it again gives the same object as long as anybody holds that, so that `is` tells if it was replaced.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}_place"

    @overload
    def __get__(self, owner: None, type_: type) -> Swapped: ...

    @overload
    def __get__(self, owner: object, type_: type) -> LeadAggregate: ...

    def __get__(self, owner: object | None, type_: type) -> Swapped | LeadAggregate:
        if owner is None:
            return self
        place: _Place = getattr(owner, self._name)
        return place.get()

    def __set__(self, owner: object, aggregate: LeadAggregate) -> None:
        place = vars(owner).get(self._name)
        if place is None:
            place = vars(owner)[self._name] = _Place()
        place.set(aggregate)


class _Place:
    """The place of one aggregate in memory. One thread at a time reads and replaces it; others may swap it out."""

    __slots__ = ("__weakref__", "busy", "charge", "newest", "packed", "threads", "unpacked")

    def __init__(self) -> None:
        self.unpacked: LeadAggregate | None = None
        self.packed: bytes | None = None
        self.newest: weakref.ref[LeadAggregate] | None = None
        """The aggregate if it is still in use, although it was swapped out."""
        self.charge = 0
        self.threads = 0
        """Number of threads that used it last."""
        self.busy = False
        """True if its workflow goes on at once, in whichever thread."""

    def get(self) -> LeadAggregate:
        _swap.used(self)
        aggregate = self.unpacked
        if aggregate is None:
            aggregate = self.newest() if self.newest else None
            if aggregate is None:
                aggregate = unpack(self.packed or b"")
            with _swap.lock:
                self.unpacked, self.newest = aggregate, weakref.ref(aggregate)
        return aggregate

    def set(self, aggregate: LeadAggregate) -> None:
        with _swap.lock:
            self.unpacked, self.packed, self.newest = aggregate, None, weakref.ref(aggregate)
        before, self.charge = self.charge, charge(aggregate)
        _swap.grown(self, self.charge - before)
        _swap.used(self)

    def swap_out(self) -> None:
        """Pack the aggregate, unless it is used in the meantime."""
        aggregate, packed = self.unpacked, self.packed
        if aggregate is None:
            return
        if packed is None:
            packed = pack(aggregate, FASTEST)
        with _swap.lock:
            if self.unpacked is aggregate and self.threads <= 0 and not self.busy:
                self.packed = packed  # first, because `get` reads without the lock
                self.unpacked = None


class _Swap:
    """The places of this process whose aggregates are unpacked, the one used last at the end.

    The one that a thread used last is never swapped out: it will use it again. A place goes with its workflow.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a workflow may be cleared away while its own thread is in here
        self._places: weakref.WeakKeyDictionary[_Place, None] = weakref.WeakKeyDictionary()
        self._thread = threading.local()
        self._most = 0
        """The most that all places may cost together. They are counted only if that is too much."""

    def used(self, place: _Place) -> None:
        """Note that this thread uses the place, and swap out those that were not used for longest."""
        if getattr(self._thread, "place", None) is not place:
            self.hold(place)

    def grown(self, place: _Place, growth: int) -> None:
        """Note that a place costs so much more than before."""
        with self.lock:
            if growth > 0 and place in self._places:
                self._most += growth

    def hold(self, place: _Place | None, *, goes_on: bool = False) -> None:
        """Keep this place unpacked instead of the one that this thread used before, unless that one goes on at once."""
        with self.lock:
            before, self._thread.place = getattr(self._thread, "place", None), place
            if before is not None:
                before.threads -= 1
                before.busy = goes_on
            if place is not None:
                place.threads += 1
                if self._places.pop(place, self) is self:
                    self._most += place.charge
                self._places[place] = None
            idle = self._take_idle() if self._most > MAX_CHARGE else []
        for each in idle:  # without the lock, because it takes milliseconds
            each.swap_out()

    def _take_idle(self) -> list[_Place]:
        """Take out and return the places that were not used for longest, as far as all cost too much."""
        self._most, idle = sum(each.charge for each in self._places), []
        for each in list(self._places):
            if self._most <= MAX_CHARGE:
                break
            if each.threads <= 0 and not each.busy:
                self._most -= each.charge
                del self._places[each]
                idle.append(each)
        return idle


_swap = _Swap()


def release(*, goes_on: bool = False) -> None:
    """Note that the workflow of this thread has nothing more to do for now, or that another thread goes on with it.

    So a replay unpacks a lead once, not at each step.
    """
    _swap.hold(None, goes_on=goes_on)
