"""No error of validation quotes a value: it would end up in logs and histories, and values are personal data."""

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from process.bounds import Bounded
from tests.support.models import all_models, all_modules, name_of

MARKER = "ada@private.example"
MODELS = [each for each in all_models() if each is not Bounded]
ADAPTERS = {
    f"{module.__name__}.{name}": value
    for module in all_modules()
    for name, value in vars(module).items()
    if isinstance(value, TypeAdapter)
}


def quotes(validator: type[BaseModel] | TypeAdapter[Any]) -> bool:
    """Return True if an error about a value, or about a value within, quotes it."""
    validate = validator.validate_python if isinstance(validator, TypeAdapter) else validator.model_validate
    for wrong in (MARKER, [{"address": MARKER}]):
        with pytest.raises(ValidationError) as error:
            validate(wrong)
        if MARKER in str(error.value):
            return True
    return False


def test_no_error_of_a_model_quotes_the_value() -> None:
    assert len(MODELS) > 200
    assert [name_of(each) for each in MODELS if quotes(each)] == []


def test_no_error_of_an_adapter_quotes_the_value() -> None:
    assert len(ADAPTERS) > 5
    assert [
        name
        for name, adapter in ADAPTERS.items()
        if name != "process.money.pricing._LINE" and quotes(adapter)
    ] == []
    with pytest.raises(ValidationError) as error:
        ADAPTERS["process.money.pricing._LINE"].validate_python([MARKER])
    assert MARKER not in str(error.value)
