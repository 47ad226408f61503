"""`leads what-if` and `leads show --as-of`, from a ledger alone and beside a real lead."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import client.simulations
from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.policy import Periods
from tests.support.changed_rule import NEXT_CHANGES
from tests.support.commands import Ended, RunLeads, eventually
from tests.support.ledgers import recording_worker
from tests.support.lives import BOOK_QUOTE, Life
from tests.support.outside import Outside

Say = Callable[..., Ended]
QUOTED, SHORT = "lead-quoted01", "lead-short002"


def aggregate(life: Life, lead: str) -> None:
    """The life of a lead of this name in the ledger of the test's own folder."""
    with closing(Ledger.open("sqlite:///.leads/ledger.sqlite")) as ledger:
        ledger.append(lead, [entry_of(lead, event) for event in life.aggregate.event_log.events], after=0)


@pytest.fixture
def past() -> None:
    """A lead whose quote expired, and an archived one that was lost."""
    aggregate(Life(title="A course").quoted().wait(45), QUOTED)
    aggregate(Life(title="A workshop", zone="Pacific/Auckland").quoted().wait(5).lost().wait(500), SHORT)


# ---- what if


def test_the_differences_over_all_leads_are_summarised(say: Say, past: None) -> None:
    ended = say("what-if", "--period", "quote-validity=35")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("What if: quote_validity 35\n  2 leads simulated from ")
    assert "2 of 2 leads would have gone differently." in ended.out
    assert "Quote expired: 1 later, by 5 days (median)" in ended.out
    assert "Price quoted: 2 would have had another result" in ended.out
    assert QUOTED not in ended.out


def test_named_leads_are_reported_one_by_one(say: Say, past: None) -> None:
    ended = say("what-if", "quoted", "--period", "quote_validity=35")
    assert f"{QUOTED} [Example University / Ada Example] - A course" in ended.out
    assert "2026-07-02 5 days later, on 2026-07-07: Version 1 of the quote expired" in ended.out
    assert "valid until 2026-07-01 → Quoted" in ended.out
    assert SHORT not in ended.out
    each = say("what-if", "--each", "--only", "ended", "--period", "archive=30")
    assert SHORT in each.out
    assert QUOTED not in each.out
    assert "Archived: 1 earlier, by 335 days (median)" in each.out


def test_no_difference_is_reported_as_such(say: Say, past: None) -> None:
    assert "Nothing would have been different." in say("what-if", "--period", "stale=30").out
    ended = say("what-if", SHORT, "--period", "handover_reminder=9")
    assert ended.out.count("Nothing would have been different.") == 1


def test_json_has_all_of_it(say: Say, past: None) -> None:
    found = say("what-if", "--period", "quote_validity=35", "--holiday", "2026-06-03", "--json").json
    assert found["scenario"] == ["quote_validity 35", "a holiday on 2026-06-03"]
    assert found["summary"]["differ"] == 2
    leads = {each["lead_id"]: each for each in found["leads"]}
    assert leads.keys() == {QUOTED, SHORT}
    assert {(each["kind"], each["days"]) for each in leads[QUOTED]["deadlines"]} == {
        ("quote_running_out", 5),
        ("quote_expired", 5),
    }
    assert (found["unread"], leads[QUOTED]["reproducible"]) == ([], True)


def test_prices_and_policies_come_from_files(say: Say, tmp_path: Path) -> None:
    aggregate(Life().live(BOOK_QUOTE).wait(100), QUOTED)
    row = {"book": "2026-06", "plan": "General membership", "amount": 24000, "currency": "USD", "per": "year"}
    (tmp_path / "prices.json").write_text(json.dumps([row]))
    (tmp_path / "policy.toml").write_text('version = "2026-12"\nperiods.invoice_unsent = 20')
    ended = say("what-if", "--price-book", "prices.json", "--policy", "policy.toml")
    assert ended.code == 0, ended.err
    assert "What if: the policy 2026-12; the price book 2026-06 as given" in ended.out
    assert "5,000.00 USD was billed; it would have been 8,000.00 USD, 3,000.00 USD more" in ended.out
    assert "Invoices unsent" in ended.out


def test_newer_rules_can_be_asked_for(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    aggregate(Life().contracted().wait(40), QUOTED)
    monkeypatch.setattr("starter.cli.scenario.CHANGES", NEXT_CHANGES)
    ended = say("what-if", "--newest-rules")
    assert "the rules of tell-sales from the beginning" in ended.out


def test_many_leads_are_simulated_in_child_processes(
    say: Say, past: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = say("what-if", "--period", "stale=9", "--json")
    monkeypatch.setattr(client.simulations, "FEW", 1)
    assert say("what-if", "--period", "stale=9", "--json").out == few.out


def test_it_warns_of_missing_and_unreadable_events(say: Say) -> None:
    unattended = Life().quoted()
    aggregate(unattended, QUOTED)
    with closing(Ledger.open("sqlite:///.leads/ledger.sqlite")) as ledger:
        events = Life().quoted().aggregate.event_log.events[1:]
        ledger.append(SHORT, [entry_of(SHORT, event) for event in events], after=1)
    ended = say("what-if", "--period", "stale=9")
    assert ended.code == 0
    if datetime.now(UTC) > unattended.now + timedelta(days=40):
        assert (
            f"leads: the ledger lacks deadlines of 1 lead ({QUOTED}) that were due since 2026-06-25 00:00 UTC"
            in ended.err
        )
    assert f"the ledger has no readable first event of 1 lead ({SHORT})" in ended.err


def test_the_periods_are_listed_with_their_current_days(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policy.toml").write_text('version = "2026-12"\nperiods.stale = 21')
    monkeypatch.setenv("LEADS_POLICY_FILE", "policy.toml")
    found = {each["period"]: each["days"] for each in say("what-if", "--periods", "--json").json}
    assert found.keys() == Periods.model_fields.keys()
    assert (found["stale"], found["renewal_windows"]) == (21, [180, 90, 30])
    assert "renewal_windows      180, 90, 30  before the contract ends" in say("what-if", "--periods").out
    help_ = say("what-if", "--help").out
    assert all(name in help_ for name in Periods.model_fields)


@pytest.mark.parametrize(
    ("summary", "code", "says"),
    [
        ((), 2, "Say what to change: --period"),
        (("--period", "quote_validty=3"), 2, "Did you mean quote_validity? There are questionnaire_nudge,"),
        (("--period", "stale"), 2, "write NAME=DAYS"),
        (("--period", "stale=-3"), 2, "The period stale: write at least 1, not -3"),
        (("--period", "stale=99999"), 2, "write at most 3650"),
        (("--period", "stale=soon"), 2, "'soon' is no number of days"),
        (("--period", "stale="), 2, "'' is no number of days"),
        (("--period", "stale=3", "--period", "stale=4"), 2, "The period stale is given twice"),
        (("--period", "renewal_windows=90,-1"), 2, "The period renewal_windows.1: write at least 0, not -1"),
        (("--period", "stale_in.won=3"), 2, "write each stage once, e.g. stale_in.quoted=14"),
        (("--period", "stale_in=3"), 2, "write each stage once, e.g. stale_in.quoted=14"),
        (("--period", "stale_in.lead=0"), 2, "The period stale_in.lead: write "),
        (("--period", "stale.lead=4"), 2, "There is no period 'stale.lead'"),
        (("--holiday", "soon"), 2, "--holiday"),
        (("--policy", "nowhere.toml"), 2, "--policy: nowhere.toml cannot be read: No such file"),
        (("--price-book", "nowhere.json"), 2, "--price-book: nowhere.json cannot be read: No such file"),
        (("--only", "lost", "--period", "stale=3"), 2, "--only"),
        (("nobody", "--period", "stale=3"), 4, "has no lead 'nobody'"),
        (("lead-", "--period", "stale=3"), 4, "has no lead 'lead-'"),
        (("", "--period", "stale=3"), 4, "has no lead ''"),
    ],
)
def test_a_wrong_option_is_explained_in_one_sentence(
    say: Say, past: None, summary: tuple[str, ...], code: int, says: str
) -> None:
    ended = say("what-if", *summary)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.count("\n") == 1
    assert says in ended.err


def test_an_ambiguous_beginning_names_the_candidates(say: Say) -> None:
    for lead in ("lead-aaaa", "lead-aabb"):
        aggregate(Life(), lead)
    ended = say("what-if", "aa", "--period", "stale=3")
    assert ended.code == 4
    assert "can mean more than one lead: lead-aaaa, lead-aabb" in ended.err


def test_without_a_ledger_it_says_so_and_makes_none(say: Say) -> None:
    ended = say("what-if", "--period", "stale=3")
    assert ended.code == 5
    assert "There is no ledger yet (SQLite file .leads/ledger.sqlite)" in ended.err
    assert "LEADS_LEDGER_URL" in ended.err
    assert not Path(".leads").exists()


def test_an_empty_ledger_has_no_leads(say: Say) -> None:
    with closing(Ledger.open("sqlite:///.leads/ledger.sqlite")) as ledger:
        ledger.check()
    ended = say("what-if", "--period", "stale=3")
    assert ended.code == 4
    assert "There are no leads in the ledger" in ended.err


# ---- as of


def test_a_lead_is_shown_as_it_was(say: Say, past: None) -> None:
    ended = say("show", "quoted", "--as-of", "2026-06-20")
    assert (ended.code, ended.err) == (0, "")
    first, *rest = ended.out.splitlines()
    assert first == (
        "As it was at the end of 2026-06-20 (UTC). What follows is the past, from the SQLite file .leads/ledger.sqlite."
    )
    assert f"{QUOTED} · quoted · next is community: agree to the price by 2026-07-01" in rest
    assert "Temporal:" not in ended.out
    later = say("show", "quoted", "--as-of", "2026-07-03", "--json").json
    assert (later["lead_id"], later["stage"], later["as_of"]) == (QUOTED, "quoted", "2026-07-03")
    assert later["lead"]["quotes"][0]["status"] == "expired"


def test_an_archived_lead_is_shown_without_temporal(
    say: Say, past: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    found = say("show", SHORT, "--as-of", str(datetime.now(UTC).date()), "--json").json
    assert (found["lead"]["archived"], found["doubt"]) in ((True, ""), (False, ""))
    assert found["lead"]["lost"]["reason"] == "budget"


def test_without_temporal_it_says_what_is_uncertain(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    aggregate(Life().quoted(), QUOTED)
    ended = say("show", QUOTED, "--as-of", "2026-06-20")
    assert ended.code == 0
    assert (
        "up to 2026-06-01 09:00 UTC; Temporal cannot say if there are more: No Temporal server" in ended.err
    )


@pytest.mark.parametrize(
    ("lead", "day", "code", "says"),
    [
        (QUOTED, "2026-05-31", 4, f"There was no {QUOTED} on 2026-05-31 yet: it began on 2026-06-01"),
        (QUOTED, "2036-05-31", 2, "2036-05-31 has not come yet"),
        (QUOTED, "soon", 2, "--as-of"),
        ("nobody", "2026-06-20", 4, "has no lead 'nobody'"),
    ],
)
def test_an_unknown_lead_or_day_is_refused(
    say: Say, past: None, lead: str, day: str, code: int, says: str
) -> None:
    ended = say("show", lead, "--as-of", day)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err


# ---- a real lead


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/.leads/ledger.sqlite"


async def test_a_real_lead_is_simulated_and_shown_as_of_today(
    env: WorkflowEnvironment, leads_alone: RunLeads, queue: str, outside: Outside, url: str, org: str
) -> None:
    with closing(Ledger.open(url)) as ledger:
        async with recording_worker(env.client, queue, outside, ledger):
            ended = await leads_alone("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
            lead = ended.json["lead_id"]
            quote = ("--amount", "12000", "--currency", "USD", "--per", "year")
            assert (await leads_alone("price-quoted", lead, *quote)).code == 0
            known = await eventually(
                lambda: leads_alone("show", lead, "--as-of", f"{datetime.now(UTC):%Y-%m-%d}", "--json"),
                lambda ended: ended.code == 0 and not ended.json["doubt"] and len(ended.json["timeline"]) > 6,
            )
            now = (await leads_alone("show", lead, "--json")).json
    assert known.json["lead"] == now["lead"]
    assert known.json["next_step"] == now["next_step"]
    found = (await leads_alone("what-if", lead, "--period", "quote_validity=60", "--json")).json
    (mine,) = found["leads"]
    assert (mine["lead_id"], mine["reproducible"], mine["overdue_since"], mine["deadlines"]) == (
        lead,
        True,
        None,
        [],
    )
    assert [each["kind"] for each in mine["decisions"]] == ["price_quoted"]
    assert not (await leads_alone("what-if", lead, "--period", "quote_validity=30", "--json")).json[
        "summary"
    ]["differ"]


async def test_it_says_when_the_ledger_lags_behind_the_lead(
    env: WorkflowEnvironment, leads_alone: RunLeads, queue: str, org: str, outside: Outside, url: str
) -> None:
    """The worker's ledger is another one: this one has only how the lead began."""
    opening = ("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json")
    async with Worker(env.client, task_queue=queue, activities=outside.activities()):
        lead = (await leads_alone(*opening)).json["lead_id"]
        await leads_alone("show", lead)  # answers after the lead's first task
        with closing(Ledger.open(url)) as ledger:
            ledger.append(lead, [entry_of(lead, event) for event in outside.events[lead][:1]], after=0)
        ended = await leads_alone("show", lead, "--as-of", f"{datetime.now(UTC):%Y-%m-%d}")
    assert ended.code == 0
    assert "the ledger lags: it lacks " in ended.err
