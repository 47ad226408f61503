"""Arguments and options that several commands have."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number


def flag(text: str, *names: str) -> Parameter:
    """Return a flag that has no `--no-…` form."""
    return Parameter(names or None, negative="", show_default=False, help=text)


LeadArgument = Annotated[
    str,
    Parameter(
        help="The lead: its id, issue (leads#12 or its address) or organisation. To look at it, words of the "
        "organisation or the beginning of the id are enough."
    ),
]
Verbose = Annotated[bool, flag("One line for each chore outside.", "--verbose", "-v")]
Json = Annotated[bool, flag("One JSON value instead of text.")]
PORT = Number(gte=1, lte=65535)
Timeout = Annotated[float, Parameter("--timeout", help="Seconds to wait for the lead's answer.")]
