"""Keys of some forms: the others do not exist for them, and there is no way up."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock

TEXTS = {"language": "es", "privacy": "Sí.", "health_data": "Sí.", "notice": "No es un consejo."}
MAILBOX = {"kind": "email", "address": "crm@clinic.example", "include": "reference"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not depend on it."""
    return sqlite_url


@pytest.fixture
async def limited(app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose key may do everything, but only for `clinic-es` and `clinic-pt`."""
    for key in ("clinic-es", "clinic-de"):
        await staff.post("/v1/forms", json={"key": key, "name": key})
    new = NewKey(name="Iberia", scopes=list(Scope), forms=["clinic-es", "clinic-pt"])
    made = await access.mint(app.state.parts.database, new, clock.now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {made.secret}"},
    ) as client:
        yield client


async def _made(staff: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await staff.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _refusals(client: httpx.AsyncClient, *asked: tuple[str, str, Any]) -> list[tuple[int, str]]:
    answers = [await client.request(method, path, json=body) for method, path, body in asked]
    return [(answer.status_code, answer.json()["code"]) for answer in answers]


async def test_leads_of_other_forms_do_not_exist(limited: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    own, other = [(await client.post(f"{DOOR}?form={form}", json=JSON)).json() for form in ("clinic-es", "clinic-de")]
    assert [lead["id"] for lead in (await limited.get("/v1/leads")).json()["items"]] == [own["id"]]
    assert (await limited.get("/v1/leads?form=clinic-de")).json()["items"] == []
    for name in (other["id"], other["reference"]):
        path = f"/v1/leads/{name}"
        assert (
            await _refusals(limited, ("GET", path, None), ("PATCH", path, {"status": "won"}))
            == [(404, "lead-not-found")] * 2
        )
    assert (await limited.get(f"/v1/leads/{own['id']}")).json()["related"] == []


async def test_deliveries_of_other_forms_do_not_exist(
    limited: httpx.AsyncClient, staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await _made(staff, "/v1/destinations", **MAILBOX)
    for form in ("clinic-es", "clinic-de"):
        await client.post(f"{DOOR}?form={form}", json=JSON)
    (mine,) = (await limited.get("/v1/deliveries")).json()["items"]
    (other,) = (item for item in (await staff.get("/v1/deliveries")).json()["items"] if item["id"] != mine["id"])
    path = f"/v1/deliveries/{other['id']}"
    assert (
        await _refusals(limited, ("GET", path, None), ("POST", f"{path}/retry", None))
        == [(404, "delivery-not-found")] * 2
    )
    assert (await limited.get(f"/v1/deliveries/{mine['id']}")).status_code == 200


@pytest.mark.parametrize("forms", [[], ["clinic-de"], ["clinic-es", "clinic-de"]])
async def test_destinations_that_serve_other_forms_too_do_not_exist(
    forms: list[str], limited: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await _made(staff, "/v1/destinations", **MAILBOX, forms=["clinic-es"])
    other = await _made(staff, "/v1/destinations", **MAILBOX, forms=forms)
    assert [item["forms"] for item in (await limited.get("/v1/destinations")).json()["items"]] == [["clinic-es"]]
    path = f"/v1/destinations/{other['id']}"
    asked = [("GET", path, None), ("PATCH", path, {"name": "Ours"}), ("DELETE", path, None)]
    asked += [("POST", f"{path}/{verb}", None) for verb in ("pause", "resume", "test")]
    assert await _refusals(limited, *asked) == [(404, "destination-not-found")] * len(asked)
    assert (await staff.get(path)).json() == {name: other[name] for name in other if name != "secret"}


async def test_other_forms_do_not_exist(limited: httpx.AsyncClient) -> None:
    assert [form["key"] for form in (await limited.get("/v1/forms")).json()["items"]] == ["clinic-es"]
    path = "/v1/forms/clinic-de"
    asked = [("GET", f"{path}/settings", None), ("PATCH", path, {"name": "Ours"}), ("POST", f"{path}/wordings", TEXTS)]
    assert await _refusals(limited, *asked) == [(404, "form-not-found")] * 3
    assert (await limited.patch("/v1/forms/clinic-es", json={"name": "Ours"})).json()["name"] == "Ours"


async def test_what_a_limited_key_makes_stays_inside_its_forms(limited: httpx.AsyncClient) -> None:
    wider = [{**MAILBOX, "forms": forms} for forms in ([], ["clinic-de"], ["clinic-es", "clinic-de"])]
    keys = [{"name": "Helper", "scopes": ["leads:read"], "forms": body["forms"]} for body in wider]
    asked = [("POST", "/v1/destinations", body) for body in wider] + [("POST", "/v1/keys", body) for body in keys]
    asked += [("POST", "/v1/forms", {"key": "clinic-fr", "name": "France"})]
    assert await _refusals(limited, *asked) == [(403, "more-than-its-maker")] * len(asked)
    await _made(limited, "/v1/destinations", **MAILBOX, forms=["clinic-es"])
    await _made(limited, "/v1/keys", name="Helper", scopes=["leads:read"], forms=["clinic-es"])
    await _made(limited, "/v1/forms", key="clinic-pt", name="Portugal")


@pytest.mark.parametrize("forms", [[], ["clinic-de"], ["clinic-es", "clinic-de"]])
async def test_a_destination_is_never_widened_beyond_the_key_that_changes_it(
    forms: list[str], limited: httpx.AsyncClient
) -> None:
    made = await _made(limited, "/v1/destinations", **MAILBOX, forms=["clinic-es"])
    path = f"/v1/destinations/{made['id']}"
    assert await _refusals(limited, ("PATCH", path, {"forms": forms})) == [(403, "more-than-its-maker")]
    assert (await limited.get(path)).json()["forms"] == ["clinic-es"]


@pytest.mark.parametrize("forms", [[], ["clinic-de"], ["clinic-es", "clinic-de"]])
async def test_keys_that_reach_further_do_not_exist(
    forms: list[str], limited: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    helper = await _made(limited, "/v1/keys", name="Helper", scopes=["leads:read"], forms=["clinic-es"])
    other = await _made(staff, "/v1/keys", name="Another", scopes=["leads:read"], forms=forms)
    listed = [key["name"] for key in (await limited.get("/v1/keys")).json()["items"]]
    assert sorted(listed) == ["Helper", "Iberia"]
    assert await _refusals(limited, ("DELETE", f"/v1/keys/{other['id']}", None)) == [(404, "key-not-found")]
    assert (await limited.delete(f"/v1/keys/{helper['id']}")).json()["revoked_at"] is not None
    everyone = {key["name"]: key["revoked_at"] for key in (await staff.get("/v1/keys")).json()["items"]}
    assert everyone.keys() == {"Everything", "Iberia", "Helper", "Another"}
    assert everyone["Another"] is None
