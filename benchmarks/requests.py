"""Invented quote requests, as bytes on the wire; no two numbers give the same person, number, mailbox or message."""

_FIRST = b"Aurelia Bruno Clara Dorian Elif Farid Greta Hanna Igor Jana Kemal Lena Mira Nuno Olga Pavel".split()
_LAST = (
    b"Abad Brandt Castel Duval Ekberg Ferreira Gallo Horvat Ilves Jansen Keller Lund Moreau Novak Ortega Prat".split()
)
_BODY = (
    b'{"name":"%(first)s %(last)s %(letters)s","email":"%(first)s.%(last)s.%(number)d@mail.example",'
    b'"phone":"+34 6%(phone)08d","country":"ES","language":"es","condition":"multiple sclerosis",'
    b'"treatment":"mesenchymal stem cells","message":"Case %(number)d. They said six years ago that it is relapsing, '
    b"and since last spring I use a stick. Two medicines were stopped because of the liver. How long is the stay, "
    b'what does it cost in all, and may my sister come with me?","preferred_contact":"email","timeline":"3_months",'
    b'"consent":{"privacy":true,"health_data":true,"marketing":false},'
    b'"attribution":{"utm_source":"newsletter","page_url":"https://clinic.example/ms"}}'
)
_HEAD = (
    b"POST /v1/quote-requests HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"X-Forwarded-For: 100.%d.%d.%d\r\n\r\n"
)


def body(number: int) -> bytes:
    """Return the JSON body of one request, some 700 bytes."""
    return _BODY % {
        b"first": _FIRST[number & 15],
        b"last": _LAST[number >> 4 & 15],
        b"letters": bytes(97 + (number >> shift) % 26 for shift in (16, 12, 8, 4, 0)),
        b"number": number,
        b"phone": number % 100_000_000,
    }


def http(number: int, host: bytes) -> bytes:
    """Return one whole HTTP request, from a client address of its own."""
    said = body(number)
    return _HEAD % (host, len(said), number >> 16 & 255, number >> 8 & 255, number & 255) + said
