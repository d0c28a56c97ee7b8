"""Logs: one line a thing, a request id on each, and never a word that a visitor wrote."""

import logging
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, MutableMapping
from http import HTTPMethod
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, TextIO
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import RequestFigures
from app.settings import Settings

REQUEST_ID_HEADER = b"x-request-id"
# As proxies make them: letters and digits, too long for a phone number, and no name has digits in it.
_SAFE_REQUEST_ID = re.compile(rb"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9-]{16,64}")
# Up to where a library's line may begin to quote: a bracket, a quotation mark, a colon.
_UNQUOTING = re.compile(r"[^<({\['\":=\n]*")
_TRUSTED_LIBRARIES = ("uvicorn",)
_METHODS = frozenset(method.value for method in HTTPMethod)
_UNAVAILABLE = 503
_SOURCE = Path(__file__).parent.parent
_FRAMES_KEPT = 4

logger = structlog.stdlib.get_logger("freequote")
_library_logger = logging.getLogger("freequote")


def configure_logging(settings: Settings) -> None:
    """Send every log line, those of libraries included, through one formatter to standard error."""
    on_terminal = sys.stderr.isatty() and not settings.production
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and on_terminal)
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=on_terminal) if as_text else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_leave_out_values, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("freequote", *_TRUSTED_LIBRARIES):
        logging.getLogger(name).setLevel(settings.log_level.upper())
    # uvicorn's access log writes whole addresses, queries included; `RequestLog` writes the route's template.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _catch_what_python_prints()


def _catch_what_python_prints() -> None:
    """Log, without their words, the things that Python itself would print whole to standard error."""
    # Of a line that cannot be formatted, `logging` prints the arguments.
    logging.raiseExceptions = False
    warnings.showwarning = _log_warning
    sys.excepthook = _log_crash
    sys.unraisablehook = lambda found: logger.error("unraisable", exc_info=found.exc_value)
    threading.excepthook = lambda found: logger.error("thread crashed", exc_info=found.exc_value)


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("crashed", exc_info=error.with_traceback(trace))


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, file, line
    logger.warning("warning", kind=category.__name__, where=f"{_short(filename)}:{lineno}")


def describe_exception(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its class and the places it came through: its message may quote what was sent."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["error"] = _chain(error)
        line["where"] = _places(error)
    return line


def _chain(error: BaseException) -> str:
    names = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(names) < _FRAMES_KEPT:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return " < ".join(names)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_KEPT:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_SOURCE)) if path.is_relative_to(_SOURCE / "app") else path.name


def _leave_out_values(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut a library's line down to what its author wrote: what was filled in may be a visitor's word."""
    record: logging.LogRecord = line["_record"]
    if record.name.partition(".")[0] in _TRUSTED_LIBRARIES:
        line["event"] = str(line["event"]).partition("\n")[0]
    else:
        written = record.msg if isinstance(record.msg, str) else ""
        line["event"] = (_UNQUOTING.match(written) or [""])[0].strip() or "a library's line"
        line["where"] = f"{_short(record.pathname)}:{record.lineno}"
    return line


class RequestLog:
    """The outermost layer: gives each request an id, logs and counts its end, and answers for faults from inside."""

    def __init__(
        self, app: ASGIApp, answer_fault: Callable[[str], ASGIApp], figures: RequestFigures | None = None
    ) -> None:
        self.app = app
        self.answer_fault = answer_fault
        """Makes the answer to a fault inside, given the request id."""
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # A server that keeps no state over its lifespan hands none over.
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER, request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            # Whatever it is, the caller gets an answer, and `describe_exception` keeps its words out of the log.
            logger.exception("fault")
            if not status:
                await self.answer_fault(request_id)(scope, receive, send_with_id)
        route = getattr(scope.get("route"), "path", "-")
        seconds = perf_counter() - started
        if self.figures is not None:
            self.figures.note(_method(scope), route, status, seconds)
        level = logging.WARNING if status >= _UNAVAILABLE else logging.INFO
        if not _library_logger.isEnabledFor(level):
            return
        milliseconds = round(seconds * 1000, 1)
        logger.log(level, "request", method=_method(scope), route=route, status=int(status), ms=milliseconds)


def _method(scope: Scope) -> str:
    # A caller may write anything there.
    method: str = scope["method"]
    return method if method in _METHODS else "?"


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER and _SAFE_REQUEST_ID.fullmatch(value):
            given: bytes = value
            return given.decode()
    return uuid4().hex
