"""The sandbox's own HTTP API under `/_sandbox/`: journal, faults, reset, mail, webhooks, form responses."""

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Fault

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return the routes under `/_sandbox/`."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.journal.clear()
            return Response(status_code=204)
        query = request.query_params
        found = sandbox.journal.all(query.get("system"), query.get("method"), query.get("path", ""))
        return JSONResponse([each.model_dump(mode="json") for each in found])

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
            return Response(status_code=204)
        if request.method == "POST":
            try:
                fault = sandbox.faults.add(Fault.model_validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)
            return JSONResponse(_rendered(fault), 201)
        return JSONResponse([_rendered(each) for each in sandbox.faults.all()])

    async def mail(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.mailbox.clear()
            return Response(status_code=204)
        return JSONResponse(
            [
                each.received.model_dump(mode="json")
                | {
                    "subject": each.subject,
                    "message_id": each.message_id,
                    "references": each.references,
                    "text": each.text,
                    "attachments": [a.name for a in each.attachments],
                }
                for each in sandbox.mailbox.all()
            ]
        )

    async def webhooks(_: Request) -> Response:
        return JSONResponse(
            [
                {
                    "id": each.id,
                    "guid": each.guid,
                    "event": each.event.name,
                    "action": each.event.action,
                    "hook": each.hook.id,
                    "url": each.url,
                    "redelivery": each.redelivery,
                    "delivered_at": each.delivered_at.isoformat(),
                    "status": each.status,
                    "status_code": each.code,
                }
                for each in sandbox.webhooks.deliveries()
            ]
        )

    async def respond(request: Request) -> Response:
        """Submit or edit a response. Body: `{"answers": {title: answer or answers}, "response_id": …}`."""
        try:
            body = await request.json()
            response = sandbox.google.submit(
                request.path_params["form_id"], body["answers"], body.get("response_id")
            )
        except KeyError as missing:
            return JSONResponse({"error": f"Not found: {missing.args[0]}"}, 404)
        except ValueError as refused:
            return JSONResponse({"error": str(refused)}, 422)
        return JSONResponse(response.model_dump(mode="json"), 201)

    async def reset(request: Request) -> Response:
        sandbox.reset(bare="bare" in request.query_params)
        return Response(status_code=204)

    return [
        Route("/_sandbox/requests", requests, methods=["GET", "DELETE"]),
        Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/webhooks", webhooks),
        Route("/_sandbox/mail", mail, methods=["GET", "DELETE"]),
        Route("/_sandbox/forms/{form_id}/responses", respond, methods=["POST"]),
        Route("/_sandbox/reset", reset, methods=["POST"]),
    ]


def _rendered(fault: Fault) -> dict[str, object]:
    return {"number": fault.number, "hits": fault.hits, "exhausted": fault.exhausted, **fault.model_dump()}
