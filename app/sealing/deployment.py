"""Where the deployment's key comes from: a setting, or a file that the first run of the embedded default makes."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from app.errors import Refusal
from app.sealing.envelopes import KEY_BYTES, DeploymentKeys
from app.settings import Settings


def load_deployment_keys(settings: Settings) -> DeploymentKeys:
    """Return the keys that the settings name, or those of the key file, made if it is missing in development.

    Errors: `Refusal` with a sentence that says what to do.
    """
    text = settings.sealing_key.get_secret_value()
    source = "FREEQUOTE_SEALING_KEY"
    if not text:
        source = str(settings.sealing_key_file)
        text = _key_file_text(settings.sealing_key_file)
    return DeploymentKeys([_decode(part, source) for part in text.split(",")])


def _decode(text: str, source: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise Refusal(f"{source} must be base64 of 32 random bytes. Make one with `openssl rand -base64 32`.")
    return secret


def _key_file_text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        _make_key_file(file)
        return file.read_text(encoding="ascii")


def _make_key_file(file: Path) -> None:
    """Write a new key beside the database; of two processes that start at once, one key wins whole."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink()
