"""No way up: what somebody makes may do no more than they may themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.access.errors import MoreThanItsMaker
from app.access.principals import Principal


def check_handed_on(maker: Principal, scopes: Iterable[str], forms: Sequence[str], expires_at: datetime | None) -> None:
    """Refuse what may do more than who makes it, see more forms, or lasts longer: `MoreThanItsMaker`."""
    extra = sorted(set(scopes) - maker.scopes)
    if extra:
        raise MoreThanItsMaker(f"the scope {extra[0]}")
    if not is_within(forms, maker):
        raise MoreThanItsMaker("all of those forms")
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise MoreThanItsMaker("a right that lasts so long")


def is_within(forms: Sequence[str], by: Principal | None) -> bool:
    """Say whether somebody sees all that is limited to these forms; limited to none it is of the whole house."""
    return by is None or not by.forms or bool(forms and set(forms) <= by.forms)
