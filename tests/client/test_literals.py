"""No text from outside gets into a visibility query but by a full match of an id's alphabet."""

import re
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from client.connection import is_refusal, translate
from client.directory import Directory
from client.errors import AccessDenied, LeadMissing, LeadNotFound, NamespaceMissing, RequestInvalid
from client.literals import literal, own_literal
from process.decisions.opening import LeadOpened

NASTY = ("abc\\", "abc'", "' OR 1=1 --", "x\" OR 'a'='a", "\x00", "ab`c", "a b", "lead-%", "#１２", "é#1")
LITERAL = re.compile(r"'([^']*)'")
ALPHABET = re.compile(r"[A-Za-z0-9_.#@/+ -]*", re.ASCII)
"""Of an id, and of the names in our own clauses."""


class Recorder:
    """A client that finds nothing and keeps the queries."""

    namespace = "leads"

    def __init__(self) -> None:
        self.queries: list[str] = []

    def list_workflows(self, query: str) -> AsyncIterator[Any]:
        self.queries.append(query)

        async def nothing() -> AsyncIterator[Any]:
            for each in list[Any]():
                yield each

        return nothing()

    def get_workflow_handle(self, _: str) -> "Recorder":
        return self

    async def describe(self) -> None:
        raise RPCError("no such workflow", RPCStatusCode.NOT_FOUND, b"")


async def asked(name: str) -> list[str]:
    """Return all queries that are made with this text, as if it came from outside at every place."""
    client = Recorder()
    directory = Directory(cast("Client", client), "leads", "http://localhost")
    for find in (directory.find, directory.exactly):
        with pytest.raises(LeadMissing):
            await find(name)
    await directory.by_issue(name, 1)
    await directory.by_response(name)
    await directory.by_domain(name)
    opened = LeadOpened.model_construct(org=name, person=name, title=name, email=name)
    await directory.possible_duplicates(opened, "lead-a")
    return client.queries


@pytest.mark.parametrize("name", NASTY)
async def test_what_no_id_has_is_in_no_query(name: str) -> None:
    for query in await asked(name):
        assert query.count("'") % 2 == 0
        assert all(ALPHABET.fullmatch(each) for each in LITERAL.findall(query)), query
        assert "\\" not in query


@given(st.text())
async def test_no_text_is_in_a_query_but_as_an_id(name: str) -> None:
    for query in await asked(name):
        assert all(ALPHABET.fullmatch(each) for each in LITERAL.findall(query)), query


def test_a_literal_is_an_id() -> None:
    assert literal("leads#12") == "'leads#12'"
    assert [literal(name) for name in (*NASTY, "", "a" * 256, "a\n")] == [None] * (len(NASTY) + 3)


async def test_a_server_understands_every_query(env: WorkflowEnvironment) -> None:
    for queue in ("leads", "it's", "back\\slash"):
        directory = Directory(env.client, queue, "http://localhost")
        assert [each async for each in env.client.list_workflows(directory.running())] == []
    assert own_literal("it's") == "'it\\'s'"
    for name in (each for each in NASTY if "\x00" not in each):
        with pytest.raises(LeadNotFound):
            await directory.exactly(name)
        with pytest.raises(LeadNotFound):
            await directory.find(name)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (RPCStatusCode.INVALID_ARGUMENT, "invalid query", RequestInvalid),
        (RPCStatusCode.OUT_OF_RANGE, "too far", RequestInvalid),
        (RPCStatusCode.PERMISSION_DENIED, "no right", AccessDenied),
        (RPCStatusCode.UNAUTHENTICATED, "who?", AccessDenied),
        (RPCStatusCode.NOT_FOUND, "Namespace x is not found", NamespaceMissing),
        (RPCStatusCode.NOT_FOUND, "workflow not found", LeadMissing),
    ],
)
def test_a_request_that_temporal_refuses_is_not_repeated(
    status: RPCStatusCode, message: str, kind: type[Exception]
) -> None:
    error = RPCError(message, status, b"")
    assert is_refusal(error)
    assert isinstance(translate(error), kind)


@pytest.mark.parametrize(
    "status",
    [RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED],
)
def test_a_passing_fault_is_no_refusal(status: RPCStatusCode) -> None:
    assert not is_refusal(RPCError("later", status, b""))


def test_a_server_that_is_not_set_up_yet_is_asked_again() -> None:
    error = RPCError("no mapping for search attribute LeadX", RPCStatusCode.INVALID_ARGUMENT, b"")
    assert not is_refusal(error)


def test_the_words_of_temporal_are_short() -> None:
    error = RPCError("x" * 100_000, RPCStatusCode.INVALID_ARGUMENT, b"")
    assert len(str(translate(error))) < 1000
