"""The store of accounts, on SQLite. tests/deploy/test_scripts.py has it on PostgreSQL, with the role of Compose."""

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import SettingsError
from process.policy import Policy
from process.types import Role
from starter.web.auth import store as of_store
from starter.web.auth.database import StoreUnavailable, WebDatabase
from starter.web.auth.people import People, Person, Way
from starter.web.auth.store import USE_NOTED, AccountStore, Scope, TooManyTokens
from tests.support.pages import pages
from tests.support.signed_in import shown

ADA = Person(Way.GITHUB, "ada", 7, ("sales",))
BO = Person(Way.GITHUB, "bo", 8)


class Clock:
    now = datetime(2026, 7, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[AccountStore]:
    people = People(Policy(people={Role.SALES: ["team:sales"]}), frozenset({Way.GITHUB}))
    with closing(WebDatabase.open(f"sqlite:///{tmp_path}/deep/web.sqlite")) as database:
        yield AccountStore(database, people, clock)


def test_a_token_acts_for_its_person_with_the_roles_of_now(store: AccountStore) -> None:
    store.sign_in(ADA)
    secret = store.add_token(ADA, "reports", [Scope.READ, Scope.DECIDE, Scope.READ])
    token = store.token(secret)
    assert token
    assert (token.name, token.identity, token.roles) == ("ada", "id:7", (Role.SALES,))
    assert token.scopes == {Scope.READ, Scope.DECIDE}
    store.sign_in(ADA._replace(teams=()))
    token = store.token(secret)
    assert token
    assert token.roles == ()


def test_only_a_whole_secret_is_a_token(store: AccountStore) -> None:
    secret = store.add_token(ADA, "reports", [Scope.READ])
    for other in (
        "",
        "lth_",
        secret[:-1],
        secret.upper(),
        f"{secret} ",
        secret.removeprefix("lth_"),
        "lth_\ud800",
    ):
        assert store.token(other) is None


def test_no_secret_is_kept(store: AccountStore, tmp_path: Path) -> None:
    secret, key = store.add_token(ADA, "reports", [Scope.READ]), store.add_calendar(ADA)
    store.database.close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "deep").iterdir())
    assert b"reports" in kept
    assert secret.encode() not in kept
    assert key.encode() not in kept


def test_nobody_but_its_owner_reads_the_file(store: AccountStore, tmp_path: Path) -> None:
    store.sign_in(ADA)
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "deep/web.sqlite").stat().st_mode) == 0o600


def test_a_token_tells_when_it_was_used(store: AccountStore, clock: Clock) -> None:
    secret = store.add_token(ADA, "reports", [Scope.READ])
    [listed] = store.tokens(ADA.account)
    assert listed.used is None
    first = clock.now
    for after, used in ((timedelta(), first), (USE_NOTED / 2, first), (2 * USE_NOTED, first + 2 * USE_NOTED)):
        clock.now = first + after
        store.token(secret)
        [listed] = store.tokens(ADA.account)
        assert listed.used == used


def test_a_token_is_removed_by_its_owner_only(store: AccountStore) -> None:
    secret = store.add_token(ADA, "reports", [Scope.READ])
    [listed] = store.tokens(ADA.account)
    assert not store.remove_token(BO.account, listed.id)
    assert store.token(secret)
    assert store.remove_token(ADA.account, listed.id)
    assert store.token(secret) is None


def test_a_person_has_so_many_tokens(store: AccountStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_store, "MAX_TOKENS", 1)
    store.add_token(ADA, "one", [Scope.READ])
    store.add_token(BO, "one", [Scope.READ])
    with pytest.raises(TooManyTokens):
        store.add_token(ADA, "two", [Scope.READ])


def test_a_calendar_has_one_address(store: AccountStore) -> None:
    first = store.add_calendar(ADA)
    second = store.add_calendar(ADA)
    assert store.calendar(first) is None
    found = store.calendar(second)
    assert found
    assert found.name == "ada"
    assert store.calendar_made(ADA.account)
    assert store.remove_calendar(ADA.account)
    assert not store.remove_calendar(ADA.account)
    assert store.calendar(second) is None


def test_signing_out_everywhere_leaves_tokens(store: AccountStore) -> None:
    before = store.sign_in(ADA)
    secret = store.add_token(ADA, "reports", [Scope.READ])
    store.sign_out_everywhere(ADA.account)
    after = store.account(ADA.account)
    assert after
    assert after.epoch > before.epoch
    assert store.sign_in(ADA).epoch == after.epoch
    assert store.token(secret)


def test_a_url_of_another_kind_is_refused_without_being_quoted() -> None:
    with pytest.raises(
        SettingsError, match="LEADS_WEB__STORE_URL: The store's URL must be postgresql"
    ) as refused:
        WebDatabase.open("mysql://leads:s3cr3t@localhost/leads")
    assert "s3cr3t" not in str(refused.value)


def test_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    people = People(Policy(), frozenset())
    database = WebDatabase.open(f"sqlite:///{tmp_path}/file/web.sqlite")
    with pytest.raises(StoreUnavailable, match="The store of accounts"):
        AccountStore(database, people).sign_in(ADA)
    database.close()


async def test_the_page_shows_a_secret_once(url: str) -> None:
    async with pages(url) as web:
        made = shown(await web.post("/me/tokens", data={"name": "<i>mine</i>", "scope": ["read", "decide"]}))
        assert "Copy it now" in made
        page = await web.get("/me")
        assert "lth_" not in page.text
        assert "&lt;i&gt;mine&lt;/i&gt;" in page.text
        removal = page.text.partition('action="')[2]
        path = page.text.partition("/me/tokens/")[2].partition('"')[0]
        assert removal
        assert (await web.post(f"/me/tokens/{path}")).status_code == 303
        assert "mine" not in (await web.get("/me")).text
        calendar = await web.post("/me/calendar")
        assert "http://localhost/agenda.ics?key=" in calendar.text
        assert "agenda.ics?key=" not in (await web.get("/me")).text
        assert (await web.post("/me/calendar/remove")).status_code == 303


@pytest.mark.parametrize(
    "form", [{}, {"name": "x"}, {"name": "", "scope": "read"}, {"name": "x", "scope": "all"}]
)
async def test_a_token_needs_a_name_and_a_right(url: str, form: dict[str, str]) -> None:
    async with pages(url) as web:
        assert (await web.post("/me/tokens", data=form)).status_code == 422


def test_a_token_expires_after_a_year_or_earlier(store: AccountStore, clock: Clock) -> None:
    year, month = (store.add_token(ADA, "reports", [Scope.READ], days) for days in (9_999, 30))
    assert {each.expires - each.made for each in store.tokens(ADA.account)} == {
        timedelta(days=365),
        timedelta(days=30),
    }
    clock.now += timedelta(days=30)
    assert store.token(month) is None
    assert store.token(year)
    clock.now += timedelta(days=335)
    assert store.token(year) is None
    assert len(store.tokens(ADA.account)) == 2  # the page says that they have expired
    store.add_token(ADA, "another", [Scope.READ])
    assert [each.name for each in store.tokens(ADA.account)] == ["another"]
