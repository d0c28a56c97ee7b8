"""Writes the documents that are made from the code: `make generate`.

`tests/test_drift.py` holds each of them equal to what is committed.
"""

import json
from pathlib import Path
from textwrap import fill
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.main import create_app
from app.settings import PREFIX, Settings
from docs.texts import catalogues

ROOT = Path(__file__).parent.parent
_ENV_HEAD = """\
# Every setting and its default. Copy this file to .env and change what you need; `compose.yaml` reads it.
# NAME_FILE=/path reads any of them from a file, which is the better place for a secret.
"""
_SETTINGS_HEAD = """\
# Settings

Each is read from the environment once, at the start. `…_FILE` in place of the name reads the value from a file: use
that for secrets. Settings that contradict each other are refused with a sentence that says what to do.

| setting | default | says |
|---|---|---|
"""


def documents() -> dict[str, str]:
    """Return the text of each generated document by its path in the repository."""
    return {
        ".env.example": _ENV_HEAD + "".join(_env_entry(*field) for field in Settings.model_fields.items()),
        "docs/settings.md": _SETTINGS_HEAD + "".join(_table_row(*field) for field in Settings.model_fields.items()),
        "openapi.json": _openapi(),
    }


def _env_entry(name: str, field: FieldInfo) -> str:
    comment = fill(field.description or "", 116, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    return f"\n{comment}\n#{PREFIX}{name.upper()}={_default(field)}\n"


def _table_row(name: str, field: FieldInfo) -> str:
    default = f"`{_default(field)}`" if _default(field) else "–"
    return f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        raise ValueError("Every setting has a default.")
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _openapi() -> str:
    # Built without validation, so that the environment of whoever generates it has no say; nothing is opened.
    settings = Settings.model_construct(database_url=SecretStr("sqlite:///unopened.db"))
    schema = create_app(settings).openapi()
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    for file, content in catalogues():
        file.write_bytes(content)
        print(f"wrote {file.relative_to(ROOT)}")
