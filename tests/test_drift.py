"""What is generated is generated anew whenever its source changes."""

import json

import pytest
from openapi_spec_validator import validate

from docs.generate import ROOT, documents


@pytest.mark.parametrize("path", [".env.example", "docs/settings.md", "openapi.json"])
def test_a_generated_document_says_what_the_code_says(path: str) -> None:
    committed = (ROOT / path).read_text(encoding="utf-8")
    assert committed == documents()[path], f"{path} is out of date: run `make generate`."


def test_the_contract_is_valid_openapi() -> None:
    validate(json.loads(documents()["openapi.json"]))
