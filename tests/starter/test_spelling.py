"""What other faces name, as it is typed on the command line."""

import pytest

from starter.cli.spelling import spelled


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Quote a price first (price_quoted).", "Quote a price first (leads price-quoted)."),
        (
            "name who allows it (exception_by, exception_reason)",
            "name who allows it (--exception-by, --exception-reason)",
        ),
        (
            "(contract_signed; vendor_setup_done or vendor_setup_not_needed)",
            "(leads contract-signed; leads vendor-setup-done or leads vendor-setup-not-needed)",
        ),
        (
            "merge it (merged), or keep it apart (kept_apart)",
            "merge it (leads merged), or keep it apart (leads kept-apart)",
        ),
        ("(year, month or once) (contract_signed_twice) () contract_signed", None),
    ],
)
def test_names_in_brackets_are_spelled_as_options_and_commands(said: str, typed: str | None) -> None:
    assert spelled(said) == (typed or said)
