"""A workflow that was reset, or restored from a backup, has forgotten the ids that Drive gave it."""

import pytest

from activities.google.drive import DriveActivities
from config.settings import Settings
from process.effects import CreateFolder, ReserveIds
from process.effects.observations import IdsReserved
from process.lead.lead import Lead
from sandbox.server import Sandbox
from tests.support.performing import a_lead, perform


def reserved(drive: DriveActivities, lead: Lead) -> str:
    effect = ReserveIds(key="k", cause=1, numbers=lead.invoices_without_id)
    observation = perform(drive.reserve_ids, effect, lead).observation
    assert isinstance(observation, IdsReserved)
    assert observation.folder_id is not None
    assert sorted(observation.invoice_ids) == list(range(1, 13))
    return observation.folder_id


@pytest.mark.parametrize("lead_id", ["lead-x", "lead-'or\\'x", "lead é/<b>"])
def test_the_leads_folder_is_found_by_its_mark(settings: Settings, sandbox: Sandbox, lead_id: str) -> None:
    drive = DriveActivities(settings)
    lead, other = (a_lead().replaced(id=name) for name in (lead_id, "lead-other"))
    first = reserved(drive, lead)
    made = perform(drive.create_folder, CreateFolder(key="k", cause=2, folder_id=first), lead)
    assert reserved(drive, lead) == first
    assert perform(drive.create_folder, CreateFolder(key="k", cause=2, folder_id=first), lead) == made
    assert reserved(drive, other) != first
    assert [folder.id for folder in sandbox.google.children(sandbox.ids["leads_folder"])] == [first]


def test_a_folder_in_the_trash_is_not_taken_up_again(settings: Settings, sandbox: Sandbox) -> None:
    drive, lead = DriveActivities(settings), a_lead()
    first = reserved(drive, lead)
    perform(drive.create_folder, CreateFolder(key="k", cause=2, folder_id=first), lead)
    (folder,) = sandbox.google.children(sandbox.ids["leads_folder"])
    sandbox.google.files[first] = folder.model_copy(update={"trashed": True})
    assert reserved(drive, lead) != first
