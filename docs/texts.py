"""Every text that pages show, as gettext's catalogues list them; `make generate` brings the catalogues up to date."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.languages.countries import SPOKEN
from app.languages.translations import LOCALE, SOURCE

_APP = Path(__file__).parent.parent / "app"
_METHODS = [
    ("forms/**.py", "python"),
    ("pages/**.py", "python"),
    ("pages/templates/**.html", "jinja2.ext:babel_extract"),
]
_OPTIONS = {"pages/templates/**.html": {"trimmed": "false", "silent": "false"}}
_KEYWORDS = {"_": None, "N_": None}


def template() -> Catalog:
    """Return every text of the source, untranslated, with the file that it stands in."""
    catalog = Catalog(project="Freequote", charset="utf-8")
    found = extract_from_dir(_APP, _METHODS, _OPTIONS, _KEYWORDS)
    for name, _line, message, _comments, _context in sorted(found, key=lambda text: (text[0], text[1])):
        catalog.add(message, locations=[(f"app/{name}", None)])  # type: ignore[list-item]
    return catalog


def catalogues() -> Iterator[tuple[Path, bytes]]:
    """Yield each language's file, and what it should hold: the texts of today with the translations that stand."""
    texts = template()
    for language in SPOKEN:
        if language == SOURCE:
            continue
        file = LOCALE / f"{language}.po"
        catalog = read_po(BytesIO(file.read_bytes() if file.exists() else b""), locale=language)
        # Guessing from a like text would show somebody a sentence that means something else.
        catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        yield file, _written(catalog, language)


def _written(catalog: Catalog, language: str) -> bytes:
    plain = Catalog(locale=language, charset="utf-8", fuzzy=False)
    plain.header_comment = f"# Texts of Freequote's pages: {plain.locale.english_name if plain.locale else language}."
    for message in catalog:
        if message.id:
            plain.add(message.id, message.string, locations=message.locations, flags=message.flags)
    buffer = BytesIO()
    write_po(buffer, plain, width=120, omit_header=False, include_lineno=False, sort_by_file=True)
    # Dates and tools in the header would change the file without a change of a text; plurals there are none.
    kept = (b'"Content-', b'"Language:', b'"MIME-Version')
    lines = buffer.getvalue().splitlines(keepends=True)
    head = lines.index(b"\n")
    header = [line for line in lines[:head] if not line.startswith(b'"') or line.startswith(kept)]
    return b"".join([*header, *lines[head:]])
