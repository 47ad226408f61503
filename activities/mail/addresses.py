"""The mail addresses of each role."""

from activities.errors import park
from config.settings import Settings
from process.addresses import ascii_address, complaint_about
from process.policy import Policy
from process.types import Role


def addresses_of(role: Role, policy: Policy, settings: Settings) -> tuple[str, ...]:
    """Return the role's addresses: those of the policy, or else those of the settings."""
    return policy.addresses.get(role) or tuple(getattr(settings.addresses, role, ()))


def valid_addresses_of(role: Role, policy: Policy, settings: Settings) -> tuple[str, ...]:
    """Return the role's addresses without repeats, as SMTP takes them.

    Raises ApplicationError (parked), which names the setting, if the role has none or one is invalid.
    """
    in_policy = bool(policy.addresses.get(role))
    setting = f"addresses.{role} of the policy" if in_policy else f"LEADS_ADDRESSES__{role.upper()}"
    found = addresses_of(role, policy, settings)
    if not found:
        raise park(f"The role {role} has no address: set {setting}")
    return tuple(
        dict.fromkeys(
            plain_address(address, f"number {number} of {setting}") for number, address in enumerate(found, 1)
        )
    )


def plain_address(address: str, setting: str) -> str:
    """Return the address as SMTP takes it. Raises ApplicationError (parked), which names the setting and not the address."""
    if complaint_about(address):
        raise park(f"An address is not a mail address: correct {setting}")
    return ascii_address(address)
