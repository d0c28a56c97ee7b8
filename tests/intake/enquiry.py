"""One invented enquiry in the three encodings, and what a browser sends along with its own form posts."""

from typing import Any

import httpx

DOOR = "/v1/quote-requests"
JSON: dict[str, Any] = {
    "name": "Aurelia Brandt",
    "email": "a.brandt@mail.example",
    "phone": "+34 612 34 56 78",
    "country": "ES",
    "condition": "multiple sclerosis",
    "message": "How long is the stay?\nI travel alone.",
    "budget": {"amount": "1500", "currency": "EUR"},
    "consent": {"privacy": True, "health_data": True},
    "favourite_colour": "indigo",
}
FLAT = {
    **{name: value for name, value in JSON.items() if isinstance(value, str)},
    "message": "How long is the stay?\r\nI travel alone.",
    "budget.amount": "1500",
    "budget_currency": "EUR",
    "consent.privacy": "on",
    "consent_health_data": "yes",
}
PARTS = {name: (None, text) for name, text in FLAT.items()}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
WORDS_OF_HERS = ("Aurelia", "Brandt", "a.brandt", "612 34", "34612", "sclerosis", "How long", "indigo")


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem that repeats nothing of the enquiry; return it."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    assert problem["request_id"] == answer.headers["x-request-id"]
    # Of all that an answer holds, only its random id may spell a number of hers.
    told = answer.text.replace(problem["request_id"], "")
    assert not [word for word in WORDS_OF_HERS if word in told]
    return problem
