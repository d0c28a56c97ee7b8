"""What a quote request may hold: names, choices and limits, once for the reader and for the published schema."""

from typing import Literal, get_args

from app.forms.turnstile import FIELD
from app.pages.typed import HONEYPOT

OURS = ("fq_key", "fq_token", "fq_altcha", "fq_lang", HONEYPOT, FIELD)
"""The fields that our pages send along; they are looked at, and are no part of the request."""

Contact = Literal["email", "phone", "whatsapp"]
Relationship = Literal["self", "parent", "child", "partner", "carer", "other"]
Timeline = Literal["asap", "3_months", "6_months", "later", "undecided"]
CONTACTS: tuple[Contact, ...] = get_args(Contact)
RELATIONSHIPS: tuple[Relationship, ...] = get_args(Relationship)
TIMELINES: tuple[Timeline, ...] = get_args(Timeline)

LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_PHONE = 60
LONGEST_COUNTRY = 100
LONGEST_TOPIC = 200
LONGEST_MESSAGE = 5000
LONGEST_LANGUAGE = 35
LONGEST_TIMEZONE = 64
LONGEST_ATTRIBUTION = 2000
LONGEST_RECIPIENT = 200
MOST_RECIPIENTS = 50
MOST_COUNTRIES = 20
OLDEST = 120
ADULT = 18
MOST_ANSWERS = 50
LONGEST_ANSWER_NAME = 100
MOST_ANSWER_BYTES = 8192

CONSENTS = ("privacy", "health_data", "sharing", "marketing", "wording")
BUDGET = ("amount", "currency")
ATTRIBUTION = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("gclid", "fbclid", "referrer", "page_url"),
)
KNOWN_FIELDS = frozenset(
    {
        *("form", "redirect", "name", "first_name", "last_name", "email", "phone", "country", "condition", "treatment"),
        *("message", "preferred_contact", "language", "timezone", "relationship", "patient_name", "patient_age"),
        *("guardian_name", "timeline", "budget", "destination_countries", "consent", "attribution", *ATTRIBUTION),
    }
)
"""Every top-level field that is no answer to a question of the site's own."""
