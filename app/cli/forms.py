"""`freequote form`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.letters import app as letters
from app.cli.running import checked, run
from app.cli.showing import AsJson, print_json, show, show_list
from app.deliveries.acknowledging import add_form, change_form
from app.forms import service
from app.forms.schemas import FormChange, NewForm
from app.forms.wordings import WITHIN
from app.pages.embedding import snippets
from app.pages.preview import Draft, page_of, preview

app = typer.Typer(help="Places on websites that may send requests.", no_args_is_help=True, add_completion=False)
app.add_typer(letters, name="letter")

_EMPTIED = {"reply_to", "answer_within"}
Origins = Annotated[list[str] | None, typer.Option(help="A site that may post: https://clinic.example; empty: none.")]
Redirects = Annotated[
    list[str] | None, typer.Option(help="A thank-you address, the first is the default; empty: our own page.")
]
Languages = Annotated[list[str] | None, typer.Option(help="A language it speaks: es")]
Within = Annotated[
    str | None,
    typer.Option(help=f"By when staff answer, said to enquirers: {', '.join(WITHIN)}; empty: nothing is promised."),
]
ThemeAccent = Annotated[str | None, typer.Option(help="Its colour: #7a1f5c; empty: ours.")]
ThemeScheme = Annotated[str | None, typer.Option(help="light, dark, or auto: as the visitor's system is.")]
ThemeCorners = Annotated[str | None, typer.Option(help="square, soft or round.")]
Flood = Annotated[
    str | None,
    typer.Option(help="Leads of one client address, then held: 500/1h; empty: as the installation says."),
]
SameText = Annotated[
    str | None, typer.Option(help="Leads with the same message, then held: 200/1h; empty: 50 within an hour.")
]
ThemeFont = Annotated[str | None, typer.Option(help="system, humanist, serif or rounded.")]


@app.command("add")
def add(
    key: Annotated[str, typer.Argument(help="Small letters, digits and hyphens: clinic-es.")],
    name: Annotated[str, typer.Option(help="What visitors and staff call it.")],
    origin: Origins = None,
    redirect: Redirects = None,
    language: Languages = None,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="Send enquirers a letter that their request arrived.")
    ] = False,
    reply_to: Annotated[str | None, typer.Option(help="Where answers to that letter go; else its sender.")] = None,
    answer_within: Within = None,
    proof_of_work: Annotated[
        bool, typer.Option("--proof-of-work", help="Let browsers solve a puzzle while people type.")
    ] = False,
    turnstile: Annotated[
        bool, typer.Option("--turnstile", help="Let Cloudflare's Turnstile run on its pages; it learns who asks.")
    ] = False,
    flood: Flood = None,
    same_text: SameText = None,
    as_json: AsJson = False,
) -> None:
    """Make a form, with the default wording."""
    values: dict[str, Any] = {
        "key": key,
        "name": name,
        "origins": _listed(origin) or [],
        "redirects": _listed(redirect) or [],
    }
    values |= {"acknowledge": acknowledge, "reply_to": reply_to, "answer_within": answer_within or None}
    values |= {"proof_of_work": proof_of_work, "turnstile": turnstile, **({"languages": language} if language else {})}
    values["limits"] = _named(flood=flood, same_text=same_text) or {}
    new = checked(NewForm, **values)
    show(run(lambda house: add_form(house, new)), as_json=as_json)


@app.command("change")
def change(
    key: Annotated[str, typer.Argument(help="As the list shows it.")],
    name: Annotated[str | None, typer.Option(help="What visitors and staff call it.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(help="A field that the page asks for, in order; empty: the usual ones."),
    ] = None,
    alias: Annotated[
        list[str] | None, typer.Option(help="The site's own name of a field: your-name=name; empty: none.")
    ] = None,
    language: Languages = None,
    origin: Origins = None,
    redirect: Redirects = None,
    is_open: Annotated[bool | None, typer.Option("--open/--closed", help="Whether it takes requests.")] = None,
    theme_accent: ThemeAccent = None,
    theme_scheme: ThemeScheme = None,
    theme_corners: ThemeCorners = None,
    theme_font: ThemeFont = None,
    acknowledge: Annotated[
        bool | None,
        typer.Option("--acknowledge/--no-acknowledge", help="Whether enquirers get a letter that it arrived."),
    ] = None,
    reply_to: Annotated[str | None, typer.Option(help="Where answers to that letter go; empty: its sender.")] = None,
    answer_within: Within = None,
    proof_of_work: Annotated[
        bool | None,
        typer.Option("--proof-of-work/--no-proof-of-work", help="Whether browsers solve a puzzle while people type."),
    ] = None,
    turnstile: Annotated[
        bool | None,
        typer.Option("--turnstile/--no-turnstile", help="Whether Cloudflare's Turnstile runs on its pages."),
    ] = None,
    flood: Flood = None,
    same_text: SameText = None,
    as_json: AsJson = False,
) -> None:
    """Change a form; what is not named stays."""
    look = _look(name, field, language, answer_within)
    theme = _named(accent=theme_accent, scheme=theme_scheme, corners=theme_corners, font=theme_font)
    aliases = None if alias is None else _pairs(alias)
    way = {"origins": _listed(origin), "redirects": _listed(redirect), "is_open": is_open}
    guards = {"proof_of_work": proof_of_work, "turnstile": turnstile}
    beside = {"acknowledge": acknowledge, "reply_to": reply_to, "limits": _named(flood=flood, same_text=same_text)}
    wanted = checked(FormChange, **_given(**look, **way, theme=theme, aliases=aliases, **guards, **beside))
    show(run(lambda house: change_form(house, key, wanted)), as_json=as_json)


@app.command("preview")
def preview_(
    key: Annotated[str, typer.Argument(help="As the list shows it.")],
    name: Annotated[str | None, typer.Option(help="What visitors and staff would call it.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="A field that the page would ask for, in order.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="A language it would speak: es")] = None,
    show_in: Annotated[str | None, typer.Option(help="Which of its languages to show.")] = None,
    theme_accent: ThemeAccent = None,
    theme_scheme: ThemeScheme = None,
    theme_corners: ThemeCorners = None,
    theme_font: ThemeFont = None,
    answer_within: Within = None,
    output: Annotated[Path | None, typer.Option(help="Write the page to a file instead; no server is needed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print an address where a form can be looked at for a day, open or not, as it would be with these changes.

    Nothing is changed by it, and what is typed there is never sent.
    """
    look = _look(name, field, language, answer_within)
    theme = _named(accent=theme_accent, scheme=theme_scheme, corners=theme_corners, font=theme_font)
    draft = checked(Draft, change=_given(**look, theme=theme), language=show_in)
    if output is None:
        found = run(lambda house: preview(house, key, draft))
        show(found, as_json=True) if as_json else typer.echo(found.address)
        return
    output.write_text(run(lambda house: page_of(house, key, draft)), encoding="utf-8")
    written = output.resolve().as_uri()
    print_json({"address": written}) if as_json else typer.echo(written)


@app.command("embed")
def embed(
    key: Annotated[str, typer.Argument(help="As the list shows it.")],
    language: Annotated[str | None, typer.Option(help="One of the form's languages; the first by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print what to paste into a website: a link, the widget, or a form of plain HTML. One of them is enough."""
    found = run(lambda house: snippets(house, key, language))
    if as_json:
        show(found, as_json=True)
        return
    for way, snippet in (("A link", found.link), ("The widget", found.widget), ("Plain HTML", found.html)):
        typer.echo(f"<!-- {way} -->\n{snippet.strip()}\n")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List forms."""
    found = run(lambda house: service.list_forms(house.database))
    columns = ("key", "name", "languages", "origins", "redirects", "is_open", "acknowledge", "reply_to")
    show_list(found, columns, spare=("reply_to", "redirects", "languages"), as_json=as_json)


def _look(
    name: str | None, field: list[str] | None, language: list[str] | None, answer_within: str | None
) -> dict[str, Any]:
    return {"name": name, "fields": _listed(field), "languages": language or None, "answer_within": answer_within}


def _listed(values: list[str] | None) -> list[str] | None:
    """Return what an option was given, which may be often; an empty text alone is an empty list."""
    return None if values is None else [one for one in values if one]


def _given(**options: Any) -> dict[str, Any]:
    """Return what was given. An empty text takes away what need not be there."""
    given = {option: value for option, value in options.items() if value is not None}
    return {option: None if value == "" and option in _EMPTIED else value for option, value in given.items()}


def _named(**given: str | None) -> dict[str, str | None] | None:
    """Return what is to change of a form's look or limits; an empty option means what a new form has."""
    return {name: value or None for name, value in given.items() if value is not None} or None


def _pairs(aliases: list[str]) -> dict[str, str]:
    parts = (alias.rpartition("=") for alias in aliases if alias)
    return {theirs: ours for theirs, _, ours in parts}
