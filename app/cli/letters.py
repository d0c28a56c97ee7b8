"""`freequote form letter`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.running import checked, run, wrong
from app.cli.showing import AsJson, print_json, show, show_list
from app.deliveries.letter_preview import LetterDraft, preview_letter
from app.forms import letters
from app.forms.letters import Letter, OwnText

app = typer.Typer(help="What a form's letters say in words of its own.", no_args_is_help=True, add_completion=False)

Key = Annotated[str, typer.Argument(help="The form, as the list shows it.")]
Which = Annotated[Letter, typer.Option("--letter", help="The letter to enquirers, or the one to staff.")]
Language = Annotated[str, typer.Option(help="The language of the text: es")]
Subject = Annotated[str | None, typer.Option(help='Its subject: "We have your request {reference}"')]
Text = Annotated[str | None, typer.Option(help="Its text; a blank line stands between paragraphs.")]
TextFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file with its text, in UTF-8.")]


@app.command("list")
def list_(key: Key, as_json: AsJson = False) -> None:
    """List the texts that a form's letters have of their own."""
    found = run(lambda house: letters.list_texts(house.database, key))
    show_list(found, ("letter", "language", "subject", "text", "updated_at"), spare=("text",), as_json=as_json)


@app.command("set")
def set_(
    key: Key,
    letter: Which,
    language: Language,
    subject: Subject = None,
    text: Text = None,
    text_file: TextFile = None,
    as_json: AsJson = False,
) -> None:
    """Set a letter's subject and text in one language; the next letter has them, and what is not named is as usual."""
    own = checked(OwnText, subject=subject, text=_read(text, text_file))
    place = (letter, language)
    show(run(lambda house: letters.set_text(house.database, key, place, own, house.clock.now())), as_json=as_json)


@app.command("remove")
def remove(key: Key, letter: Which, language: Language, as_json: AsJson = False) -> None:
    """Take a form's own text away; the letter says what is usual again."""
    run(lambda house: letters.remove_text(house.database, key, (letter, language)))
    if as_json:
        print_json({"removed": True})
    else:
        typer.echo("removed")


@app.command("preview")
def preview(
    key: Key,
    letter: Which,
    language: Language,
    subject: Subject = None,
    text: Text = None,
    text_file: TextFile = None,
    as_json: AsJson = False,
) -> None:
    """Print a letter as this text would make it, about an invented lead. Nothing is sent or saved."""
    draft = checked(LetterDraft, letter=letter, language=language, subject=subject, text=_read(text, text_file))
    found = run(lambda house: preview_letter(house, key, draft))
    if as_json:
        show(found, as_json=True)
    else:
        typer.echo(f"Subject: {found.subject}\n\n{found.text}")


def _read(text: str | None, file: Path | None) -> str | None:
    if file is None:
        return text
    if text is not None:
        raise wrong("text_file", "Give the text or a file with it, not both.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise wrong("text_file", "This file is not text in UTF-8.") from None
