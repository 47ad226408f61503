"""The search of all stores reads every text, wherever it stands in what Temporal keeps."""

from pathlib import Path

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Memo, Payload, Payloads
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.history.v1 import (
    ActivityTaskFailedEventAttributes,
    HistoryEvent,
    WorkflowExecutionSignaledEventAttributes,
    WorkflowExecutionStartedEventAttributes,
)

from client.erasure.search import Searcher, Texts, texts_in
from keys.journal import JournalText
from process.privacy.lead_ids import LeadIds
from process.privacy.person import Person
from tests.support.lives import Life
from workflows.runtime.walking import payloads_in

HERE = Payload(metadata={"encoding": b"json/plain"}, data=b'{"note": "Ada Example"}')
MANY = Payloads(payloads=[Payload(), HERE])
SIGNALED = WorkflowExecutionSignaledEventAttributes(signal_name="lost", input=MANY)


@pytest.mark.parametrize(
    "message",
    [
        SIGNALED,
        HistoryEvent(workflow_execution_signaled_event_attributes=SIGNALED),
        WorkflowExecutionStartedEventAttributes(memo=Memo(fields={"heading": HERE})),
        ActivityTaskFailedEventAttributes(failure=Failure(cause=Failure(encoded_attributes=HERE))),
        ActivityTaskFailedEventAttributes(
            failure=Failure(application_failure_info=ApplicationFailureInfo(details=MANY))
        ),
    ],
)
def test_each_payload_of_a_message_is_read(message: Message) -> None:
    assert HERE in list(payloads_in(message))


def test_every_text_of_a_lead_is_read() -> None:
    """A lead has a field `keys`, by which it looks like a mapping."""
    assert any("Ada Example" in text for text in texts_in(Life().aggregate))


@pytest.mark.parametrize(
    "text",
    [
        "by Zoë Löwe",
        r'{"by": "Zo\u00eb L\u00f6we"}',
        r"by='Zo\xeb\nLöwe'",
        "by Zoë\nLöwe, who",
    ],
)
def test_a_log_is_read_as_it_is_written(text: str, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text(f"started\n{text}\nended\n", encoding="utf-8")
    (tmp_path / "other.log").write_text("Zoë\nand\nLöwe\n", encoding="utf-8")
    found = Searcher(Person(names=("Zoë Löwe",)), LeadIds()).logs(tmp_path)
    assert [Path(hit.where).name for hit in found] == ["worker.log"]


def test_a_login_in_the_id_of_a_lead_is_no_hit() -> None:
    person, lead_ids = Person(logins=("example",)), LeadIds(["lead-example-ab2c"])
    texts = [
        JournalText("request a", "lead-example-ab2c", '{"lead_id": "lead-example-ab2c"}'),
        JournalText("request b", "lead-example-ab2c", "example asked about lead-example-ab2c"),
    ]
    found = list(Searcher(person, lead_ids).rows("journal", Texts(lambda: texts, lead_ids)))
    assert [hit.where for hit in found] == ["request b"]
