"""Tokens are bound to key, purpose and parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from config.settings import Settings
from config.signing import TOKEN_LENGTH, is_signed, sign

KEY, OLD = "k" * 32, "o" * 32


def test_a_token_is_recognised_under_the_present_and_the_previous_key() -> None:
    token = sign(OLD, "questionnaire", "lead-example-ab2c")
    assert is_signed(token, (KEY, OLD), "questionnaire", "lead-example-ab2c")
    assert not is_signed(token, (KEY,), "questionnaire", "lead-example-ab2c")
    assert not is_signed(token, (), "questionnaire", "lead-example-ab2c")


@given(st.lists(st.text()), st.lists(st.text()))
def test_other_parts_or_another_purpose_have_another_token(one: list[str], other: list[str]) -> None:
    assert (sign(KEY, *["a", *one]) == sign(KEY, *["a", *other])) is (one == other)


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert not is_signed(text, (KEY,), "questionnaire", "lead-example-ab2c")


def test_parts_are_not_run_together() -> None:
    assert sign(KEY, "p", "ab", "c") != sign(KEY, "p", "a", "bc")
    assert len(sign(KEY, "p")) == TOKEN_LENGTH


def test_an_empty_key_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty key"):
        sign("", "p")


def test_the_settings_name_the_present_key_first() -> None:
    settings = Settings(_env_file=None, signing_key=SecretStr(KEY), signing_key_previous=SecretStr(OLD))
    assert settings.signing_keys == (KEY, OLD)
    assert Settings(_env_file=None, signing_key=None).signing_keys == ()


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="32 characters"):
        Settings(_env_file=None, signing_key=SecretStr("short"))
