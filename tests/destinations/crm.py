"""CRMs on loopback that refuse what the real ones' published rules refuse."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TOKEN = "bearer-word"
PORTAL, GUID = "62515", "0f9a1c3e-8c1d-4a55-9d7b-5a4c3b2d1e0f"
Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Crm:
    """What the CRMs have taken, and how they may fail."""

    taken: list[tuple[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    lead_failures: int = 0
    """How often Pipedrive answers 500 to a lead before it takes one."""
    unanswered: int = 0
    """How often Pipedrive makes a person and the answer is lost on its way."""
    persons: int = 0
    port: int = 0

    def url(self, path: str = "/") -> str:
        """Return an address on this server."""
        return f"http://127.0.0.1:{self.port}{path}"

    async def listen(self) -> web.AppRunner:
        """Start on a free port, in the running loop."""
        app = web.Application()
        for path, handler in (
            ("/submissions/v3/integration/secure/submit/{portal}/{form}", self._hubspot),
            ("/servlet/servlet.WebToLead", self._salesforce),
            ("/crm/v8/Leads/upsert", self._zoho),
            ("/api/v2/persons", self._pipedrive_person),
            ("/api/v1/leads", self._pipedrive_lead),
            ("/services/T0/B0/x", self._slack),
            ("/workflows/1", self._teams),
        ):
            app.router.add_post(path, handler)
        app.router.add_get("/api/v2/persons/search", self._pipedrive_search)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    def _refuse(self, status: int, why: str) -> web.Response:
        self.refusals.append(why)
        return web.json_response({"success": False, "error": why}, status=status)

    async def _object(self, request: web.Request) -> dict[str, Any] | None:
        body = json.loads(await request.read()) if request.content_type == JSON else None
        return body if isinstance(body, dict) else None

    async def _hubspot(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._refuse(401, "authentication")
        fields = body["fields"] if body else []
        rules = (
            (request.match_info["portal"], request.match_info["form"]) == (PORTAL, GUID),
            body is not None and body.keys() <= {"submittedAt", "fields", "context", "legalConsentOptions"},
            len(fields) <= 1000,
            all(one.keys() == {"objectTypeId", "name", "value"} for one in fields),
            all(isinstance(part, str) for one in fields for part in one.values()),
            "email" in {one["name"] for one in fields},
        )
        if not all(rules):
            return self._refuse(400, "the submission breaks a rule")
        self.taken.append(("hubspot", body))
        return web.json_response({"inlineMessage": "Thanks"})

    async def _salesforce(self, request: web.Request) -> web.Response:
        # It answers 200 whatever it thinks of the lead.
        values = dict(parse_qsl((await request.read()).decode("ascii"), strict_parsing=True, encoding="utf-8"))
        limits = {"first_name": 40, "last_name": 80, "company": 255, "email": 80, "phone": 40}
        problem = (
            request.content_type != FORM
            or request.query.get("encoding") != "UTF-8"
            or not all(values.get(name) for name in ("oid", "last_name", "company"))
            or any(len(values.get(name, "")) > limit for name, limit in limits.items())
        )
        if problem:
            self.refusals.append("salesforce")
        else:
            self.taken.append(("salesforce", values))
        return web.Response()

    async def _zoho(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if not re.fullmatch("Zoho-oauthtoken .+", request.headers.get("authorization", "")):
            return self._refuse(401, "INVALID_TOKEN")
        if body is None or len(body["data"]) != 1 or not body.keys() <= {"data", "duplicate_check_fields", "trigger"}:
            return self._refuse(400, "INVALID_DATA")
        (lead,) = body["data"]
        if not lead.get("Last_Name") or len(lead["Last_Name"]) > 80 or len(lead.get("First_Name", "")) > 40:
            self.refusals.append("MANDATORY_NOT_FOUND")
            refusal = {"code": "MANDATORY_NOT_FOUND", "status": "error", "details": {"api_name": "Last_Name"}}
            return web.json_response({"data": [refusal]}, status=202)
        self.taken.append(("zoho", body))
        return web.json_response({"data": [{"code": "SUCCESS", "status": "success", "action": "insert"}]})

    async def _pipedrive_person(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if not self._knows_pipedrive(request):
            return self._refuse(401, "unauthorized access")
        if body is None or not body.get("name") or not body.keys() <= {"name", "emails", "phones", "custom_fields"}:
            return self._refuse(400, "name must be given")
        for one in (*body.get("emails", []), *body.get("phones", [])):
            if one.keys() != {"value", "primary", "label"} or one["primary"] is not True:
                return self._refuse(400, "emails and phones are lists of objects")
        self.persons += 1
        self.taken.append(("person", body))
        if self.unanswered:
            self.unanswered -= 1
            return web.Response(status=504)
        return web.json_response(
            {"success": True, "data": {"id": 700 + self.persons, "name": body["name"]}}, status=201
        )

    async def _pipedrive_search(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if not self._knows_pipedrive(request):
            return self._refuse(401, "unauthorized access")
        known = {"term", "fields", "exact_match", "limit"}
        if asked.keys() != known or asked["fields"] != "custom_fields" or request.can_read_body:
            return self._refuse(400, "term and fields must be given")
        persons = [body for kind, body in self.taken if kind == "person"]
        found = [place for place, one in enumerate(persons, 701) if asked["term"] in one["custom_fields"].values()]
        items = [{"result_score": 1, "item": {"id": one, "type": "person"}} for one in found]
        return web.json_response({"success": True, "data": {"items": items}})

    async def _pipedrive_lead(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if not self._knows_pipedrive(request):
            return self._refuse(401, "unauthorized access")
        if self.lead_failures:
            self.lead_failures -= 1
            return self._refuse(500, "internal error")
        if body is None or not body.get("title") or not isinstance(body.get("person_id"), int):
            return self._refuse(400, "a lead has a title, and a person or an organisation")
        self.taken.append(("lead", body))
        return web.json_response({"success": True, "data": {"id": "adf21080-0e10-11eb-879b-05d71fb426ec"}}, status=201)

    def _knows_pipedrive(self, request: web.Request) -> bool:
        return TOKEN in (
            request.headers.get("x-api-token"),
            request.headers.get("authorization", "").removeprefix("Bearer "),
        )

    async def _slack(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if body is None or not body.get("text") or len(body["blocks"]) > 50:
            return self._refuse(400, "invalid_payload")
        for block in body["blocks"]:
            texts = [*block.get("fields", []), *([block["text"]] if "text" in block else [])]
            limit = {"header": 150, "section": 2000 if "fields" in block else 3000}.get(block["type"], 0)
            if not texts or len(block.get("fields", [])) > 10 or any(len(one["text"]) > limit for one in texts):
                return self._refuse(400, "invalid_blocks")
        self.taken.append(("slack", body))
        return web.Response(text="ok")

    async def _teams(self, request: web.Request) -> web.Response:
        body = await self._object(request)
        if body is None or request.content_length is None or request.content_length > 28 * 1024:
            return self._refuse(413, "too large")
        (card,) = body["attachments"]
        content = card["content"]
        if body["type"] != "message" or card["contentType"] != "application/vnd.microsoft.card.adaptive":
            return self._refuse(400, "no card")
        if content["type"] != "AdaptiveCard" or content["version"] > "1.5" or not content["body"]:
            return self._refuse(400, "no card")
        self.taken.append(("teams", body))
        return web.Response(status=202)
