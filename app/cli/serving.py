"""`freequote serve`, `worker` and `migrate`."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from app import migrating
from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.cli.exits import REFUSED, NotAvailable
from app.cli.leaving import leave_in_time
from app.cli.processes import Processes
from app.cli.running import house
from app.cli.showing import AsJson, print_json
from app.clock import SystemClock
from app.database import Database
from app.errors import Refusal
from app.house import open_database
from app.leads.changes.stream import Streams
from app.main import create_app
from app.metrics import Figures
from app.parts import Parts
from app.scraping import Scraping, figures_of
from app.servers import server_config
from app.settings import Settings, read_settings
from app.telemetry import configure_logging, logger
from app.worker import WorkerLoop, make_digests, make_engine, make_hints, make_sealer

_BACKLOG = 2048
_DRAIN_SECONDS = 20
_COLLECT_AFTER = 10_000
"""New objects between two collections of the youngest; Python's own 700 are a few requests."""


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; else FREEQUOTE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Else FREEQUOTE_PORT.")] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Keep promises in this process, too.")] = True,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve (PostgreSQL only).")] = 1,
) -> None:
    """Serve the API and pages, and keep promises. In development it migrates first."""
    settings = read_settings()
    given = {"host": host, "port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    configure_logging(settings)
    if processes > 1:
        _check_many(settings)
    asyncio.run(_prepare(settings))
    with ExitStack() as sockets:
        listening = sockets.enter_context(_listen(settings))
        scraped = [sockets.enter_context(one) for one in _listen_for_figures(settings, processes)]
        settings = settings.model_copy(update={"port": listening.getsockname()[1]})
        _greet(settings)
        work = partial(_serve, settings, listening, scraped, with_worker=worker)
        if processes > 1:
            Processes(processes, work).run()
        elif not work(0):
            raise typer.Exit(REFUSED)


def _check_many(settings: Settings) -> None:
    if Database(settings.effective_database_url).is_sqlite:
        raise Refusal(
            "--processes needs PostgreSQL: SQLite lets one process write at a time, so a second one would only wait. "
            "Set FREEQUOTE_DATABASE_URL to a PostgreSQL address, or leave --processes out."
        )


def _serve(
    settings: Settings, listening: socket.socket, scraped: Sequence[socket.socket], number: int, *, with_worker: bool
) -> bool:
    """Serve, as one process of several by its number, until told to stop; return whether it came up at all."""
    scraping = Scraping(scraped[number], Figures.of_service) if scraped else None
    app = create_app(settings, with_worker=with_worker, scraping=scraping)
    config = server_config(app, grace_seconds=_DRAIN_SECONDS, lifespan="on")
    server = _Server(config, app.state.streams)
    # uvicorn drains, then raises the signal again: whoever asked us to leave sees that nothing went wrong.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Ctrl-C is how one stops it: nothing went wrong.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return server.started


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Come up. What is there by then stays: whoever collects what requests leave need not look at it."""
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave once all that was taken is answered, or the grace is over. A stream has no end but this."""
        leave_in_time()
        self._streams.close()
        super().handle_exit(sig, frame)


def worker() -> None:
    """Keep promises; run as many of these as you like, on as many machines (PostgreSQL)."""
    settings = read_settings()
    configure_logging(settings)
    with ExitStack() as sockets:
        scraped = [sockets.enter_context(one) for one in _listen_for_figures(settings, 1)]
        asyncio.run(_work(settings, Scraping(scraped[0], Figures.of_worker) if scraped else None))


def migrate(as_json: AsJson = False) -> None:
    """Bring the database's schema up to this version."""
    settings = read_settings()
    configure_logging(settings)
    step = asyncio.run(_migrate(settings))
    if as_json:
        print_json({"from": step.before, "to": step.after})
    else:
        typer.echo(f"The schema was at {step.before or 'nothing'} and is now at {step.after}.")


async def _migrate(settings: Settings) -> migrating.Step:
    direct = settings.direct_database_url.get_secret_value()
    database = Database(direct) if direct else open_database(settings)
    try:
        return await migrating.upgrade(database)
    finally:
        await database.dispose()


async def _prepare(settings: Settings) -> None:
    """Do what must be done before anyone is served, so that a refusal is one sentence and not a crash."""
    if not settings.production:
        await _migrate(settings)
    async with house(settings) as parts:
        if not settings.production:
            await _first_key(parts)


async def _first_key(parts: Parts) -> None:
    """Make the first API key and show it: on a terminal there, else in a file that only its owner reads."""
    new = NewKey(name="First key", scopes=list(Scope))
    made = await access.mint_first(parts.database, new, parts.clock.now())
    if made is None:
        return
    if sys.stdout.isatty():
        typer.echo(f"Your API key, shown this once:\n\n    {made.secret}\n")
        return
    file = parts.settings.data_dir / "first-key"
    _write_private(file, made.secret + "\n")
    typer.echo(f"Your API key is in {file}: keep it elsewhere and delete the file.")


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        file.unlink()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text)


def _listen(settings: Settings) -> socket.socket:
    return _open(settings.host, settings.port, "Choose another with --port or FREEQUOTE_PORT.")


def _listen_for_figures(settings: Settings, processes: int) -> Iterator[socket.socket]:
    """Open a socket for each process, on one port after the other; none where nobody asks for figures."""
    address = settings.metrics_address
    if address is not None:
        for number in range(processes):
            yield _open(address[0], address[1] + number, "Choose another with FREEQUOTE_METRICS.")


def _open(host: str, port: int, remedy: str) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OverflowError:
        raise NotAvailable(f"Cannot listen on {host}, port {port}: there is no such port. {remedy}") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "no such host"
        raise NotAvailable(f"Cannot listen on {host}, port {port}: {reason}. {remedy}") from None
    # Asyncio sets it on sockets that it opens itself; without it the second half of an answer waits for an ACK, 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _greet(settings: Settings) -> None:
    if settings.production:
        logger.info("serving", host=settings.host, port=settings.port)
        return
    base = settings.base_url
    typer.echo(f"The form:          {base}/forms/default")
    typer.echo(f"The API and docs:  {base}/docs")
    if not settings.smtp_url.get_secret_value():
        typer.echo(f"Mail goes to:      {settings.mail_dir.resolve()} (no FREEQUOTE_SMTP_URL is set)")
    if settings.metrics:
        typer.echo(f"Figures:           http://{settings.metrics}/metrics")
    typer.echo("Stop with Ctrl-C.")


async def _work(settings: Settings, scraping: Scraping | None) -> None:
    async with house(settings) as parts:
        engine, senders = make_engine(parts, figures_of(scraping).attempts)
        hints = make_hints(settings, parts.database)
        sealer, digests = make_sealer(parts), make_digests(parts, senders)
        loop = WorkerLoop(parts.database, SystemClock(), engine, hints.wake, sealer=sealer, digests=digests)
        beside = [asyncio.create_task(hints.run())]
        if scraping is not None:
            beside.append(asyncio.create_task(scraping.run(parts.database, parts.clock)))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _leave, loop)
        try:
            await loop.run()
        finally:
            hints.stop()
            if scraping is not None:
                scraping.stop()
            await asyncio.gather(*beside)
            await senders.aclose()


def _leave(loop: WorkerLoop) -> None:
    leave_in_time()
    loop.stop()
