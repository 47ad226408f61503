"""Searches every store for a person's words, so that an erasure is known to be complete.

It does not rely on the marks of personal data: it reads every text there is, as somebody would who looks for the person.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from google.protobuf.message import Message
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from process.core.checkpoint import unpack
from process.privacy.lead_ids import LeadIds
from process.privacy.person import Person
from workflows.names import LEAD_WORKFLOW
from workflows.runtime.codec import converter_for
from workflows.runtime.walking import payloads_in

Store = Literal["history", "visibility", "ledger", "pages", "log", "journal", "id"]
AT_ONCE = 8
"""Number of histories that are read at the same time."""
_NUMBERED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_BREAKS = re.compile(r"\\[nrt]")
LOGS = ("*.log", "*.log.*", "*.jsonl")


class Hit(NamedTuple):
    """A place that still names the person."""

    store: Store
    where: str
    """The workflow, table or file. It quotes nothing."""
    lead_id: str = ""
    """The lead to which it belongs; empty if it belongs to none."""

    @property
    def is_id(self) -> bool:
        """True for the id of a lead or a workflow, which nothing can change."""
        return self.store == "id"


class StorePlace(NamedTuple):
    """A place in a store of rows that names somebody."""

    where: str
    lead_id: str = ""
    """The lead to which it belongs; empty if it belongs to none."""


class SearchedStore(Protocol):
    """A store of rows."""

    def places(self, person: Person) -> Iterable[StorePlace]:
        """Yield the places that name the person."""


class StoredText(Protocol):
    """A text in a store of rows."""

    @property
    def where(self) -> str: ...
    @property
    def lead_id(self) -> str: ...
    @property
    def text(self) -> str: ...


class Texts(NamedTuple):
    """A store of rows that yields all of its texts, such as the ledger."""

    read: Callable[[], Iterable[StoredText]]
    lead_ids: LeadIds

    def places(self, person: Person) -> Iterator[StorePlace]:
        """Yield the places that name the person, each once."""
        found = (
            StorePlace(each.where, each.lead_id)
            for each in self.read()
            if names(person, each.text, self.lead_ids)
        )
        yield from dict.fromkeys(found)


def names(person: Person, text: str, lead_ids: LeadIds) -> bool:
    """Return True if the text names the person elsewhere than in the id of a lead."""
    return person.is_mentioned_in(text) and person.is_mentioned_in(lead_ids.left_out(text))


async def ids_of_leads(client: Client) -> set[str]:
    """Return the ids of all leads that Temporal has. Raises RPCError."""
    return {each.id async for each in client.list_workflows(f"WorkflowType = '{LEAD_WORKFLOW}'")}


class Searcher:
    """Looks for one person in all stores that it is given. The ids of leads are nobody's words."""

    def __init__(self, person: Person, lead_ids: LeadIds) -> None:
        self._person = person
        self._lead_ids = lead_ids

    async def temporal(self, client: Client, query: str) -> AsyncIterator[Hit]:
        """Yield the places in the histories and memos of the workflows that a query finds; an empty one finds all."""
        page: list[WorkflowExecution] = []
        async for each in client.list_workflows(query):
            page.append(each)
            if len(page) == AT_ONCE:
                for hit in await self._page(client, page):
                    yield hit
                page = []
        for hit in await self._page(client, page):
            yield hit

    async def _page(self, client: Client, page: list[WorkflowExecution]) -> list[Hit]:
        """Read some workflows at the same time."""
        found = await asyncio.gather(*(self._execution(client, each) for each in page))
        return [hit for hits in found for hit in hits]

    async def _execution(self, client: Client, known: WorkflowExecution) -> list[Hit]:
        lead = known.id if known.workflow_type == LEAD_WORKFLOW else ""
        found = [Hit("id", known.id, lead)] if self._person.is_mentioned_in(known.id) else []
        handle = client.get_workflow_handle(known.id, run_id=known.run_id)
        try:
            described = await handle.describe()
            if await self._message(client, known.id, described.raw_description):
                found.append(Hit("visibility", known.id, lead))
            async for event in handle.fetch_history_events():
                if await self._message(client, known.id, event):
                    found.append(Hit("history", known.id, lead))
                    break
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it was deleted meanwhile
                raise
        return found

    async def _message(self, client: Client, workflow_id: str, message: Message) -> bool:
        """Return True if a text or a payload of the message names the person."""
        if any(map(self._mentions, texts_in(message))):
            return True
        payloads = list(payloads_in(message))
        codec = converter_for(client, workflow_id).payload_codec
        opened = await codec.decode(payloads) if codec and payloads else payloads
        return any(self._mentions(text) for payload in opened for text in _texts_of(payload))

    def rows(self, store: Store, searched: SearchedStore) -> Iterator[Hit]:
        """Yield the places of a store of rows that name the person."""
        yield from (Hit(store, *place) for place in searched.places(self._person))

    def logs(self, folder: Path) -> Iterator[Hit]:
        """Yield the log files in a folder that name the person."""
        for pattern in LOGS:
            for file in sorted(folder.glob(pattern)):
                with file.open(encoding="utf-8", errors="replace") as lines:
                    if any(self._mentions(_unescaped(f"{one} {next_}")) for one, next_ in _pairs(lines)):
                        yield Hit("log", str(file))

    def _mentions(self, text: str) -> bool:
        return names(self._person, text, self._lead_ids)


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line with the one before it: a name may stand on both."""
    before = ""
    for line in lines:
        yield before, line
        before = line


def _unescaped(line: str) -> str:
    """Return a line with the letters for which JSON, and Python's own way to show a text, write numbers."""
    return _NUMBERED.sub(lambda found: chr(int(found[1] or found[2], 16)), _BREAKS.sub(" ", line))


def _texts_of(payload: Payload) -> Iterator[str]:
    """Yield the texts in an opened payload: JSON, a packed lead, or other bytes as they are."""
    yield from (value.decode(errors="replace") for value in payload.metadata.values())
    try:
        yield from texts_in(unpack(payload.data))
    except ValueError:
        try:
            yield from texts_in(json.loads(payload.data))
        except ValueError:
            yield payload.data.decode(errors="replace")


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, names of fields included; of a message of Temporal, all but its payloads."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Payload):
        return
    elif isinstance(value, Message):
        for _, each in value.ListFields():
            yield from texts_in(each)
    elif isinstance(value, BaseModel):
        yield from texts_in(vars(value) | (value.__pydantic_extra__ or {}))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts_in(key)
            yield from texts_in(each)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for each in value:
            yield from texts_in(each)
