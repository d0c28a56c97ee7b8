"""Every route times every key: what is not named public needs a key, and of its key exactly one scope."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.access import service as access
from app.access.keys import new_key
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.main import _ROUTERS, create_app
from app.settings import read_settings
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.sink import HttpSink

RIGHTS: dict[str, set[str]] = {
    "public": {
        "createQuoteRequest",
        "getForm",
        "getFormToken",
        "getFormChallenge",
        "isAlive",
        "isReady",
        "logIn",
        "logOut",
        "beginSignIn",
        "finishSignIn",
        "acceptInvitation",
    },
    "anyone known": {"getMe"},
    "people": {"changePassword", "beginTotp", "confirmTotp"},
    "leads:read": {
        "listLeads",
        "searchLeads",
        "getLead",
        "getTimeline",
        "listChanges",
        "streamChanges",
        "getStats",
        "getHeldStats",
    },
    "leads:write": {"createLead", "changeLead", "changeLeads", "releaseLead", "rejectLead", "addNote"},
    "leads:export": {"exportLeads"},
    "leads:erase": {"eraseLead", "exportSubject"},
    "deliveries:read": {"listDeliveries", "getDelivery", "getDeliveryFigures", "listAlerts", "listReplays"},
    "deliveries:write": {"retryDelivery", "replayDestination"},
    "setup:read": {
        "listForms",
        "getFormSettings",
        "listDestinations",
        "getDestination",
        "routeLead",
        "listLetterTexts",
    },
    "setup:write": {
        *("createForm", "changeForm", "addWording", "createDestination", "changeDestination", "deleteDestination"),
        *("pauseDestination", "resumeDestination", "testDestination"),
        *("previewDestination", "rotateSecret", "previewForm"),
        *("setLetterText", "removeLetterText", "previewLetter"),
    },
    "audit:read": {"listAudit", "verifyAudit"},
    "keys:write": {
        "listKeys",
        "createKey",
        "revokeKey",
        "listStaff",
        "inviteStaff",
        "changeStaff",
        "disableStaff",
        "resetStaff",
    },
}
"""What the contract says of each route. Whoever adds a route names it here, and thinks twice before `public`."""
PAGES = {
    *(
        "GET /docs",
        "GET /problems",
        "GET /problems/{code}",
        "GET /console/join",
        "GET /static/join.{name}.js",
        "GET /static/pages.{name}.css",
        "GET /static/pages.{name}.js",
    ),
    *(
        "GET /forms/{key}",
        "POST /forms/{key}",
        "GET /forms/{key}/widget",
        "GET /widget.js",
        "GET /forms/{key}/thanks",
        "GET /forms/{key}/preview/{ticket}",
        "GET /withdraw/{token}",
        "POST /withdraw/{token}",
        "OPTIONS /v1/quote-requests",
    ),
}
"""Public routes that the contract does not list: pages, and the preflight of the door."""
NOWHERE = "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"
LETTER = {"letter": "staff", "language": "es"}
"""What stands in addresses besides ids, and is nobody's."""
BODIES: dict[str, dict[str, Any]] = {
    "createDestination": {"kind": "email", "address": "crm@clinic.example", "include": "reference"},
    "changeDestination": {},
    "previewDestination": {"kind": "webhook", "url": "https://crm.example/hook", "include": "reference"},
    "routeLead": {"country": "ES"},
    "createForm": {"key": "clinic-es", "name": "Spain"},
    "changeForm": {},
    "previewForm": {},
    "setLetterText": {"subject": "Hola"},
    "previewLetter": LETTER,
    "addWording": {"language": "es", "privacy": "Sí.", "health_data": "Sí.", "notice": "No es un consejo."},
    "inviteStaff": {"email": "ines.ortega@clinic.example", "name": "Inés Ortega", "role": "admin"},
    "createKey": {"name": "Front desk", "scopes": ["keys:write"]},
    "createLead": JSON,
    "searchLeads": {"country": "ES"},
    "changeStaff": {},
    "changeLead": {"status": "won"},
    "changeLeads": {"leads": [NOWHERE], "change": {"status": "won"}},
    "addNote": {"text": "Called twice."},
    "replayDestination": {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"},
}
IDS = {"staff_id", "lead", "delivery_id", "destination_id", "key_id"}
"""What stands in addresses, besides the keys of forms."""


class Operation(NamedTuple):
    """One route as the API's own description has it."""

    id: str
    method: str
    path: str
    schemes: frozenset[str]
    """By which of key and session one may ask."""
    scopes: tuple[str, ...]

    @property
    def nowhere(self) -> str:
        """Its address with ids that nobody has."""
        return self.path.format(key="default", **LETTER, **dict.fromkeys(IDS, NOWHERE))


def _operations() -> Iterator[Operation]:
    # An address that nobody opens: the document is made of the routes alone.
    app = create_app(read_settings({"FREEQUOTE_DATABASE_URL": "postgresql://nobody@127.0.0.1/nothing"}))
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            rules = operation.get("security", [])
            schemes = frozenset(name for rule in rules for name in rule)
            (scopes,) = {tuple(scopes) for rule in rules for scopes in rule.values()} or {()}
            yield Operation(operation["operationId"], method.upper(), path, schemes, scopes)


EVERY_SCHEME = frozenset({"ApiKey", "Session"})
KINDS = {frozenset[str](): "public", EVERY_SCHEME: "anyone known", frozenset({"Session"}): "people"}
OPERATIONS = sorted(_operations())
KNOWN = [operation for operation in OPERATIONS if operation.schemes]
GUARDED = [operation for operation in OPERATIONS if operation.scopes]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: rights are judged before storage is asked."""
    return sqlite_url


async def _key(
    app: FastAPI, clock: FakeClock, *scopes: str, lasts: timedelta | None = None, forms: list[str] | None = None
) -> dict[str, str]:
    expires_at = clock.now() + lasts if lasts else None
    new = NewKey(name="Front desk", scopes=[Scope(scope) for scope in scopes], expires_at=expires_at, forms=forms or [])
    made = await access.mint(app.state.parts.database, new, clock.now())
    return {"Authorization": f"Bearer {made.secret}"}


async def _ask(
    client: httpx.AsyncClient, operation: Operation, headers: dict[str, str], address: str | None = None
) -> httpx.Response:
    body = BODIES.get(operation.id)
    return await client.request(operation.method, address or operation.nowhere, json=body, headers=headers)


def test_every_route_needs_the_scope_that_the_contract_says() -> None:
    found: dict[str, set[str]] = {}
    for operation in OPERATIONS:
        found.setdefault(" ".join(operation.scopes) or KINDS[operation.schemes], set()).add(operation.id)
    assert found == RIGHTS
    assert {operation.schemes for operation in GUARDED} == {EVERY_SCHEME}


def test_no_route_hides_from_the_contract_but_pages() -> None:
    routes = [route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    hidden = [route for route in routes if not route.include_in_schema]
    assert {f"{method} {route.path}" for route in hidden for method in route.methods or ()} == PAGES


def test_every_body_that_this_test_sends_belongs_to_a_route() -> None:
    assert BODIES.keys() <= {operation.id for operation in GUARDED}


async def test_without_a_good_key_every_route_answers_401(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    revoked = await _key(app, clock, *Scope)
    (listed,) = await access.list_keys(app.state.parts.database)
    await access.revoke(app.state.parts.database, listed.id, clock.now())
    expired = await _key(app, clock, *Scope, lasts=timedelta(seconds=1))
    good = await _key(app, clock, *Scope)
    clock.move(timedelta(seconds=1))
    spelled_otherwise = {"Authorization": good["Authorization"].replace("Bearer", "Basic")}
    unknown = {"Authorization": f"Bearer {new_key()}"}
    seen: dict[tuple[str, int], set[str]] = {}
    for operation in KNOWN:
        for headers in ({}, {"Authorization": "Bearer "}, spelled_otherwise, unknown, revoked, expired):
            answer = await _ask(client, operation, headers)
            assert answer.headers.get("www-authenticate") == 'Bearer realm="freequote"', operation
            seen.setdefault((operation.id, answer.status_code), set()).add(answer.json()["detail"])
    assert seen.keys() == {(operation.id, 401) for operation in KNOWN}
    assert len(set.union(*seen.values())) == 1


async def test_of_all_scopes_exactly_the_one_lets_in(app: FastAPI, client: httpx.AsyncClient, clock: FakeClock) -> None:
    # A stream that is let in would go on for ever.
    app.state.streams.close()
    for scope in Scope:
        alone = await _key(app, clock, scope)
        for operation in GUARDED:
            answer = await _ask(client, operation, alone)
            if scope == operation.scopes[0]:
                # Whoever may only invite can hand on no role, which is another refusal.
                assert answer.status_code in {200, 201, 202, 204, 404} or answer.json()["code"] == "more-than-its-maker"
                assert not answer.is_success or "no-store" in answer.headers["cache-control"], operation
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "missing-scope"), operation
                assert operation.scopes[0] in answer.json()["detail"]


async def test_a_key_with_every_other_scope_gets_403(app: FastAPI, client: httpx.AsyncClient, clock: FakeClock) -> None:
    keys = {scope: await _key(app, clock, *(set(Scope) - {scope})) for scope in Scope}
    for operation in GUARDED:
        answer = await _ask(client, operation, keys[Scope(operation.scopes[0])])
        assert (answer.status_code, answer.json()["code"]) == (403, "missing-scope"), operation


async def test_what_belongs_to_another_form_does_not_exist_for_any_route(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    app.state.streams.close()
    foreign = await _foreign(client, staff, http_sink.url())
    # What deletes comes last: it ends what the others ask for.
    for operation in sorted(GUARDED, key=lambda one: one.method == "DELETE"):
        address = operation.path.format(**LETTER, **foreign)
        limited = await _key(app, clock, *operation.scopes, "leads:contact", "leads:export", forms=["clinic-es"])
        answer = await _ask(client, operation, limited, address)
        assert answer.status_code < 500, operation
        assert not [word for word in foreign.values() if word in answer.text and word not in address], operation
        if address != operation.path:
            assert answer.status_code == 404, operation
            every = await _key(app, clock, *Scope)
            assert (await _ask(client, operation, every, address)).status_code != 404, "or it was never there"


async def _foreign(client: httpx.AsyncClient, staff: httpx.AsyncClient, url: str) -> dict[str, str]:
    """Make one of everything that belongs to a form; return the ids by their names in addresses."""
    for key in ("clinic-es", "clinic-de"):
        await staff.post("/v1/forms", json={"key": key, "name": key})
    hook = {"kind": "webhook", "url": url, "include": "reference", "forms": ["clinic-de"]}
    destination = (await staff.post("/v1/destinations", json=hook)).json()["id"]
    lead = (await client.post(f"{DOOR}?form=clinic-de", json=JSON)).json()["id"]
    (delivery,) = (await staff.get("/v1/deliveries")).json()["items"]
    helper = {"name": "Helper", "scopes": ["leads:read"], "forms": ["clinic-de"]}
    key_id = (await staff.post("/v1/keys", json=helper)).json()["id"]
    made = {"lead": lead, "delivery_id": delivery["id"], "destination_id": destination, "key_id": key_id}
    person = {"email": "ines.ortega@clinic.example", "name": "Inés", "role": "viewer", "forms": ["clinic-de"]}
    return {**made, "key": "clinic-de", "staff_id": (await staff.post("/v1/staff", json=person)).json()["id"]}


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "authorization"])
async def test_a_key_in_an_address_opens_nothing(
    name: str, app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    secret = (await _key(app, clock, *Scope))["Authorization"]
    for value in (secret, secret.removeprefix("Bearer ")):
        assert (await client.get("/v1/forms", params={name: value})).status_code == 401
