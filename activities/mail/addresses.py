"""The mail addresses of each role."""

from activities.errors import park
from config.settings import Settings
from process.addresses import ascii_address, complaint_about
from process.personal import unless_erased
from process.policy import Policy
from process.types import Role


def addresses_of(role: Role, policy: Policy, settings: Settings) -> tuple[str, ...]:
    """Return the role's addresses: those of the policy, or else those of the settings."""
    known = tuple(filter(unless_erased, policy.addresses.get(role, ())))
    return known or tuple(getattr(settings.addresses, role, ()))


def valid_addresses_of(role: Role, policy: Policy, settings: Settings) -> tuple[str, ...]:
    """Return the role's addresses without repeats, as SMTP takes them.

    Raises ApplicationError (parked), which names the setting, if the role has none or one is invalid.
    """
    setting = _setting(role, policy)
    found = addresses_of(role, policy, settings)
    if not found:
        raise park(f"The role {role} has no address: set {setting}")
    return tuple(
        dict.fromkeys(
            plain_address(address, f"number {number} of {setting}") for number, address in enumerate(found, 1)
        )
    )


def recipients_of(role: Role, policy: Policy, settings: Settings) -> dict[str, str]:
    """Return the role's addresses, each with a clause that says whose it is and where to correct it.

    Raises ApplicationError (parked) as `valid_addresses_of`.
    """
    whose = f"who has the role {role}: correct {_setting(role, policy)}"
    return dict.fromkeys(valid_addresses_of(role, policy, settings), whose)


def _setting(role: Role, policy: Policy) -> str:
    """Return the name of the setting that holds the role's addresses."""
    in_policy = bool(policy.addresses.get(role))
    return f"addresses.{role} of the policy" if in_policy else f"LEADS_ADDRESSES__{role.upper()}"


def plain_address(address: str, setting: str) -> str:
    """Return the address as SMTP takes it. Raises ApplicationError (parked), which names the setting and not the address."""
    if complaint_about(address):
        raise park(f"An address is not a mail address: correct {setting}")
    return ascii_address(address)
