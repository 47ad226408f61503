"""Responses to the questionnaire in the sandbox, and the leads that they belong to."""

import asyncio
from datetime import datetime

import pytest

from activities.google.forms import FormsActivities, Response
from client.directory import LeadHandle
from process.views.lead_overview import Overview
from tests.support.deployment import Deployment
from tests.support.waiting import TIMEOUT
from workflows.reconcile import SystemResult

ANSWERS = {
    "Organisation": "Example University",
    "Your name": "Ada Example",
    "E-mail": "ada@example.org",
    "What do you want to do with a hub?": "Teach a course\nabout whales",
}


def submit(deployment: Deployment, response: str | None = None, **changed: str) -> str:
    """Answer the questionnaire, or edit a response, and return the response's id."""
    google = deployment.sandbox.google
    names = {
        "org": "Organisation",
        "name": "Your name",
        "email": "E-mail",
        "more": "Anything else?",
        "lead": "Lead",
    }
    answers = ANSWERS | {names[name]: text for name, text in changed.items()}
    return google.submit(deployment.sandbox.ids["questionnaire"], answers, response).response_id


def verify(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    """Let the form collect this verified address with each response."""
    read = FormsActivities.responses_since

    def verified(forms: FormsActivities, since: datetime) -> list[Response]:
        return [each._replace(email=email, is_verified=True) for each in read(forms, since)]

    monkeypatch.setattr(FormsActivities, "responses_since", verified)


async def look(deployment: Deployment) -> SystemResult:
    result = (await deployment.reconcile()).results["reconcile_questionnaire"]
    assert not result.failed, result.failed
    return result


async def has_read(deployment: Deployment, handle: LeadHandle, name: str) -> Overview:
    """Wait until the lead has read the answers with this name, and return its overview."""
    return await deployment.until(
        handle, lambda view: dict(view.lead.questionnaire.answers).get("Your name") == name
    )


async def the_lead(deployment: Deployment) -> LeadHandle:
    """Wait until the only lead is visible, and return it."""
    async with asyncio.timeout(TIMEOUT):
        while not (found := deployment.rows()):
            await asyncio.sleep(0.05)
    (lead,) = found
    return await deployment.leads.find(lead.lead_id)


async def found_by(deployment: Deployment, response: str) -> None:
    """Wait until the lead can be found by its response."""
    async with asyncio.timeout(TIMEOUT):
        while not await deployment.leads.by_response(response):
            await asyncio.sleep(0.05)
