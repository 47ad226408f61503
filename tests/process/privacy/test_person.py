"""A person is found by whole words, however they are spelt."""

import pytest
from pydantic import ValidationError

from process.personal import ERASED
from process.privacy.person import Person

ADA = Person(names=("Ada Lovelace",), addresses=("Ada@Example.org",), logins=("@ada-l",))


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace",
        "ADA LOVELACE",
        "ada  lovelace",
        "Àda Lovelacé",
        "Lovelace, Ada",
        "ada.lovelace",
        "ada@example.org",
        "ADA@EXAMPLE.ORG",
        "@ada-l",
        "ada-l",
        "ada.lovelace@elsewhere.example",
    ],
)
def test_each_spelling_is_blacked_out(text: str) -> None:
    assert ADA.blacked_out(f"We met {text}, and others") in (
        f"We met {ERASED}, and others",
        f"We met @{ERASED}, and others",
    )
    assert ADA.is_mentioned_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelaces",
        "Nada Lovelace",
        "Ada",
        "Lovelace",
        "eve.ada@example.org",
        "ada@example.org.uk",
        "ada-lemming",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert ADA.blacked_out(text) == text


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("Ada", True),
        ("lovelace", True),
        ("A. Lovelace", True),
        ("Lovelace A", True),
        ("Ada Example", False),
        ("B. Lovelace", False),
        ("", False),
    ],
)
def test_a_part_of_a_name_may_stand_for_them(name: str, may_be: bool) -> None:
    assert ADA.may_be_called(name) is may_be


def test_mentions_that_overlap_are_blacked_out_once() -> None:
    both = Person(names=("Ada Lovelace", "Lovelace King"), logins=("lovelace",))
    assert both.blacked_out("Ada Lovelace King; Lovelace") == f"{ERASED}; {ERASED}"


def test_a_crowd_is_looked_for_quickly() -> None:
    """A decision may come with any name that its sender chooses."""
    crowd = Person(names=tuple(f"Name{number} Example" for number in range(900)))
    text = "Example of a text that mentions nobody. " * 250
    assert len(crowd.spellings) == 900
    assert not any(spelling.parts <= {"example", "text"} for spelling in crowd.spellings)
    assert crowd.blacked_out(text) == text
    assert crowd.blacked_out(f"{text}Name7 Example") == f"{text}{ERASED}"


def test_accents_around_a_mention_go_with_it() -> None:
    decomposed = "Ada Lovelace\u0301"
    assert ADA.blacked_out(f"«{decomposed}»") == f"«{ERASED}»"


def test_what_stands_around_it_stays_as_it_was_written() -> None:
    assert ADA.blacked_out("ﬁrst ADA LOVELACE, ﬁnally Ü") == f"ﬁrst {ERASED}, ﬁnally Ü"


def test_a_person_has_a_word() -> None:
    with pytest.raises(ValidationError):
        Person()
    with pytest.raises(ValidationError):
        Person(logins=("@@",))


def test_further_words_are_added_once() -> None:
    more = ADA.with_words(["ada-l", "Ada King", "id:7", "king@example.org"])
    assert more.names == ("Ada Lovelace", "Ada King", "id:7")
    assert more.addresses == ("Ada@Example.org", "king@example.org")
    assert more.with_words(["Ada King"]) is more


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ada O'Brien", "ADA O\u2019BRIEN"),
        ("Ada O\u2019Brien", "ada o'brien"),
        ("Ada O'Brien", "Ada O`Brien"),
        ("I\u015f\u0131k Y\u0131ld\u0131z", "I\u015eIK YILDIZ"),
        ("I\u015f\u0131k Y\u0131ld\u0131z", "Isik Yildiz"),
        ("S\u00f8ren \u0141uk", "soren luk"),
        ("Jean-Luc Picard", "Jean Luc Picard"),
        ("Jean-Luc Picard", "JEAN\u2010LUC\nPICARD"),
        ("Jean Luc Picard", "Picard, Jean-Luc"),
        ("Ada Lovelace", "Ada\u200bLove\u00adlace"),
        ("Ada Lovelace", "**Ada** Lovelace"),
        ("Ada Lovelace", "> Ada\n> Lovelace"),
        ("\u674e\u5c0f\u9f99", "\u674e\u5c0f\u9f99\u6765\u4e86"),
        ("\uae40\ucca0\uc218", "\uae40\ucca0\uc218\uac00"),
        # the accent and the letters that stand for an apostrophe
        ("Ada O'Brien", "Ada O\u00b4Brien"),
        ("Ada O'Brien", "Ada O\u2032Brien"),
        ("Ka\u02bbahumanu Kealoha", "KA'AHUMANU KEALOHA"),
        ("Ka'ahumanu Kealoha", "Ka\u02bbahumanu Kealoha"),
        # family and given name with a space, a dot or nothing between them
        ("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530\u592a\u90ce\u3055\u3093"),
        ("\u5c71\u7530\u592a\u90ce", "\u5c71\u7530\u3000\u592a\u90ce"),
        ("\u5c71\u7530 \u592a\u90ce", "\u592a\u90ce \u5c71\u7530"),
        ("\u30a8\u30a4\u30c0\u30fb\u30e9\u30d6", "\u30a8\u30a4\u30c0 \u30e9\u30d6"),
        ("\uae40 \ucca0\uc218", "\uae40\ucca0\uc218\ub294"),
        ("\uae40\ucca0\uc218", "\uae40 \ucca0\uc218"),
        (
            "\u0e2d\u0e32\u0e17\u0e34\u0e15 \u0e2a\u0e38\u0e02",
            "\u0e2d\u0e32\u0e17\u0e34\u0e15\u0e2a\u0e38\u0e02",
        ),
        # Arabic and Persian keyboards, a stretched letter, and the Hebrew hyphen
        ("\u0645\u062d\u0645\u062f \u0639\u0644\u064a", "\u0645\u062d\u0640\u0645\u062f \u0639\u0644\u06cc"),
        ("\u0645\u062d\u0645\u062f \u0639\u0644\u06cc", "\u0645\u062d\u0645\u062f \u0639\u0644\u0649"),
        (
            "\u05d3\u05d5\u05d3 \u05d1\u05df\u05be\u05d2\u05d5\u05e8",
            "\u05d3\u05d5\u05d3 \u05d1\u05df-\u05d2\u05d5\u05e8",
        ),
        # initials, and the order in which lists write names
        ("John F. Example", "John F Example"),
        ("John F. Example", "Example, John F."),
        ("Lovelace, Ada", "Ada Lovelace"),
        ("Ada Lovelace", "https://example.org/?name=Ada+Lovelace&x"),
        ("Ada Lovelace", "https://example.org/?q=by%20Ada%20Lovelace"),
    ],
)
def test_a_name_is_found_as_people_write_it(name: str, text: str) -> None:
    person = Person(names=(name,))
    assert person.is_mentioned_in(f"- {text}.")
    assert not person.is_mentioned_in(person.blacked_out(f"- {text}."))


@pytest.mark.parametrize(
    "address", ["ada@b\u00fccher.example", "Ada@xn--bcher-kva.example", "ada@b\u00dcCHER.example"]
)
@pytest.mark.parametrize(
    "text",
    [
        "ada@b\u00fccher.example",
        "ADA@B\u00dcCHER.EXAMPLE",
        "ada@bu\u0308cher.example",
        "ada@xn--bcher-kva.example",
        "mailto:ada%40xn--bcher-kva.example",
    ],
)
def test_an_address_is_found_by_each_form_of_its_domain(address: str, text: str) -> None:
    person = Person(addresses=(address,))
    assert person.is_mentioned_in(f"({text}).")
    assert not person.is_mentioned_in(person.blacked_out(f"({text})."))
    assert not person.is_mentioned_in(f"eve.{text}") or "mailto" in text
    assert not person.is_mentioned_in(f"{text}.org")


def test_an_address_in_a_link_is_found() -> None:
    assert (
        ADA.blacked_out("https://example.org/?to=ada%40example.org&x")
        == f"https://example.org/?to={ERASED}&x"
    )
    assert not ADA.is_mentioned_in("https://example.org/?to=eve.ada%40example.org")


def test_a_domain_that_is_no_form_of_another_is_looked_for_as_it_is() -> None:
    odd = "ada@xn--zzzzzzzzzz99999999.example"
    assert Person(addresses=(odd,)).is_mentioned_in(f"to {odd}")


def test_a_syllable_more_is_another_name() -> None:
    for name in ("\uae40\ucca0\uc218", "\uae40 \ucca0\uc218"):
        assert not Person(names=(name,)).is_mentioned_in("\uae40\ucca0\uc21c")


def test_a_login_is_no_two_words() -> None:
    assert not Person(logins=("data-team",)).is_mentioned_in("the data team")
