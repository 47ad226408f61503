"""The reply to a correction says what is left wrong, with commands that work, and without addresses."""

from activities.issue_sync.replies import Taken, render_reply
from process.decisions.correcting import Corrected
from process.github.commands import ParsedCommand, parse_decision
from process.views.overview import overview
from starter.cli.spelling import write_refusal
from tests.support.lives import Life


def test_the_reply_lists_what_was_not_put_right() -> None:
    life = Life().quoted().perform()
    answer = life.does("corrected", seq=2, reason="Another lead's")
    taken = Taken(answer.message, answer.seq, answer.follow_ups)
    reply = render_reply(ParsedCommand("corrected", ""), taken, overview(life.aggregate, life.now))
    text = reply.text.replace("\\", "")
    assert "Not put right: …" in text
    assert "got “price quoted” on 2026-06-01" in text
    assert "contracts@" not in text
    assert '(/corrected seq=2 reason="Another lead\'s" compensate=mail)' in text
    assert '(/corrected seq=2 reason="Another lead\'s" rest_is_fine=true)' in text
    assert answer.follow_ups
    typed = write_refusal(answer.follow_ups, "lead-x")
    assert "--seq 2 --reason 'Another lead'\"'\"'s' --compensate mail)" in typed
    assert "--rest-is-fine)" in typed
    fields = 'seq=2 reason="Another lead\'s" compensate=mail'
    assert isinstance(
        parse_decision(Corrected, fields, {"by": "@grace", "source": "github comment"}), Corrected
    )
