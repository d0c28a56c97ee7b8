"""Destinations as staff make them over HTTP."""

from typing import Any

import httpx

MAILBOX = {"kind": "email", "address": "quotes@clinic.example", "include": "contact"}
WEBHOOK = {"kind": "webhook", "url": "https://crm.clinic.example/hooks/s3cret", "include": "full"}
BEARER = {"kind": "bearer", "token": "s3cret"}
OAUTH = {"kind": "oauth2", "client_id": "us", "client_secret": "s3cret"}
HUBSPOT = {"portal": "62515", "form": "0f9a1c3e-8c1d-4a55-9d7b-5a4c3b2d1e0f"}


def custom(fields: dict[str, Any]) -> dict[str, Any]:
    return {"format": "custom", "settings": {"fields": fields}}


async def made(staff: httpx.AsyncClient, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await staff.post("/v1/destinations", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    new: dict[str, Any] = answer.json()
    return new
