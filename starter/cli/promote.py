"""`leads promote`: from which build of the worker on the leads go on, where builds are told apart."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from temporalio.api.workflowservice.v1 import (
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.connection import connect
from starter.cli.errors import CommandError, ExitCode
from starter.cli.options import Json
from starter.cli.output import Output
from starter.cli.session import read_settings


async def promote(
    build: Annotated[str, Parameter(help="The build, as its worker has it in LEADS_WORKER_BUILD.")],
    /,
    *,
    share: Annotated[
        int,
        Parameter(
            help="Per cent of the leads, to begin with; 100 is all of them.", validator=Number(gte=0, lte=100)
        ),
    ] = 100,
    json: Json = False,
) -> None:
    """Let the leads, all or a share of them, go on with this build of the worker. To go back, promote the one before.

    Only for workers with LEADS_WORKER_BUILD. Run `leads verify` with that build's code first.
    """
    settings, client = read_settings(), await connect()
    await route(client, settings.worker_deployment, build, share)
    out = Output(as_json=json)
    if out.value({"deployment": settings.worker_deployment, "build": build, "share": share}):
        return
    out.line(f"{'All leads go' if share == 100 else f'{share} % of the leads go'} on with {build}.", "green")


async def route(client: Client, deployment: str, build: str, share: int) -> None:
    """Raises CommandError (not found) where no worker of that build has ever been there."""
    service = client.workflow_service
    try:
        if share == 100:
            await service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=client.namespace, deployment_name=deployment, build_id=build
                )
            )
            await service.set_worker_deployment_ramping_version(  # or another build would keep its share
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=client.namespace, deployment_name=deployment, percentage=0
                )
            )
        else:
            await service.set_worker_deployment_ramping_version(
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=client.namespace, deployment_name=deployment, build_id=build, percentage=share
                )
            )
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            raise
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"No worker of build {build!r} serves the deployment {deployment!r}. Start it first: LEADS_WORKER_BUILD={build}",
        ) from error
