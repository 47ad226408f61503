"""Listings by GitHub's own times: no change is skipped, and none is listed twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import ChangedItems, GitHubClient
from activities.github.listings import (
    BATCH,
    MAX_SEEN,
    OVERLAP,
    GitHubListings,
    ListingCursor,
    ListingReading,
)
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


def read(start: ListingCursor, *pages: list[Issue], etag: str = "tag") -> tuple[list[int], ListingCursor]:
    """Read a listing of these pages. Returns the numbers of the items that are new, and the position after it."""
    reading, news, position = ListingReading[Issue](start), list[int](), start
    for number, page in enumerate(pages, start=1):
        found, position = reading.take(
            ChangedItems(page, number == len(pages), etag if len(pages) == 1 else "")
        )
        news += [issue.number for issue in found]
    return news, position


def test_a_late_item_is_listed_and_none_is_listed_twice() -> None:
    one = an_issue(1, NOON)
    news, after = read(ListingCursor(since=NOON - timedelta(hours=1)), [one])
    assert news == [1]
    assert (after.since, after.etag) == (NOON - OVERLAP, "")
    late = an_issue(2, NOON - timedelta(seconds=30))
    assert read(after, [late, one])[0] == [2]
    assert read(after, [an_issue(1, NOON + timedelta(seconds=1))])[0] == [1]


def test_the_tag_counts_only_at_the_same_address() -> None:
    listing = ListingCursor(since=NOON - OVERLAP)
    _, again = read(listing, [an_issue(1, NOON)])
    assert (again.since, again.etag) == (listing.since, "tag")
    assert read(listing, [])[1].etag == "tag"


def test_of_many_at_once_it_lets_go_when_all_were_seen_twice() -> None:
    many = [an_issue(number, NOON + timedelta(seconds=number % 50)) for number in range(150)]
    last = NOON + timedelta(seconds=49)
    news, once = read(ListingCursor(since=NOON - timedelta(hours=1)), many[:100], many[100:])
    assert len(news) == 150
    assert once.since == last - OVERLAP
    news, twice = read(once, many[:100], many[100:])
    assert news == []
    assert twice.since == last
    assert read(twice, [many[49], many[99], many[149]])[0] == []


def test_a_second_change_in_the_same_second_is_listed() -> None:
    one = an_issue(1, NOON)
    _, after = read(ListingCursor(since=NOON - OVERLAP), [one])
    assert read(after, [one])[0] == []
    assert read(after, [one.model_copy(update={"title": "Another title"})])[0] == [1]


def test_a_listing_goes_on_after_the_last_page_that_was_read() -> None:
    """The item at the border of two pages is in both, and is new once."""
    first = [an_issue(number, NOON + timedelta(minutes=number)) for number in range(100)]
    reading = ListingReading[Issue](ListingCursor(since=NOON - timedelta(hours=1)))
    news, position = reading.take(ChangedItems(first, False))
    assert len(news) == 100
    assert position.since == first[-1].updated_at - OVERLAP
    rest = [
        *(issue for issue in first if issue.updated_at >= position.since),
        an_issue(100, NOON + OVERLAP * 20),
    ]
    assert read(position, rest)[0] == [100]
    assert [issue.number for issue in reading.take(ChangedItems([first[-1], rest[-1]], True))[0]] == [100]


def test_a_reading_that_ends_early_forgets_nothing_of_the_one_before() -> None:
    many = [an_issue(number, NOON) for number in range(120)]
    _, after = read(ListingCursor(since=NOON - OVERLAP), many[:100], many[100:])
    _, early = ListingReading[Issue](after).take(ChangedItems(many[:100], False))
    assert read(early, many[:100], many[100:])[0] == []


def test_a_position_stays_small_however_many_items_there_are() -> None:
    many = [an_issue(number, NOON) for number in range(MAX_SEEN + 500)]
    pages = [many[start : start + 100] for start in range(0, len(many), 100)]
    news, once = read(ListingCursor(since=NOON - timedelta(hours=1)), *pages)
    assert len(news) == len(many)
    assert len(once.model_dump_json()) < 30_000
    news, twice = read(once, *pages)
    assert len(news) == 500  # those that it did not remember, once more
    assert twice.since == NOON
    changed = [*many[:-1], an_issue(MAX_SEEN + 499, NOON + timedelta(minutes=1))]
    news, later = read(once, *(changed[start : start + 100] for start in range(0, len(changed), 100)))
    assert MAX_SEEN + 499 in news
    assert later.since < NOON


@pytest.fixture
def survey(settings: Settings) -> GitHubListings:
    return GitHubListings(GitHubClient(settings.github))


def listed(survey: GitHubListings, start: ListingCursor) -> tuple[set[int], ListingCursor]:
    """Read the issues to the end. Returns the numbers of the new ones, and the position after them."""
    pages = list(survey.issues("leads", start))
    return {issue.number for page in pages for issue in page.news}, pages[-1].position


def test_pages_are_turned_without_passing_anything_over(survey: GitHubListings, sandbox: Sandbox) -> None:
    person = sandbox.person("amara-sales")
    for number in range(130):
        person.open("leads", f"Issue {number}")
    found, listing = listed(survey, ListingCursor())
    assert found == set(range(1, 131))
    person.edit("leads", 7, title="Another title")
    assert listed(survey, listing)[0] == {7}


def test_many_leads_cost_one_point(survey: GitHubListings, sandbox: Sandbox) -> None:
    person = sandbox.person("amara-sales")
    for number in range(1, BATCH + 1):
        person.open("leads", f"Issue {number}")
        if number > 2:
            person.add_card("leads", number)
    person.move("leads", 3, "Quoted")
    person.archive_card("leads", 4)
    sandbox.person("olu-owner").delete("leads", 5)
    hub = person.open("pilot-hubs", "A hub").number
    issues = {("leads", number) for number in range(1, BATCH + 1)}
    look = survey.look(issues, {("pilot-hubs", hub), ("pilot-hubs", 999)})
    assert survey.spent() == {"requests": 0, "unchanged": 0, "points": 1}
    assert issues - look.issues.keys() == {("leads", 5)}
    assert {number for (repo, number), seen in look.issues.items() if repo == "leads" and not seen.card} == {
        1,
        2,
        4,
    }
    assert look.issues["leads", 3].column == "Quoted"
    assert ("pilot-hubs", hub) in look.issues
    assert ("pilot-hubs", 999) not in look.issues
    assert "Quoted" in look.columns


def test_issues_of_a_repository_that_is_gone_are_missing(survey: GitHubListings) -> None:
    assert survey.look({("nowhere", 1)}).issues == {}


@pytest.mark.parametrize(
    ("kind", "path", "ask"),
    [
        ("secondary_limit", "/issues$", lambda survey: list(survey.issues("leads", ListingCursor()))),
        ("primary_limit", "graphql", lambda survey: survey.look(())),
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
    labelled = client.changed_issues("leads", since=ago, label="lead")
    assert [issue.number for page in labelled for issue in page.items] == [1]
    assert (
        len({comment.id for page in islice(client.comments("leads", 1, since=ago), 9) for comment in page})
        == 101
    )
    changed = client.changed_issues("leads", since=ago)
    assert {issue.number for page in changed for issue in page.items} == every
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    (nothing,) = client.changed_issues("leads", since=tomorrow)
    assert nothing.items == []
    assert list(client.changed_issues("leads", since=tomorrow, etag=nothing.etag)) == []
