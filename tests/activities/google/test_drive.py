"""Folders in Drive: one for each lead, whatever happens on the way."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError
from temporalio.exceptions import ApplicationError

from activities.google import clients
from activities.google.drive import FOLDER, DriveActivities
from config.settings import Settings
from process.effects import CheckFolder, CreateFolder, Effect, ReserveIds
from process.effects.observations import DriftFound
from process.effects.requests import Outcome
from process.lead.lead import Lead
from process.types import Link
from sandbox.faults import Fault
from sandbox.google.state import DriveFile
from sandbox.server import Sandbox
from tests.support.drive_effects import (
    RATE_LIMITS,
    REFUSALS,
    RESERVE,
    SERVER_TROUBLE,
    change_file,
    created,
    fault_id,
    ids,
    reserved,
)
from tests.support.performing import a_lead, after_a_minute, changed, failure, perform


def folders(sandbox: Sandbox) -> list[DriveFile]:
    return sandbox.google.children(sandbox.ids["leads_folder"])


def one_folder(sandbox: Sandbox, lead: Lead, effect: CreateFolder) -> bool:
    (folder,) = folders(sandbox)
    return (folder.id, folder.name, folder.mime_type, folder.app_properties) == (
        effect.folder_id,
        lead.heading,
        FOLDER,
        {"leadId": lead.id},
    )


def test_the_folder_has_the_leads_name_and_mark(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    link = created(perform(drive.create_folder, effect, lead))
    url = f"{sandbox.url}/drive/folders/{effect.folder_id}"
    assert link == Link(id=effect.folder_id, url=url, name=lead.heading)
    assert one_folder(sandbox, lead, effect)


def test_again_it_is_the_same_folder(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    first, second = (perform(drive.create_folder, effect, lead) for _ in range(2))
    assert first == second
    assert one_folder(sandbox, lead, effect)


def test_two_workers_at_once_make_one_folder(settings: Settings, sandbox: Sandbox) -> None:
    lead = a_lead()
    workers = [DriveActivities(settings) for _ in range(2)]
    effect = reserved(workers[0], lead)
    barrier = Barrier(2)

    def work(worker: DriveActivities) -> Outcome:
        barrier.wait()
        return perform(worker.create_folder, effect, lead)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, workers)
    assert first == second
    assert one_folder(sandbox, lead, effect)


def test_threads_may_share_the_activities(drive: DriveActivities, sandbox: Sandbox) -> None:
    leads = [a_lead(id=f"lead-{number}") for number in range(12)]

    def work(lead: Lead) -> str:
        return created(perform(drive.create_folder, reserved(drive, lead), lead)).id

    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(work, leads))
    made = {folder.id: folder.app_properties["leadId"] for folder in folders(sandbox)}
    assert made == {made_id: lead.id for made_id, lead in zip(ids, leads, strict=True)}


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("fault", SERVER_TROUBLE, ids=fault_id)
def test_trouble_passes_and_leaves_one_folder(drive: DriveActivities, sandbox: Sandbox, fault: Fault) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    if fault.system == "token":
        drive = _fresh(drive)
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(drive.create_folder, effect, lead)
    assert (error.type, error.non_retryable) == ("Again", False)
    sandbox.faults.clear()
    created(perform(drive.create_folder, effect, lead))
    assert one_folder(sandbox, lead, effect)


@pytest.mark.parametrize("fault", RATE_LIMITS, ids=fault_id)
def test_rate_limits_are_waited_for(
    drive: DriveActivities, sandbox: Sandbox, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(drive.create_folder, effect, lead)
    assert (error.type, error.next_retry_delay) == ("Wait", timedelta(minutes=1))
    sandbox.journal.clear()
    assert failure(drive.create_folder, effect, lead).type == "Wait"
    assert sandbox.journal.all() == []
    after_a_minute(monkeypatch)
    created(perform(drive.create_folder, effect, lead))
    assert one_folder(sandbox, lead, effect)


@pytest.mark.parametrize(
    ("fault", "mend"), REFUSALS, ids=lambda value: fault_id(value) if isinstance(value, Fault) else ""
)
def test_refusals_park_and_say_what_to_mend(
    drive: DriveActivities, sandbox: Sandbox, fault: Fault, mend: str
) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    if fault.system == "token":
        drive = _fresh(drive)
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(drive.create_folder, effect, lead)
    assert (error.type, error.non_retryable) == ("Parked", True)
    assert mend in error.message
    assert lead.org not in error.message
    sandbox.faults.clear()
    created(perform(drive.create_folder, effect, lead))
    assert one_folder(sandbox, lead, effect)


def _fresh(drive: DriveActivities) -> DriveActivities:
    """Return activities without a token, as after a restart."""
    settings = Settings(_env_file=None)
    return DriveActivities(settings.model_copy(update={"google": drive._settings}))


def test_a_cut_connection_is_mended_by_the_client_itself(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    sandbox.faults.add(Fault(system="drive", kind="cut_after", method="POST"))
    created(perform(drive.create_folder, effect, lead))  # httplib2 sent it twice
    assert one_folder(sandbox, lead, effect)


def test_what_is_there_but_not_shown_yet_is_looked_for_later(
    drive: DriveActivities, sandbox: Sandbox
) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    perform(drive.create_folder, effect, lead)
    sandbox.faults.add(Fault(system="drive", kind="stale", method="GET", writes=1))
    error = failure(drive.create_folder, effect, lead)
    assert (error.type, error.next_retry_delay) == ("Again", timedelta(seconds=5))
    created(perform(drive.create_folder, effect, lead))
    assert one_folder(sandbox, lead, effect)


def test_a_token_that_expired_early_is_renewed(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    sandbox.google.expire_tokens()
    created(perform(drive.create_folder, effect, lead))
    assert one_folder(sandbox, lead, effect)


def test_another_leads_folder_is_not_taken(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    perform(drive.create_folder, effect, lead)
    error = failure(drive.create_folder, effect, a_lead(id="lead-other"))
    assert error.type == "Parked"
    assert "belongs to something other" in error.message


def test_a_folder_in_the_trash_parks_until_it_is_restored(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    perform(drive.create_folder, effect, lead)
    change_file(sandbox, effect.folder_id, trashed=True)
    error = failure(drive.create_folder, effect, lead)
    assert error.type == "Parked"
    assert "trash" in error.message
    change_file(sandbox, effect.folder_id, trashed=False)
    created(perform(drive.create_folder, effect, lead))


def test_nobody_but_the_sandbox_is_spoken_to(
    drive: DriveActivities, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = set()
    resolve = socket.getaddrinfo

    def noted(host: Any, *args: Any, **kwargs: Any) -> Any:
        hosts.add(host)
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    lead = a_lead()
    perform(drive.create_folder, reserved(drive, lead), lead)
    assert hosts == {sandbox.host}


def test_every_request_knows_shared_drives(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    for _ in range(2):
        perform(drive.create_folder, effect, lead)
    on_files = [each for each in sandbox.journal.all("drive") if not each.path.endswith("generateIds")]
    assert [each.method for each in on_files] == ["GET", "POST", "POST", "GET"]
    assert all(("supportsAllDrives", "true") in each.query for each in on_files)


# ---- settings that are not right


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"credentials_file": None}, "LEADS_GOOGLE__CREDENTIALS_FILE"),
        ({"leads_folder": ""}, "LEADS_GOOGLE__LEADS_FOLDER"),
        ({"leads_folder": "1Unknown"}, "LEADS_GOOGLE__LEADS_FOLDER"),
        ({"subject": "ann@example.org"}, "domain-wide delegation"),
    ],
)
def test_wrong_settings_park_and_are_named(
    settings: Settings, sandbox: Sandbox, change: dict[str, Any], mend: str
) -> None:
    drive = DriveActivities(changed(settings, "google", **change))
    error = failure(drive.create_folder, CreateFolder(key="k", cause=1, folder_id="1Id"), a_lead())
    assert error.type == "Parked"
    assert mend in error.message
    (check,) = drive.checks()
    assert not check.ok
    assert mend in check.detail or mend in check.name


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"type": "service_account"}'])
def test_a_key_file_that_is_none_parks(settings: Settings, tmp_path: Any, content: str | None) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    drive = DriveActivities(changed(settings, "google", credentials_file=file))
    error = failure(drive.reserve_ids, RESERVE, a_lead())
    assert error.type == "Parked"
    assert "service account's key" in error.message


def test_a_key_that_was_changed_parks_without_being_quoted(settings: Settings, tmp_path: Any) -> None:
    assert settings.google.credentials_file
    key = json.loads(settings.google.credentials_file.read_text())
    key["private_key"] = key["private_key"][:200]
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))
    drive = DriveActivities(changed(settings, "google", credentials_file=file))
    error = failure(drive.reserve_ids, RESERVE, a_lead())
    assert error.type == "Parked"
    assert key["private_key"][40:80] not in str(error)


# ---- checks


def test_a_sound_folder_passes_the_check(drive: DriveActivities) -> None:
    (check,) = drive.checks()
    assert check.ok
    assert "leads" in check.detail


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"trashed": True}, "trash"), ({"mime_type": "text/plain"}, "not a folder")],
)
def test_what_is_wrong_with_the_folder_is_said(
    drive: DriveActivities, sandbox: Sandbox, change: dict[str, Any], expected: str
) -> None:
    change_file(sandbox, sandbox.ids["leads_folder"], **change)
    (check,) = drive.checks()
    assert not check.ok
    assert expected in check.detail


def test_a_reader_is_told_to_become_a_content_manager(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect = reserved(drive, lead)
    google = sandbox.google
    for drive_id, shared in google.drives.items():
        members = {**shared.members, google.service_account: "reader"}
        google.drives[drive_id] = shared.model_copy(update={"members": members})
    (check,) = drive.checks()
    assert not check.ok
    assert "content manager" in check.detail
    error = failure(drive.create_folder, effect, lead)
    assert (error.type, google.service_account in error.message) == ("Parked", True)


def test_messages_name_no_token(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    effect: Effect = reserved(drive, lead)
    sandbox.faults.add(Fault(system="drive", kind="status", status=403, method="POST"))
    error: ApplicationError = failure(drive.create_folder, effect, lead)
    assert error.__cause__ is None  # Temporal would show the cause, and with it the answer's body
    assert not any(token in str(error) for token in sandbox.google.tokens)


def test_a_folder_of_any_name_is_told_of(drive: DriveActivities, sandbox: Sandbox) -> None:
    lead = a_lead()
    link = created(perform(drive.create_folder, reserved(drive, lead), lead))
    change_file(sandbox, link.id, name="Two\nlines\x00 " + "x" * 1000)
    observation = perform(
        drive.check_folder, CheckFolder(key="k", cause=1), lead.replaced(folder=link)
    ).observation
    assert isinstance(observation, DriftFound)
    assert "renamed to “Two lines" in observation.repaired[0]


def test_all_ids_come_with_one_request_and_the_folder_keeps_its_own(
    drive: DriveActivities, sandbox: Sandbox
) -> None:
    effect = ReserveIds(key="k", cause=1, numbers=tuple(range(1, 13)))
    found = ids(drive, a_lead(), effect)
    assert len({found.folder_id, *found.invoice_ids.values()}) == 13
    assert len(sandbox.journal.all("drive", path="generateIds")) == 1
    more = ids(drive, a_lead(folder_id=found.folder_id), effect)
    assert more.folder_id is None
    assert not set(more.invoice_ids.values()) & set(found.invoice_ids.values())


def test_a_machines_own_account_needs_no_key_file(
    settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, asked = settings.google.credentials_file, []
    assert key

    def default(scopes: list[str]) -> tuple[Any, str]:
        asked.extend(scopes)
        return clients._account(clients._SandboxCredentials, key.read_text()).with_scopes(scopes), "project"

    monkeypatch.setattr("google.auth.default", default)
    without = changed(settings, "google", credentials_file=None, default_credentials=True)
    (check,) = DriveActivities(without).checks()
    assert check.ok, check.detail
    assert asked == ["https://www.googleapis.com/auth/drive"]


def test_a_machine_without_an_account_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def default(scopes: list[str]) -> None:
        raise DefaultCredentialsError("secret-of-the-machine")  # type: ignore[no-untyped-call]

    monkeypatch.setattr("google.auth.default", default)
    without = changed(settings, "google", credentials_file=None, default_credentials=True)
    (check,) = DriveActivities(without).checks()
    assert not check.ok
    assert "GOOGLE_APPLICATION_CREDENTIALS" in check.detail
    assert "secret" not in check.detail


def test_with_the_narrow_scope_a_folder_of_people_is_not_seen(settings: Settings) -> None:
    (check,) = DriveActivities(changed(settings, "google", drive_scope="drive.file")).checks()
    assert not check.ok
    assert "sees only what it made itself" in check.detail


def test_a_name_that_was_erased_leaves_the_folder_and_what_people_call_it_then_counts(
    drive: DriveActivities, sandbox: Sandbox
) -> None:
    lead = a_lead()
    link = created(perform(drive.create_folder, reserved(drive, lead), lead))
    forgotten = lead.replaced(folder=link.replaced(name="[Example University / [erased]] - A hub"))
    assert forgotten.folder
    check = CheckFolder(key="k", cause=1)

    observation = perform(drive.check_folder, check, forgotten).observation
    assert isinstance(observation, DriftFound)
    assert lead.person not in str(observation)
    assert observation.folder == forgotten.folder
    assert sandbox.google.files[link.id].name == forgotten.folder.name
    assert perform(drive.check_folder, check, forgotten).observation is None

    change_file(sandbox, link.id, name="Its people")
    observation = perform(drive.check_folder, check, forgotten).observation
    assert isinstance(observation, DriftFound)
    assert "renamed to “Its people”" in observation.repaired[0]
