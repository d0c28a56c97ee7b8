"""Roles: sets of scopes with a name, for people."""

from enum import StrEnum

from app.access.scopes import Scope


class Role(StrEnum):
    """What a member of staff is here for."""

    VIEWER = "viewer"
    COORDINATOR = "coordinator"
    ADMIN = "admin"

    @property
    def scopes(self) -> frozenset[str]:
        """What the role may do."""
        return frozenset(scope.value for scope in _SCOPES[self])


_VIEWING = {Scope.LEADS_READ, Scope.DELIVERIES_READ, Scope.SETUP_READ}
_SCOPES: dict[Role, set[Scope]] = {
    Role.VIEWER: _VIEWING,
    Role.COORDINATOR: {*_VIEWING, Scope.LEADS_CONTACT, Scope.LEADS_WRITE, Scope.DELIVERIES_WRITE},
    Role.ADMIN: set(Scope),
}
