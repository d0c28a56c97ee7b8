"""Requests drawn at random, and the same request in the ways that forms send it."""

from typing import Any

from hypothesis import strategies as st

from app.intake.fields.rules import KNOWN_FIELDS

BOUNDARY = "an-edge-that-nobody-writes"
LETTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufffe\uffff")
WORDS = st.text(LETTERS, min_size=1, max_size=60).filter(str.strip)
PROSE = st.text(LETTERS | st.sampled_from("\n\t"), min_size=1, max_size=200).filter(str.strip)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-é", min_size=1, max_size=20).filter(
    lambda name: name not in KNOWN_FIELDS and not name.startswith(("fq_", "consent_", "budget_", "attribution_"))
)
REQUESTS = st.fixed_dictionaries(
    {
        "name": WORDS,
        "email": st.sampled_from(["ana@mail.example", "Ana@Mail.Example", "josé@mañana.example"]),
        "country": st.sampled_from(["ES", "tur", "Côte d’Ivoire"]),
        "condition": WORDS,
        "consent": st.fixed_dictionaries(
            {"privacy": st.just("on"), "health_data": st.just("yes")},
            optional={"sharing": st.lists(WORDS, min_size=1, max_size=4), "marketing": st.sampled_from(["1", "off"])},
        ),
    },
    optional={
        "phone": st.sampled_from(["+34 612 34 56 78", "(0090) 532 123 45 67"]),
        "message": PROSE,
        "budget": st.fixed_dictionaries({"amount": st.just("1500"), "currency": st.just("EUR")}),
        "destination_countries": st.lists(st.sampled_from(["ES", "TR", "Germany"]), min_size=1, max_size=3),
        "attribution": st.dictionaries(st.sampled_from(["utm_source", "referrer"]), WORDS, min_size=1),
        "gclid": WORDS,
    },
)
ANSWERS = st.dictionaries(NAMES, PROSE | st.lists(PROSE, min_size=2, max_size=4), max_size=6)


def flat(request: dict[str, Any], mark: str = ".") -> list[tuple[str, str]]:
    """Return the fields as a form has them, with the line ends that browsers write."""
    pairs = []
    for name, value in request.items():
        if isinstance(value, dict):
            pairs += [(f"{name}{mark}{inner}", text) for inner, text in flat(value)]
        else:
            pairs += [(name, text) for text in (value if isinstance(value, list) else [value])]
    return [(name, text.replace("\n", "\r\n")) for name, text in pairs]


def multipart(pairs: list[tuple[str, str]]) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    return ("".join(f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in pairs) + f"--{BOUNDARY}--\r\n").encode()
