"""Listings by GitHub's own times: no change is skipped, and none is listed twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import ChangedItems, GitHubClient
from activities.github.listings import OVERLAP, GitHubListings, ListingCursor
from activities.github.models import Issue
from config.settings import Settings
from sandbox.faults import Fault
from sandbox.server import Sandbox

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def an_issue(number: int, at: datetime) -> Issue:
    return Issue.model_validate(
        {
            "id": number,
            "number": number,
            "html_url": f"https://github.example.org/o/leads/issues/{number}",
            "title": "An issue",
            "body": None,
            "state": "open",
            "labels": [],
            "created_at": NOON,
            "updated_at": at,
        }
    )


def changes(*issues: Issue, etag: str = "tag", requests: int = 1) -> ChangedItems[Issue]:
    return ChangedItems(list(issues), etag, requests)


def test_a_late_item_is_listed_and_none_is_listed_twice() -> None:
    before = ListingCursor(since=NOON - timedelta(hours=1))
    one = an_issue(1, NOON)
    after = before.after(changes(one))
    assert (after.since, after.etag) == (NOON - OVERLAP, "")
    late = an_issue(2, NOON - timedelta(seconds=30))
    assert after.unseen([one, late]) == [late]
    assert after.unseen([an_issue(1, NOON + timedelta(seconds=1))])


def test_the_tag_counts_only_at_the_same_address() -> None:
    listing = ListingCursor(since=NOON - OVERLAP)
    again = listing.after(changes(an_issue(1, NOON)))
    assert (again.since, again.etag) == (listing.since, "tag")
    assert listing.after(changes()).etag == "tag"


def test_of_many_at_once_it_lets_go_when_all_were_seen_twice() -> None:
    many = [an_issue(number, NOON + timedelta(seconds=number % 50)) for number in range(150)]
    last = NOON + timedelta(seconds=49)
    once = ListingCursor(since=NOON - timedelta(hours=1)).after(changes(*many, etag="", requests=2))
    assert once.since == last - OVERLAP
    twice = once.after(changes(*many, etag="", requests=2))
    assert twice.since == last
    assert set(twice.seen) == {49, 99, 149}


def test_a_second_change_in_the_same_second_is_listed() -> None:
    one = an_issue(1, NOON)
    after = ListingCursor(since=NOON - OVERLAP).after(changes(one))
    assert not after.unseen([one])
    assert after.unseen([one.model_copy(update={"title": "Another title"})])


@pytest.fixture
def survey(settings: Settings) -> GitHubListings:
    return GitHubListings(GitHubClient(settings.github))


def test_pages_are_turned_without_passing_anything_over(survey: GitHubListings, sandbox: Sandbox) -> None:
    person = sandbox.person("amara-sales")
    for number in range(130):
        person.open("leads", f"Issue {number}")
    found, listing = survey.issues("leads", ListingCursor())
    assert sorted(issue.number for issue in found) == list(range(1, 131))
    person.edit("leads", 7, title="Another title")
    again, _ = survey.issues("leads", listing)
    assert {issue.number for issue in again} == {7}


@pytest.mark.parametrize(
    ("kind", "path", "ask"),
    [
        ("secondary_limit", "/issues$", lambda survey: survey.issues("leads", ListingCursor())),
        ("primary_limit", "graphql", lambda survey: survey.board()),
    ],
)
def test_a_limit_says_until_when(
    survey: GitHubListings, sandbox: Sandbox, kind: str, path: str, ask: Callable[[GitHubListings], object]
) -> None:
    fault = {"system": "github", "kind": kind, "seconds": 7, "path": path}
    sandbox.faults.add(Fault.model_validate(fault))
    with pytest.raises(ApplicationError) as limited:
        ask(survey)
    assert limited.value.type == "Wait"
    assert limited.value.next_retry_delay is not None
    assert timedelta(seconds=6) <= limited.value.next_retry_delay <= timedelta(seconds=60)


def test_the_listings_of_a_renamed_repository_are_those_that_were_asked_for(
    settings: Settings, sandbox: Sandbox
) -> None:
    """GitHub leads from the old name to it, query and all: over pages, since then, with that label, closed ones too."""
    client, owner = GitHubClient(settings.github), sandbox.person("olu-owner")
    for number in range(1, 103):
        owner.open("leads", f"Issue {number}", labels=("lead",) if number == 1 else ())
    owner.close("leads", 102)
    for number in range(101):
        owner.comment("leads", 1, f"Comment {number}")
    ago = datetime.now(UTC) - timedelta(days=1)
    owner.rename_repository("leads", "prospects")
    every = set(range(1, 103))
    assert {issue.number for issue in islice(client.issues("leads", since=ago), 200)} == every
    assert [issue.number for issue in islice(client.labelled("leads", "lead"), 200)] == [1]
    assert (
        len({comment.id for page in islice(client.comments("leads", 1, since=ago), 9) for comment in page})
        == 101
    )
    changed = client.changed_issues("leads", since=ago, etag="")
    assert changed
    assert {issue.number for issue in changed.items} == every
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    nothing = client.changed_issues("leads", since=tomorrow, etag="")
    assert nothing
    assert nothing.items == []
    assert client.changed_issues("leads", since=tomorrow, etag=nothing.etag) is None
