"""Keys that identify a person or an issue."""

import pytest

from process.identity import (
    address_key,
    contact_key,
    full_id,
    invoices_of,
    issue_name,
    issue_named,
    org_key,
    peppered,
    possible_ids,
    request_key,
    slug_of,
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@example.org", "grace@EXAMPLE.org ", True),
        ("ada@example.org", "ada@mail.example.org", False),
        ("ada@gmail.com", "grace@gmail.com", False),
        ("ada@gmail.com", "Ada@Gmail.com", True),
        ("ada@yahoo.co.jp", "grace@yahoo.co.jp", False),
        ("ada@mail.example.edu", "grace@mail.example.edu", True),
    ],
)
def test_addresses_of_one_organisation_have_one_key(one: str, other: str, same: bool) -> None:
    assert (contact_key(one) == contact_key(other)) is same
    assert "ada" not in contact_key(one)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.example.org/2i2c-org/leads/issues/12", "leads#12"),
        ("https://github.example.org/2i2c-org/leads/issues/12/", "leads#12"),
        ("https://github.example.org/2i2c-org/leads/pull/12", None),
        ("", None),
    ],
)
def test_an_issue_is_called_by_its_repository_and_number(url: str, name: str | None) -> None:
    assert issue_name(url) == name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("C++ course", "C# course", False),
        ("C course", "C++ course", False),
        ("कि", "का", False),
        ("กา", "กี", False),
        ("???", "!!!", False),
        ("A hub!", "A hub", False),
        ("A-B", "AB", False),
        ("🎓", "🎉", False),
        ("  example   UNIVERSITY ", "Example University", True),
        ("Straße", "STRASSE", True),
        ("ﬁne", "fine", True),
        ("e\u0301cole", "École", True),
    ],
)
def test_keys_tell_texts_apart_by_marks_and_symbols(one: str, other: str, same: bool) -> None:
    assert (org_key(one) == org_key(other)) is same
    assert (request_key("Example", one) == request_key("Example", other)) is same
    assert (
        possible_ids("Example", request_key("Example", one))
        == possible_ids("Example", request_key("Example", other))
    ) is same


def test_parts_of_a_key_do_not_run_together() -> None:
    assert request_key("a", "b c") != request_key("a b", "c")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("john.smith@gmail.com", "johnsmith@gmail.com"),
        ("ada@uni-verse.example", "ada@universe.example"),
        ("ada@a.bc.example", "ada@ab.c.example"),
    ],
)
def test_other_addresses_have_other_keys(one: str, other: str) -> None:
    assert contact_key(one) != contact_key(other)
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    ("org", "slug"),
    [
        ("Example University", "example-university"),
        ("Université de l'Exemple", "universite-de-lexemple"),
        ("Łódź Straße", "lodz-strasse"),
        ("МГУ", "mgu"),
        ("Ελληνικό", "elliniko"),
        ("दिल्ली विश्वविद्यालय", "dilli-vishvavidyalaya"),
        ("서울", "seoul"),
        ("東京大学", ""),
        ("???", ""),
        ("University of a Very Long Example", "university-of-a-very-lon"),
    ],
)
def test_an_id_names_the_organisation(org: str, slug: str) -> None:
    assert slug_of(org) == slug
    key = request_key(org, "A hub")
    short, longer, *_ = possible_ids(org, key)
    assert short == (f"lead-{slug}-{key[:4]}" if slug else f"lead-{key[:8]}")
    assert longer.startswith(short)
    assert possible_ids(org, key, opaque_id=True)[0] == f"lead-{key[:8]}"
    assert full_id(short) == short


@pytest.mark.parametrize("name", ["Acme", "acme/b", "ac me", "-", "ä", "lead-", "a--", "a" * 101])
def test_a_given_id_is_plain(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be an id"):
        full_id(name)


def test_no_two_leads_share_the_numbers_of_their_invoices() -> None:
    ids = [
        "lead-acme",
        "acme",
        "Acme",
        "ACME",
        "lead-Acme",
        "LEAD-ACME",
        "lead-acme-1",
        "lead-acme.1",
        "lead-ß",
        "lead-ss",
    ]
    assert len({invoices_of(each) for each in ids}) == len(ids)
    assert invoices_of("lead-example-ab2c") == "EXAMPLE-AB2C"


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("#12", ("leads", 12)),
        ("hubs#3", ("hubs", 3)),
        ("https://github.example.org/org/leads/issues/12", ("leads", 12)),
        ("12", None),
        ("lead-a", None),
    ],
)
def test_an_issue_is_named_by_number_or_address(text: str, issue: tuple[str, int] | None) -> None:
    assert issue_named(text, "leads") == issue


def test_a_digest_with_a_pepper_tells_nobody_which_name_it_is_of() -> None:
    plain = org_key("Example University")
    one, other = peppered("a" * 32, plain), peppered("b" * 32, plain)

    assert len({plain, one, other}) == 3
    assert len(one) == len(plain)
    assert one == peppered("a" * 32, org_key("example  UNIVERSITY"))
    assert peppered("", plain) == plain
    key = request_key("Example", "A hub")
    assert len(peppered("a" * 32, key)) == len(key)  # an id may take as many characters of it
