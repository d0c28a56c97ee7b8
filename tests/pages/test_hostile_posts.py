"""What a browser would never send to the pages that take posts: each is answered soundly, none with a 5xx."""

import httpx
import pytest

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
BODIES: list[tuple[bytes, str]] = [
    (b"", ""),
    (b"\x00\xff%ff%zz&&&==", URLENCODED),
    (b"name=%ED%A0%80&fq_into=%00", URLENCODED),
    (b"&".join(b"f%d=1" % number for number in range(2000)), URLENCODED),
    (b"x" * 70_000, URLENCODED),
    (b"no multipart at all", MULTIPART),
    (b"--b\r\n", MULTIPART),
    (b"", "multipart/form-data"),
    (b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nfile\r\n--b--\r\n', MULTIPART),
    (b'{"fq_into": "ar"}', "application/json"),
]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database."""
    return postgresql_url


async def test_odd_posts_are_answered_soundly(client: httpx.AsyncClient) -> None:
    for body, kind in BODIES:
        for address in ("/forms/default", "/forms/%00", "/withdraw/hush-hush"):
            for accept in ("text/html", "*/*"):
                headers = {"Content-Type": kind, "Accept": accept} if kind else {"Accept": accept}
                answer = await client.post(address, content=body, headers=headers)
                assert answer.status_code < 500, (address, kind, body[:40])


async def test_odd_languages_are_none(client: httpx.AsyncClient) -> None:
    for tag in ("%00", "%ff", "../../etc", "e" * 3000, "%E2%80%AE", "ar%0d%0aX: y"):
        for address in ("/forms/default", "/forms/default/widget", "/forms/default/thanks", "/withdraw/a"):
            answer = await client.get(f"{address}?lang={tag}", headers={"Accept-Language": ",;q=9"})
            assert answer.status_code in {200, 404}
            assert '<html lang="en" dir="ltr">' in answer.text or 'lang="en" dir="ltr"' in answer.text
