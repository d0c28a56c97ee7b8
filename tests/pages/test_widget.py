"""The widget on a clinic's own page, of another origin and under the strictest policy."""

import gzip

import pytest
from playwright.async_api import BrowserContext, Page, Route

from app.pages.assets import WIDGET
from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on

pytestmark = pytest.mark.browser
in_browser = pytest.mark.asyncio(loop_scope="session")
DOOR = "**/v1/quote-requests?**"
_ONLINE = "window.dispatchEvent(new Event('online'))"


async def _open(context: BrowserContext, served: Served, query: str = "") -> Page:
    page = await context.new_page()
    await page.goto(f"{served.clinic}/{query}")
    await page.wait_for_selector("[name=condition]")
    return page


def test_the_widget_is_small() -> None:
    assert len(gzip.compress(WIDGET)) < 10_000


@in_browser
async def test_a_visitor_sends_it_once_however_often_they_click(context: BrowserContext, served: Served) -> None:
    complaints: list[str] = []
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{served.clinic}/?utm_source=ads&name=Secret")
    await fill(page, "Ilse Widget")
    await page.dblclick(".send")
    reference = await reference_on(page)
    (lead,) = await served.leads("Ilse Widget")
    assert lead["reference"] == reference
    assert lead["form"] == "clinic-es"
    assert lead["attribution"] == {"utm_source": "ads", "page_url": f"{served.clinic}/"}
    assert {consent["shown"] for consent in lead["consents"]} == {"shown"}
    assert lead["answers"] == {}
    assert complaints == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.evaluate("document.cookie") == ""


@in_browser
async def test_what_is_wrong_is_said_beside_the_field_and_can_be_mended(
    context: BrowserContext, served: Served
) -> None:
    page = await _open(context, served, "?lang=es")
    await page.fill("[name=patient_age]", "200")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    told = await page.locator("[role=alert] li").all_inner_texts()
    assert "Aún no enviado" in await page.inner_text("[role=alert]")
    assert [text.partition(":")[0] for text in told] == [
        *("Enfermedad o dolencia", "Edad del paciente", "Su nombre", "País en el que vive", "Correo electrónico"),
        *("Uso de sus datos", "Información de salud"),
    ]
    assert await page.inner_text("#f-name-wrong") == "Rellene este campo."
    assert await page.get_attribute("[name=email]", "aria-describedby") == "f-email-hint f-email-wrong"
    await page.click("[role=alert] a[href='#f-patient-age']")
    active = "document.querySelector('div').shadowRoot.activeElement?.name"
    assert await page.evaluate(active) == "patient_age"
    await page.fill("[name=patient_age]", "40")
    await fill(page, "Inés Widget")
    await page.click(".send")
    await reference_on(page)
    (lead,) = await served.leads("Inés Widget")
    assert (lead["person"]["language"], lead["inquiry"]["patient"]["age"]) == ("es", 40)


@in_browser
async def test_an_answer_that_was_lost_is_fetched_with_the_same_key(context: BrowserContext, served: Served) -> None:
    page = await _open(context, served)
    keys: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            await route.continue_()
            return
        await route.fetch()
        await route.abort("connectionreset")

    await page.route(DOOR, lose_the_first_answer)
    await fill(page, "Lost Answer")
    await page.click(".send")
    await page.wait_for_selector("text=Not received yet")
    await page.evaluate(_ONLINE)
    reference = await reference_on(page)
    assert [lead["reference"] for lead in await served.leads("Lost Answer")] == [reference]
    assert len(keys) == 2
    assert keys[0] == keys[1]


@in_browser
async def test_without_a_network_it_says_so_and_keeps_everything(context: BrowserContext, served: Served) -> None:
    page = await _open(context, served, "?lang=ar")
    await fill(page, "No Network")
    await page.route(DOOR, lambda route: route.abort("internetdisconnected"))
    await page.click(".send")
    for _ in range(100):
        await page.evaluate(_ONLINE)
        if await page.locator("[role=alert]").count():
            break
        await page.wait_for_timeout(50)
    assert "لم يصلنا طلبكم" in await page.inner_text("[role=alert]")
    assert await page.input_value("[name=name]") == "No Network"
    assert await served.leads("No Network") == []
    await page.unroute(DOOR)
    await page.click(".send")
    await reference_on(page)
    assert len(await served.leads("No Network")) == 1


@in_browser
async def test_a_busy_door_is_asked_again_and_a_refusal_is_not(context: BrowserContext, served: Served) -> None:
    page = await _open(context, served)
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.url)
        status = 429 if len(asked) == 1 else 410
        await route.fulfill(status=status, json={}, headers={"Access-Control-Allow-Origin": served.clinic})

    await page.route(DOOR, refuse)
    await fill(page, "Turned Away")
    await page.click(".send")
    await page.wait_for_selector("text=Not received yet")
    await page.evaluate(_ONLINE)
    await page.wait_for_selector("[role=alert]")
    assert "This form takes no more requests." in await page.inner_text("[role=alert]")
    assert len(asked) == 2


@in_browser
async def test_another_language_keeps_what_was_typed(context: BrowserContext, served: Served) -> None:
    page = await _open(context, served)
    await fill(page, "Polyglot")
    await page.click(".languages summary")
    await page.click("button[lang=ar]")
    await page.wait_for_selector("[dir=rtl] [name=name]")
    assert await page.input_value("[name=name]") == "Polyglot"
    assert await page.input_value("[name=country]") == "DE"
    assert await page.input_value("[name=language]") == "ar"
    assert not await page.is_checked("[name='consent.privacy']"), "ticks are for the words that were read"


@in_browser
async def test_it_takes_on_the_site_s_colour_and_stays_light_on_a_light_site(
    context: BrowserContext, served: Served
) -> None:
    page = await _open(context, served)
    await page.emulate_media(color_scheme="dark")
    style = "(e) => getComputedStyle(e).backgroundColor"
    assert await page.locator(".send").evaluate(style) == "rgb(120, 0, 80)"
    assert await page.locator("[name=name]").evaluate(style) == "rgb(255, 255, 255)"


@in_browser
async def test_a_form_that_is_not_there_is_said_to_be(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    await page.goto(f"{served.clinic}/?form=nowhere&lang=es")
    await page.wait_for_selector("text=Aquí no hay ningún formulario")
