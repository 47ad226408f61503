"""The form of a case, and texts that several refusals have."""

from typing import Any

Case = tuple[str, str, dict[str, Any], str]
"""Start state, kind, body, and a part of the refusal."""

TOO_LATE = "belongs before the contract, and this lead is at contracted. If an earlier decision was wrong"
