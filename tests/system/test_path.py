"""One lead from first contact to a running hub, through the real clients."""

from tests.system.conftest import Service


async def test_a_lead_becomes_a_hub(service: Service) -> None:
    await service.start_worker()
    life = await service.begin("lead-path")
    google = service.sandbox.google
    questions = google.forms[service.sandbox.ids["questionnaire"]].questions
    answers = {q.title: q.options[0] if q.options else "Example University" for q in questions if q.required}
    response = google.submit(service.sandbox.ids["questionnaire"], answers)
    await life.decide_all(
        "questionnaire_sent",
        "questionnaire_answered",
        "maniac_t_assessed",
        "asset_attached",
        questionnaire_answered={"response_id": response.response_id},
        maniac_t_assessed={"money": "yes", "money_evidence": "the grant", "in_scope": True},
        asset_attached={"name": "Budget", "type": "budget", "url": "https://docs.example.org/budget"},
    )
    await life.to_hub()
    with service.ledger() as ledger:
        view = await life.settled_in(ledger)
        summaries = [entry.summary for entry in ledger.entries(life.id)]
    assert {effect.status for effect in view.effects} == {"done"}, [
        e for e in view.effects if e.status != "done"
    ]
    assert view.stage == "hub"
    lead = view.lead
    assert dict(lead.questionnaire.answers) == answers
    assert lead.invoices[0].file is not None
    assert summaries == [line.summary for line in view.timeline]
