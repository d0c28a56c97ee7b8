"""Contact data as those see it who may not see it: enough to tell two leads apart, too little to write to anyone.

Whoever shows contact data in a list, a search, an export or a feed asks here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.access.principals import Principal
from app.access.scopes import Scope


def sees_contact(by: Principal | None) -> bool:
    """Say whether somebody sees contact data; the command line on the server itself does."""
    return by is None or Scope.LEADS_CONTACT in by.scopes


def masked(person: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of a person with every value that names or reaches one masked; other values are left out."""
    return {name: mask(person[name]) if person[name] else None for name, mask in _MASKS.items() if name in person}


def _initials(name: str) -> str:
    """Return `I. O. V.`."""
    return " ".join(f"{word[0]}." for word in name.split())


def _email(address: str) -> str:
    """Return the first letter and the top-level domain: `i…@….example`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@….{domain.rpartition('.')[2]}"


def _phone(number: str) -> str:
    """Return the last two digits: `…78`."""
    return f"…{number[-2:]}"


_MASKS: Mapping[str, Callable[[str], str]] = {
    "name": _initials,
    "first_name": _initials,
    "last_name": _initials,
    "patient_name": _initials,
    "guardian_name": _initials,
    "email": _email,
    "phone": _phone,
}
