"""Prepares a Temporal server for leads and chores: namespaces, retention, search attributes. Safe to repeat."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from client.connection import translate
from client.errors import ServerNotPrepared
from workflows.search_attributes import SEARCH_ATTRIBUTES

T = TypeVar("T")

RETENTION = timedelta(days=3650)
"""Time for which ended leads, and earlier runs of open ones, stay readable; the server's default is a day."""

CHORES_RETENTION = timedelta(days=7)
"""Time for which ended chores stay readable in a namespace of their own."""

PROPAGATION = timedelta(seconds=60)
"""Time within which a new namespace is known to all parts of the server."""


class Prepared(NamedTuple):
    """Changes made to the server."""

    namespace_made: bool
    retention_raised: bool
    attributes_added: tuple[str, ...]


async def prepare(client: Client, retention: timedelta = RETENTION) -> Prepared:
    """Create the leads' namespace if it is missing; ensure its retention and search attributes."""
    made, raised = await _ensure_namespace(client, retention, "Leads, from first contact to a running hub")
    return Prepared(made, raised, await _add_attributes(client))


async def prepare_chores(client: Client, retention: timedelta = CHORES_RETENTION) -> Prepared:
    """Create the chores' namespace if it is missing, and ensure its retention. They need no search attributes."""
    made, raised = await _ensure_namespace(
        client, retention, "Chores of the leads: issue syncs, reconciliations, digests, retention"
    )
    await _known(client.count_workflows)
    return Prepared(made, raised, ())


async def _ensure_namespace(client: Client, retention: timedelta, description: str) -> tuple[bool, bool]:
    """Create the client's namespace or raise its retention; return which of both was necessary."""
    try:
        known = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return await _create_namespace(client, retention, description), False
    if known.config.workflow_execution_retention_ttl.ToTimedelta() >= retention:
        return False, False
    config = NamespaceConfig(workflow_execution_retention_ttl=_duration(retention))
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=client.namespace, config=config)
    )
    return False, True


async def _create_namespace(client: Client, retention: timedelta, description: str) -> bool:
    """Create the namespace; return False if it was created by somebody else meanwhile."""
    request = RegisterNamespaceRequest(
        namespace=client.namespace,
        description=description,
        workflow_execution_retention_period=_duration(retention),
    )
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
        return False
    return True


async def _add_attributes(client: Client) -> tuple[str, ...]:
    """Add the missing search attributes and return their names."""

    async def add() -> tuple[str, ...]:
        missing = await missing_attributes(client)
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={key.name: _type(key) for key in missing},
                )
            )
        return tuple(key.name for key in missing)

    return await _known(add)


async def _known(call: Callable[[], Awaitable[T]]) -> T:
    """Return the answer to a call, made again until all of the server knows a new namespace."""
    async with asyncio.timeout(PROPAGATION.total_seconds()):
        while True:
            try:
                return await call()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(1)


async def missing_attributes(client: Client) -> list[SearchAttributeKey[Any]]:
    """Return our search attributes that the server lacks."""
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return [key for key in SEARCH_ATTRIBUTES if key.name not in listed.custom_attributes]


async def demand_attributes(client: Client) -> None:
    """Raise ServerNotPrepared if search attributes are missing: every lead would get stuck there."""
    try:
        missing = await missing_attributes(client)
    except RPCError as error:  # listing them may be forbidden; an outage shows elsewhere
        if error.status is RPCStatusCode.NOT_FOUND:
            raise translate(error) from error
        return
    if missing:
        raise ServerNotPrepared([key.name for key in missing])


async def demand_namespace(client: Client) -> None:
    """Raise NamespaceMissing if the client's namespace is missing."""
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise translate(error) from error


def _type(key: SearchAttributeKey[Any]) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{key.indexed_value_type.name}")


def _duration(delta: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(delta)
    return duration
