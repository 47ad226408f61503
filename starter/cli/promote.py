"""`leads promote`: routes leads to a build of the worker (Temporal worker versioning)."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from temporalio.api.workflowservice.v1 import (
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.chores import Chores
from client.connection import connect
from client.sealing import codec_by
from process.plain_errors import shown
from starter.cli.arguments import Json
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output


async def promote(
    build: Annotated[str, Parameter(help="The build: LEADS_WORKER_BUILD of its worker.")],
    /,
    *,
    share: Annotated[
        int,
        Parameter(help="Percentage of the leads; 100 is all of them.", validator=Number(gte=0, lte=100)),
    ] = 100,
    json: Json = False,
) -> None:
    """Let all leads, or a share of them, continue with this build of the worker.

    Only for workers with LEADS_WORKER_BUILD. Run `leads verify` with that build's code first. To go back, promote the
    previous build.

    Example: leads promote 2026-07-01 --share 10
    """
    settings = read_settings()
    client = await connect(codec=codec_by(settings))
    for place in dict.fromkeys((client, Chores.of(client, settings).client)):
        await route(place, settings.worker_deployment, build, share)
    out = Output(as_json=json)
    if out.value({"deployment": settings.worker_deployment, "build": build, "share": share}):
        return
    out.line(f"{'All leads' if share == 100 else f'{share} % of the leads'} continue with {build}.", "green")


async def route(client: Client, deployment: str, build: str, share: int) -> None:
    """Route this percentage of leads to the build. Raises CommandFailed (not found) if no worker ever had it."""
    service = client.workflow_service
    try:
        if share == 100:
            await service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=client.namespace, deployment_name=deployment, build_id=build
                )
            )
            await service.set_worker_deployment_ramping_version(  # otherwise another build keeps its share
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
        raise CommandFailed(
            ExitCode.NOT_FOUND,
            f"No worker of build {shown(build)} serves the deployment {shown(deployment)}. Start it first, with "
            "LEADS_WORKER_BUILD set to that.",
        ) from error
