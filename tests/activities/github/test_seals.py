"""Memory of an issue is believed only if we wrote it."""

import pytest
from pydantic import SecretStr

from activities.github import issue_block
from activities.github.issue_block import LastWritten
from activities.github.seals import LENGTH, Seal
from config.groups import GitHub

KEY = "lead-example-ab2c"
SEAL = Seal(("a key of the service", "the key before"))
MEMORY = LastWritten(state="open", title="t", labels=("lead",))
WRITTEN = SEAL.sealed(issue_block.write("A person's text.", KEY, "One line.\nAnother.", MEMORY), KEY)


def last_written(text: str, seal: Seal = SEAL, key: str = KEY) -> LastWritten | None:
    found = issue_block.find(seal.opened(text), key)
    assert found
    return found.last_written


def test_our_own_memory_is_believed() -> None:
    assert SEAL.opened(WRITTEN) == WRITTEN
    assert last_written(WRITTEN) == last_written(WRITTEN.replace("\n", "\r\n"))
    found = last_written(WRITTEN)
    assert found
    assert (found.state, found.labels) == ("open", ("lead",))
    assert (
        len(WRITTEN) - len(issue_block.write("A person's text.", KEY, "One line.\nAnother.", MEMORY))
        <= LENGTH
    )


def test_nothing_new_is_not_written_again() -> None:
    assert issue_block.write(WRITTEN, KEY, "One line.\nAnother.", MEMORY) == WRITTEN
    assert SEAL.sealed(WRITTEN, KEY) == WRITTEN


@pytest.mark.parametrize(
    "forged",
    [
        WRITTEN.replace('"state":"open"', '"state":"closed"'),
        WRITTEN.replace('["lead"]', "[]"),
        issue_block.write("", KEY, "One line.", MEMORY),
        WRITTEN.replace(f"begin {KEY}", "begin lead-another-cd3e"),
        WRITTEN.replace("One line.", '<!-- lead-to-hub:wrote {"state":"closed","title":""} -->'),
        f'<!-- lead-to-hub:begin {KEY} -->\nx\n<!-- lead-to-hub:wrote {{"state":"open","title":""}} -->',
        f'x<!-- lead-to-hub:begin {KEY} -->\n<!-- lead-to-hub:wrote {{"state":"open","title":""}} aaaa -->',
    ],
)
def test_a_forged_memory_is_not_believed(forged: str) -> None:
    (key,) = issue_block.keys(forged)
    found = last_written(forged, key=key)
    assert found is None or found == last_written(WRITTEN)


def test_memory_of_another_issue_is_not_believed() -> None:
    memory = WRITTEN.split("\n")[3]
    hub = issue_block.write("", f"{KEY}/hub", "The hub.", MEMORY).split("\n")
    assert last_written("\n".join([hub[0], memory, *hub[2:]]), key=f"{KEY}/hub") is None


def test_of_a_forged_memory_our_lines_are_still_known() -> None:
    """They tell our own old text from a person's, so that a lost key moves none of it."""
    forged = SEAL.opened(WRITTEN.replace('"open"', '"closed"').replace("Another.", "Another.\nBy hand."))
    text = issue_block.write(forged, KEY, "Quite another text.", MEMORY)
    assert text.count("By hand.") == 1
    assert "One line." not in text
    assert Seal(()).opened(WRITTEN) == Seal(("another key",)).opened(WRITTEN)
    assert "One line." not in issue_block.write(Seal(()).opened(WRITTEN), KEY, "Quite another.", MEMORY)


def test_the_key_before_still_counts() -> None:
    before = Seal(SEAL.keys[1:])
    assert last_written(before.sealed(issue_block.write("", KEY, "One line.", MEMORY), KEY))
    assert last_written(WRITTEN, before) is None


def test_without_a_key_of_the_service_its_credentials_sign() -> None:
    github = GitHub(token=SecretStr("a token"))
    assert Seal.of(github, ()) == Seal(("a token",))
    assert Seal.of(github, ("a key",)) == Seal(("a key",))


def test_a_persons_text_stays_as_it_is() -> None:
    for text in ("", "Ours: <!-- lead-to-hub:wrote nothing", f"{WRITTEN}\n\n{WRITTEN}", "a\r\nb"):
        assert SEAL.opened(SEAL.opened(text)) == SEAL.opened(text)
    assert SEAL.opened(f"{WRITTEN}\n\n{WRITTEN}") == f"{WRITTEN}\n\n{WRITTEN}"
