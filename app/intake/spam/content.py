"""Signs in what was written. Every look is linear in the length of the text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from app.intake.schemas import QuoteRequest
from app.intake.spam.table import ENDINGS, PHRASES, SHARING, UNPARTED, Phrase, fold, has_unparted_words

_MOST_PHRASES = 3
_MOST = {"everyday": 2, "markup": 1}
"""How many different phrases of a list count, where that is not three."""
_MANY_LINKS = 3
_WORD = re.compile(r"\w+")
_DOTTED_ENDING = re.compile(rf"\.(?:{'|'.join(ENDINGS)})\b")
# A host by its own dots, of a few parts of at most 63 letters; behind an @ it belongs to an e-mail address.
_HOST = re.compile(
    r"(?:https?://|www\.)(?P<told>[^\s/?#<>\"')\]]{1,255})"
    rf"|(?<![@\w.-])(?P<bare>(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{'|'.join(ENDINGS)}))(?!\w|[@'’]|[.-]\w)"
)
_MARKUP = re.compile(
    r"<(?:a\s|/a>|script|iframe|img|svg|body|object|div|p>|br|\?php)|\[(?:url|link|img)[=\]]|\]\(https?:"
)
_LATIN = re.compile(r"[a-z]")
_UNUSUAL = re.compile(r"[\u0400-\u04ff\u200b\u2060\U0001d400-\U0001d7ff]")
_HIDDEN = re.compile(r"[\u200b\u2060\U0001d400-\U0001d7ff]")
# Letters of formulas.
_FANCY = re.compile(r"[\U0001d400-\U0001d7ff]{3}")
_LETTERS_APART = re.compile(r"(?<=[a-z])[\u200b\u2060]+[a-z]")
_INVISIBLE = re.compile(r"[\u200b\u2060]")
# Interleaved within a word: one ending of another script is how bilingual people write (`WhatsAppом`).
_MIXED = re.compile(r"[a-z][\u0400-\u04ff]+[a-z]|[\u0400-\u04ff][a-z]+[\u0400-\u04ff]")
_LOOKALIKES = str.maketrans("авеикмнорстухіјѕԁ", "abeukmhopctyxijsd")
_RANDOM = re.compile(r"(?:[a-z]+[A-Z]+){3}")
_RANDOM_LETTERS = range(8, 61)
_REPEATED_LINE = 20
_ENOUGH_WORDS = 30
_OFTEN = 3
_OFTEN_THE_SAME = 5
_ANCHORS = frozenset(PHRASES)
# Translating is quicker than looking for words, but only in ASCII.
_BLANKS = {number: " " for number in range(128) if not (chr(number).isalnum() or chr(number) == "_")}


def signs(request: QuoteRequest) -> Iterator[str]:
    """Yield the code of every sign in what somebody wrote; a pitch's code for every phrase of it."""
    names = " ".join(filter(None, (request.name, request.patient_name, request.guardian_name)))
    topics = " ".join(filter(None, (request.condition, request.treatment)))
    message = fold("\n".join((request.message or "", *_told_elsewhere(request))))
    folded_names, folded_topics = fold(names), fold(topics)
    yield from _addresses(message, folded_topics, folded_names)
    # A name may be spelled like anything.
    told = f"{message}\n{folded_topics}"
    if not told.isascii():
        disguises = list(_disguises(told))
        yield from disguises
        told = _undisguised(told) if disguises else told
    words = told.translate(_BLANKS).split() if told.isascii() else _WORD.findall(told)
    pitches = list(_pitches(told, words))
    yield from pitches
    # A script is one sign, by its tags or by its words, wherever it stands.
    if "markup" not in pitches and any(map(_has_markup, (message, folded_topics, folded_names))):
        yield "markup"
    if _is_repetition(message, words):
        yield "repeated-text"
    yield from _nonsense(request, names, topics)


def _told_elsewhere(request: QuoteRequest) -> Iterator[str]:
    """Yield what was written into the site's own fields; what has no blank is what pages send along."""
    return (value for value in request.answers.values() if isinstance(value, str) and " " in value)


def _has_markup(folded: str) -> bool:
    return ("<" in folded or "[" in folded) and _MARKUP.search(folded) is not None


def _addresses(message: str, topics: str, names: str) -> Iterator[str]:
    links = len(set(_hosts(message)))
    if links:
        yield "many-links" if links >= _MANY_LINKS else "link"
    if next(_hosts(topics), None):
        yield "address-in-topic"
    if next(_hosts(names), None):
        yield "address-in-name"


def _hosts(folded: str) -> Iterator[str]:
    """Yield the hosts that a text names, those left out where people share files."""
    if "://" not in folded and "www." not in folded and not _DOTTED_ENDING.search(folded):
        return
    for word in folded.split():
        for found in _HOST.finditer(word) if "." in word else ():
            host = (found["told"] or found["bare"]).removeprefix("www.").rstrip(".")
            parts = host.split(".")
            if not any(".".join(parts[place:]) in SHARING for place in range(len(parts) - 1)):
                yield host


def _disguises(told: str) -> Iterator[str]:
    # One class of letters is quickly looked for, and most texts have none of these.
    if not _UNUSUAL.search(told):
        return
    if _LATIN.search(told) and _MIXED.search(told):
        yield "mixed-scripts"
    if _HIDDEN.search(told) and (_FANCY.search(told) or _LETTERS_APART.search(told)):
        yield "disguised-letters"


def _undisguised(told: str) -> str:
    """Return the text as it is meant to be read."""
    plain = fold(unicodedata.normalize("NFKC", _INVISIBLE.sub("", told)))
    # Of words in one script nothing is taken for another's.
    return _WORD.sub(lambda word: word[0].translate(_LOOKALIKES) if _LATIN.search(word[0]) else word[0], plain)


def _pitches(told: str, words: Sequence[str]) -> Iterator[str]:
    found: list[Phrase] = []
    if rare := _ANCHORS.intersection(words):
        joined = f" {' '.join(words)} "
        found += (phrase for word in rare for phrase in PHRASES[word] if phrase.text in joined)
    if not told.isascii() and has_unparted_words(told):
        found += (phrase for phrase in UNPARTED if phrase.text in told)
    if found:
        for sign, count in Counter(sign for sign, _ in _different(found)).items():
            yield from [sign] * min(count, _MOST.get(sign, _MOST_PHRASES))


def _different(found: Sequence[Phrase]) -> set[tuple[str, int]]:
    """Return signs and meanings, without phrases that stand within longer ones."""
    texts = [phrase.text.strip() for phrase in found]
    return {
        (phrase.sign, phrase.meaning)
        for phrase, text in zip(found, texts, strict=True)
        if not any(text != other and text in other for other in texts)
    }


def _nonsense(request: QuoteRequest, names: str, topics: str) -> Iterator[str]:
    message = (request.message or "").strip()
    if not (request.condition_code or request.treatment_code):
        yield "unknown-topic"
    if any(map(_is_random, names.split())):
        yield "random-letters"
    if _is_random(message) or _is_random(topics):
        yield "random-message"
    if request.name in (request.condition, request.treatment) or request.name == message:
        yield "same-in-fields"


def _is_random(word: str) -> bool:
    """Say whether a word jumps between small and capital letters as no name does."""
    return len(word) in _RANDOM_LETTERS and word.isalnum() and _RANDOM.search(word) is not None


def _is_repetition(message: str, words: Sequence[str]) -> bool:
    if len(words) < _ENOUGH_WORDS:
        return False
    if len(set(words)) * _OFTEN_THE_SAME < len(words):
        return True
    lines = Counter(line for line in message.split("\n") if len(line) >= _REPEATED_LINE)
    return max(lines.values(), default=0) >= _OFTEN
