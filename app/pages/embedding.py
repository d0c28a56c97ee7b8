"""What a site's owner pastes into a page: a link, the widget, or a form of plain HTML."""

from html import escape
from urllib.parse import quote

from pydantic import BaseModel

from app.forms import service as forms
from app.languages.translations import translation
from app.pages.choices import choices
from app.pages.rendering import rendered
from app.pages.views import Wish, form_view
from app.parts import Parts


class Snippets(BaseModel):
    """Three ways to the same form, ready to be pasted."""

    key: str
    link: str
    widget: str
    html: str


async def snippets(house: Parts, key: str, language: str | None = None) -> Snippets:
    """Return the snippets of a form in one of its languages, or raise `FormNotFound`."""
    base = house.settings.base_url
    form = await forms.settings_of(house.database, key)
    view = await form_view(house, form, Wish((language,)))
    title = translation(view.page_language).gettext("Ask for a free quote")
    names = {ours: theirs for theirs, ours in form.aliases.items()}
    return Snippets(
        key=key,
        link=f'<a href="{base}/forms/{quote(key)}?lang={view.language}">{escape(title)}</a>',
        widget=f'<script src="{base}/widget.js" data-form="{quote(key)}" data-lang="{view.language}" async></script>',
        html=rendered(
            "plain_form.html",
            view.page_language,
            view=view,
            door=f"{base}{view.action}",
            choices=choices(view.page_language),
            name_of=lambda name: names.get(name, name),
        ),
    )
