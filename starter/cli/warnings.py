"""Warnings on stderr about lists that may be wrong."""

from collections.abc import Sequence

from starter.cli.output import console

SHOWN = 5
"""Number of leads that a warning names."""


def warn_of_outdated(lead_ids: Sequence[str], *, json: bool) -> None:
    """Say which leads have not followed their dates, unless the output is JSON."""
    if lead_ids and not json:
        some = f"{', '.join(lead_ids[:SHOWN])}{' …' if len(lead_ids) > SHOWN else ''}"
        text = (
            f"leads: {len(lead_ids)} did not wake up when a date passed, so what is shown of them may be wrong ({some}). "
            "Is a worker running, and was none of them terminated (`leads check`)? Is one stuck (`leads show LEAD`)?"
        )
        console(stderr=True).print(text, style="yellow", soft_wrap=True)
