"""Workers share the ends of rate limits through the ledger's database."""

from datetime import UTC, datetime, timedelta

from ledger.limits import SharedLimits

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_latest_end_of_a_limit_is_kept_for_all(url: str) -> None:
    ours, theirs = SharedLimits.open(url), SharedLimits.open(url)
    try:
        assert ours.until("GitHub rest") is None
        for minutes in (5, 2, 7):
            ours.extend("GitHub rest", NOON + timedelta(minutes=minutes))
        theirs.extend("GitHub rest", NOON)
        assert theirs.until("GitHub rest") == NOON + timedelta(minutes=7)
        assert theirs.until("GitHub graphql") is None
    finally:
        ours.close()
        theirs.close()
