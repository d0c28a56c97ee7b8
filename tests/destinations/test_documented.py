"""What docs/crm.md shows is what is sent: each destination it makes is previewed, each request compared."""

import json
import re
from pathlib import Path

import pytest

from app import VERSION
from app.destinations.formats import FormatName
from app.destinations.guard import Guard
from app.destinations.preview import preview
from app.destinations.schemas import NewWebhook, RequestShown

PAGE = Path(__file__).parents[2] / "docs" / "crm.md"
_BLOCK = re.compile(r"^```(json|http)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def _examples() -> list[tuple[str, list[str]]]:
    """Return each destination that the page makes, with the requests that it shows for it."""
    found: list[tuple[str, list[str]]] = []
    for kind, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "json":
            found.append((text, []))
        else:
            found[-1][1].append(text)
    return found


EXAMPLES = _examples()


def shown(request: RequestShown) -> tuple[str, object]:
    heads = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers.items())]
    kind = request.headers.get("content-type")
    body = json.loads(request.body) if kind == "application/json" else request.body
    return "\n".join(line for line in heads if VERSION not in line), body


def written(text: str) -> tuple[str, object]:
    heads, _, body = text.partition("\n\n")
    return heads, json.loads(body) if "application/json" in heads else body.replace("\n", "")


@pytest.mark.parametrize(("made", "requests"), EXAMPLES, ids=[json.loads(one[0])["format"] for one in EXAMPLES])
def test_the_page_shows_the_exact_requests(made: str, requests: list[str]) -> None:
    new = NewWebhook.model_validate_json(made)
    assert [written(text) for text in requests] == [shown(one) for one in preview(new, Guard()).requests]


def test_every_format_but_the_standard_one_is_on_the_page() -> None:
    assert {json.loads(made)["format"] for made, _ in EXAMPLES} == set(FormatName) - {FormatName.STANDARD}
