"""The formats: how an event is brought to each kind of endpoint."""

from collections.abc import Mapping
from enum import StrEnum

from app.destinations.formats.custom import CUSTOM
from app.destinations.formats.format import Format
from app.destinations.formats.hubspot import HUBSPOT
from app.destinations.formats.pipedrive import PIPEDRIVE
from app.destinations.formats.salesforce import SALESFORCE
from app.destinations.formats.slack import SLACK
from app.destinations.formats.standard import STANDARD
from app.destinations.formats.teams import TEAMS
from app.destinations.formats.zoho import ZOHO


class FormatName(StrEnum):
    """The formats by name."""

    STANDARD = "standard"
    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce-web-to-lead"
    ZOHO = "zoho"
    PIPEDRIVE = "pipedrive"
    SLACK = "slack"
    TEAMS = "teams"
    CUSTOM = "custom"


FORMATS: Mapping[str, Format] = {
    FormatName.STANDARD: STANDARD,
    FormatName.HUBSPOT: HUBSPOT,
    FormatName.SALESFORCE: SALESFORCE,
    FormatName.ZOHO: ZOHO,
    FormatName.PIPEDRIVE: PIPEDRIVE,
    FormatName.SLACK: SLACK,
    FormatName.TEAMS: TEAMS,
    FormatName.CUSTOM: CUSTOM,
}
