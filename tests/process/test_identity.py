"""Keys that identify a person or an issue."""

import pytest

from process.identity import contact_key, issue_name


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
