"""What a key may be allowed to do. Nothing is allowed that is not named."""

from enum import StrEnum


class Scope(StrEnum):
    """One permission."""

    LEADS_READ = "leads:read"
    LEADS_CONTACT = "leads:contact"
    LEADS_WRITE = "leads:write"
    LEADS_EXPORT = "leads:export"
    LEADS_ERASE = "leads:erase"
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"
    SETUP_READ = "setup:read"
    SETUP_WRITE = "setup:write"
    KEYS_WRITE = "keys:write"
    AUDIT_READ = "audit:read"
