"""Faults of Drive, and effects on folders and files there."""

from typing import Any

from activities.google.drive import DriveActivities
from process.effects import CreateFolder, ReserveIds
from process.effects.observations import FolderCreated, IdsReserved
from process.effects.requests import Outcome
from process.lead.lead import Lead
from process.types import Link
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.performing import perform

SERVER_TROUBLE = [
    Fault(system="drive", kind="status", status=500, method="POST"),
    Fault(system="drive", kind="status", status=503, method="POST"),
    Fault(system="drive", kind="status_after", status=502, method="POST"),
    Fault(system="drive", kind="cut", method="POST", times=2),  # httplib2 tries once more by itself
    Fault(system="drive", kind="cut_after", method="POST", times=2),
    Fault(system="drive", kind="garbage", method="POST"),
    Fault(system="drive", kind="slow", seconds=60, method="POST"),
    Fault(system="token", kind="cut", times=2),
    Fault(system="token", kind="garbage"),
    Fault(system="token", kind="status", status=503, times=3),  # google-auth tries three times by itself
]
RATE_LIMITS = [
    Fault(system="drive", kind="rate_limit", status=403, method="POST"),
    Fault(system="drive", kind="rate_limit", status=429, method="POST"),
]
REFUSALS = [
    (Fault(system="drive", kind="status", status=400, method="POST"), "report a bug"),
    (Fault(system="drive", kind="status", status=401, method="POST", times=3), "new key"),
    (Fault(system="drive", kind="status", status=403, method="POST"), "Give lead-to-hub@"),
    (Fault(system="drive", kind="status", status=404, method="POST"), "Share it with that account"),
    (Fault(system="token", kind="status", status=400), "invalid_grant"),
    (Fault(system="token", kind="status", status=401), "invalid_client"),
]


def fault_id(fault: Fault) -> str:
    return f"{fault.system} {fault.kind} {fault.status or ''}".strip()


RESERVE = ReserveIds(key="k", cause=1, numbers=(1, 2, 3))


def ids(drive: DriveActivities, lead: Lead, effect: ReserveIds = RESERVE) -> IdsReserved:
    observation = perform(drive.reserve_ids, effect, lead).observation
    assert isinstance(observation, IdsReserved)
    return observation


def reserved(drive: DriveActivities, lead: Lead) -> CreateFolder:
    folder_id = ids(drive, lead).folder_id
    assert folder_id is not None
    return CreateFolder(key=f"{lead.id}/2/create_folder", cause=2, folder_id=folder_id)


def created(outcome: Outcome) -> Link:
    assert isinstance(outcome.observation, FolderCreated)
    return outcome.observation.link


def change_file(sandbox: Sandbox, file_id: str, **change: Any) -> None:
    google = sandbox.google
    with google.writing():
        google.files[file_id] = google.files[file_id].model_copy(update=change)
