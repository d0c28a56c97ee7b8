"""The service: routes, layers, and what runs while it is up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app import VERSION, openapi
from app.access.audit_router import router as audit_router
from app.access.oidc.desk import SignInDesk
from app.access.oidc.router import router as sign_in_router
from app.access.refusals import Refusals
from app.access.router import router as access_router
from app.access.service import KeyDesk
from app.access.session_router import router as session_router
from app.access.sessions import SessionDesk
from app.access.staff_router import router as staff_router
from app.bodies import BodyCap
from app.clock import Clock, SystemClock
from app.database import Database
from app.deliveries.asking import ask_provider
from app.deliveries.checks import delivery_checks
from app.deliveries.letters_router import router as letters_router
from app.deliveries.router import router as deliveries_router
from app.destinations.router import router as destinations_router
from app.errors import OutOfReach
from app.forms.router import router as forms_router
from app.health import database_checks, health_router
from app.house import open_house, way_into
from app.intake.admission import Admission
from app.intake.checks import door_checks
from app.intake.router import ShortWay
from app.intake.router import router as intake_router
from app.intake.schemas import preload
from app.intake.spam.turnstile import Turnstile
from app.intake.spoken_router import router as spoken_router
from app.intake.trial_router import router as trial_router
from app.leads.audience_router import router as audience_router
from app.leads.changes.router import router as changes_router
from app.leads.changes.stream import Streams
from app.leads.errors import TooManyOpened
from app.leads.export.router import router as export_router
from app.leads.router import router as leads_router
from app.leads.stats.router import router as stats_router
from app.limits import BurstLimit
from app.pages.compression import CompressedPages
from app.pages.preview_router import router as preview_router
from app.pages.router import mount_docs_assets
from app.pages.router import router as pages_router
from app.pages.withdrawal import router as withdrawal_router
from app.privacy.router import router as privacy_router
from app.problems import install_problem_handlers, problem_response
from app.scraping import Scraping, figures_of
from app.settings import Settings
from app.telemetry import RequestLog
from app.worker import WorkerLoop, make_digests, make_engine, make_hints, make_sealer

_ROUTERS = (
    intake_router,
    forms_router,
    changes_router,
    stats_router,
    # Before the leads: `export` is no lead's reference.
    export_router,
    leads_router,
    privacy_router,
    deliveries_router,
    letters_router,
    destinations_router,
    trial_router,
    audience_router,
    spoken_router,
    access_router,
    audit_router,
    session_router,
    sign_in_router,
    staff_router,
    preview_router,
    pages_router,
    withdrawal_router,
)


def create_app(
    settings: Settings, *, clock: Clock | None = None, with_worker: bool = False, scraping: Scraping | None = None
) -> FastAPI:
    """Build the app; its lifespan opens the database and, where asked, runs a worker in the same process.

    Its figures are served by `scraping`; without it nothing is counted.
    """
    clock = clock or SystemClock()
    database = way_into(settings)

    app = FastAPI(
        title="Freequote",
        version=VERSION,
        description=openapi.DESCRIPTION,
        lifespan=_lifespan(settings, database, clock, scraping, with_worker=with_worker),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A redirect would name an address out of the Host header.
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.streams = Streams()
    for router in _ROUTERS:
        app.include_router(router)
    checks = [*database_checks(database), *door_checks(app), *delivery_checks(database, settings, clock)]
    app.include_router(health_router(checks))
    mount_docs_assets(app)
    install_problem_handlers(app)
    openapi.install(app)
    app.add_middleware(CompressedPages)
    app.add_middleware(ShortWay)
    app.add_middleware(BodyCap, limit=settings.max_body, within=settings.max_body_seconds)
    app.add_middleware(RequestLog, answer_fault=_answer_fault, figures=figures_of(scraping).requests)
    return app


def _lifespan(
    settings: Settings, database: Database, clock: Clock, scraping: Scraping | None, *, with_worker: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Make what runs while the app is up: the admission loop and, where asked, a worker and a listener for figures."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hints, figures = make_hints(settings, database), figures_of(scraping)
        house = await open_house(settings, database, clock, hints.give)
        engine, senders = make_engine(house, figures.attempts)
        app.state.parts, app.state.engine = house, engine
        app.state.key_desk, app.state.refusals = KeyDesk(database, clock), Refusals(database, clock)
        app.state.session_desk = SessionDesk(house, app.state.refusals)
        asks = ask_provider(settings, clock)
        app.state.sign_in_desk = SignInDesk(house, app.state.session_desk, app.state.refusals, asks)
        await asyncio.to_thread(preload)
        app.state.admission = admission = Admission(house, figures.door)
        app.state.turnstile = turnstile = Turnstile.of(settings, clock)
        app.state.burst = BurstLimit(settings.burst)
        app.state.openings = BurstLimit(settings.openings, refusal=TooManyOpened)
        sealer, digests = make_sealer(house), make_digests(house, senders)
        loop = WorkerLoop(database, clock, engine, hints.wake, sealer=sealer, digests=digests)
        running = [asyncio.create_task(admission.run()), asyncio.create_task(hints.run())]
        if with_worker:
            running.append(asyncio.create_task(loop.run()))
        if scraping is not None:
            running.append(asyncio.create_task(scraping.run(database, clock)))
        try:
            yield
        finally:
            admission.stop()
            loop.stop()
            hints.stop()
            if scraping is not None:
                scraping.stop()
            await asyncio.gather(*running)
            await senders.aclose()
            await asks.aclose()
            await turnstile.aclose()
            await database.dispose()

    return lifespan


def _answer_fault(request_id: str) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(OutOfReach(), request_id)(scope, receive, send)

    return answer
