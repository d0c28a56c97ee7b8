"""The OpenAPI document, held against the real process with data made from it."""

import asyncio
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.process import Service

_CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
_EXAMPLES = 8
_ENDLESS = {"GET /v1/stream"}
"""What does not end by itself; `tests/leads/changes/test_stream.py` looks at it."""


def _hold(operation: APIOperation[Any, Any, Any, Any], key: dict[str, str]) -> list[str]:
    """Ask one operation again and again; return what it answered otherwise than the document says."""
    found: list[str] = []

    @limits(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        try:
            case.call_and_validate(headers=key, checks=_CHECKS)
        except BaseExceptionGroup as group:
            found.extend(f"{operation.label}: {error}" for error in group.exceptions)
        except schemathesis.errors.SchemathesisError as error:
            found.append(f"{operation.label}: {error}")

    ask()
    return found


def test_every_route_answers_as_the_document_says(service: Service) -> None:
    asyncio.run(service.serve())
    key = {"Authorization": f"Bearer {service.first_key()}"}
    document = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == sum(map(len, document.raw_schema["paths"].values()))
    found = [line for operation in operations if operation.label not in _ENDLESS for line in _hold(operation, key)]
    assert not found, "\n".join(found[:20])
