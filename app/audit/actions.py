"""What the audit knows of, one word for each act."""

from enum import StrEnum

CLI = "cli"
"""The actor behind every command on the server itself."""
DOOR = "door"
"""The actor behind what came in from a website."""
ENQUIRER = "enquirer"
"""The actor behind what somebody did with the link in the letter that acknowledges their request."""
NOBODY = "nobody"
"""The actor behind what nobody known did: a failed log-in."""


class Action(StrEnum):
    """One kind of act."""

    LEADS_RECEIVED = "leads.received"
    LEAD_OPENED = "lead.opened"
    LEAD_CHANGED = "lead.changed"
    LEAD_RELEASED = "lead.released"
    LEAD_NOTED = "lead.noted"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    LEAD_REJECTED = "lead.rejected"
    DELIVERY_RETRIED = "delivery.retried"
    REPLAY_ORDERED = "replay.ordered"
    FORM_MADE = "form.made"
    FORM_CHANGED = "form.changed"
    WORDING_MADE = "wording.made"
    DESTINATION_MADE = "destination.made"
    DESTINATION_CHANGED = "destination.changed"
    DESTINATION_DELETED = "destination.deleted"
    DESTINATION_TESTED = "destination.tested"
    DESTINATION_PAUSED = "destination.paused"
    DESTINATION_RESUMED = "destination.resumed"
    SECRET_ROTATED = "destination.secret-rotated"  # noqa: S105 - the name of an act
    KEY_MADE = "key.made"
    KEY_REVOKED = "key.revoked"
    REFUSED = "access.refused"
    STAFF_INVITED = "staff.invited"
    STAFF_JOINED = "staff.joined"
    STAFF_CHANGED = "staff.changed"
    STAFF_DISABLED = "staff.disabled"
    STAFF_RESET = "staff.reset"
    PASSWORD_CHANGED = "staff.password-changed"  # noqa: S105 - the name of an act
    TOTP_SET = "staff.totp-set"
    SESSION_BEGUN = "session.begun"
    SESSION_ENDED = "session.ended"
    LOG_IN_FAILED = "session.refused"
