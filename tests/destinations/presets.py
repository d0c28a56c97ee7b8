"""A destination of each format, as an operator would make it."""

from typing import Any

from tests.destinations.crm import GUID, PORTAL, TOKEN

BEARER = {"kind": "bearer", "token": TOKEN}
ANY_FIELD = {"path": "inquiry.condition"}
PRESETS: dict[str, dict[str, Any]] = {
    "standard": {"url": "/services/T0/B0/x"},
    "hubspot": {
        "url": "/",
        "settings": {"portal": PORTAL, "form": GUID, "consent_text": "I agree.", "fields": {"condition": ANY_FIELD}},
        "auth": BEARER,
    },
    "salesforce-web-to-lead": {
        "url": "/servlet/servlet.WebToLead?encoding=UTF-8",
        "settings": {"oid": "00D000000000001", "fields": {"00N000000000001": ANY_FIELD}},
    },
    "zoho": {
        "url": "/",
        "settings": {"reference_field": "Freequote_Reference", "fields": {"Condition": ANY_FIELD}},
        "auth": BEARER,
    },
    "pipedrive": {"url": "/", "settings": {"fields": {"a" * 40: ANY_FIELD}}, "headers": {"x-api-token": TOKEN}},
    "slack": {"url": "/services/T0/B0/x"},
    "teams": {"url": "/workflows/1"},
    "custom": {
        "url": "/services/T0/B0/x",
        "settings": {
            "fields": {
                "contact.name": {"path": "person.name"},
                "contact.mail": {"path": "person.email"},
                "about": {"path": "inquiry.message"},
                "source": {"constant": "website"},
            }
        },
    },
}
