"""One entry of the corpus: the bytes of a request, and what must come of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOOR = b"/v1/quote-requests"
JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=edge"
NAME, EMAIL, PHONE, SECRET = "Quillfeather Canarybird", "quill.canary@feather.example", "+34699111222", "hush-hush-hush"
CANARIES = ("quillfeather", "canarybird", "quill.canary", "feather.example", "699111222", "hush-hush")
"""What no problem and no log line may hold, in small letters."""
HER: dict[str, Any] = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "country": "ES",
    "condition": SECRET,
    "message": f"{SECRET}\nHow long is the stay?",
    "consent": {"privacy": True, "health_data": True},
}
"""A request that keeps every rule; cases change one thing in it."""
HERS_FLAT = {
    **{name: value for name, value in HER.items() if isinstance(value, str)},
    "message": f"{SECRET}\r\nHow long is the stay?",
    "consent.privacy": "on",
    "consent.health_data": "on",
}


@dataclass(frozen=True)
class Case:
    """A request, byte for byte."""

    name: str
    body: bytes = b""
    content_type: bytes | None = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    method: str = "POST"
    target: bytes = DOOR
    is_refused: bool | None = None
    """Whether it must be refused; None where both will do, as long as nobody's words are changed."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What staff must read where it is accepted, field by field."""

    @property
    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """Every header but those that tell the body's length."""
        told = [] if self.content_type is None else [(b"content-type", self.content_type)]
        return [(b"host", b"127.0.0.1"), *told, *self.headers]
