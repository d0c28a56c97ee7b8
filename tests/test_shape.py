"""The shape of the house: sizes, names, and who may import what from outside.

Which room may import which is import-linter's contract in pyproject.toml.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path
    for folder in ("app", "migrations", "docs", "tests", "benchmarks", "soak")
    for path in (ROOT / folder).rglob("*.py")
)
APP = [path for path in SOURCES if path.is_relative_to(ROOT / "app")]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 45
CONNECTING = {
    "app/cli/serving.py": "the socket that `serve` listens on",
    "app/cli/webhooks.py": "the socket that the receiver for trying things out listens on",
    "app/deliveries/mail/connections.py": "letters, to the operator's own mail server",
    "app/deliveries/mail/smtp.py": "the same",
    "app/deliveries/mail/verdicts.py": "what its faults mean",
    "app/deliveries/reach.py": "looks whether a webhook's server answers, behind the same guard",
    "app/deliveries/resolver.py": "the guard itself",
    "app/deliveries/verdicts.py": "what faults mean",
    "app/deliveries/webhook.py": "the guarded transport",
    "app/scraping.py": "the socket that figures are served on",
}
"""The modules that may open connections, and why; the database's driver has its own ways."""
CONNECTORS = {
    *("httpx", "aiohttp", "httpx_aiohttp", "requests", "urllib3", "urllib.request", "http.client", "websockets"),
    *("socket", "socketserver", "ssl", "smtplib", "aiosmtplib", "ftplib", "telnetlib", "poplib", "imaplib"),
}
CONNECTS = {
    *("open_connection", "create_connection", "create_datagram_endpoint", "open_unix_connection"),
    *("sock_connect", "start_tls", "urlopen"),
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """Return the top-level names of the packages that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def modules(path: Path) -> set[str]:
    """Return the packages and the modules that a module imports, each by its whole name and by its first part."""
    names = imported(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def attributes(path: Path) -> set[str]:
    """Return the names of all attributes that a module uses."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_module_can_be_read_in_one_go(path: Path) -> None:
    # A migration is one list of facts, written once and never edited.
    if path.parent.name != "versions":
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", APP, ids=named)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    assert list(long_functions(path)) == []


@pytest.mark.parametrize("path", APP, ids=named)
def test_a_module_is_named_after_what_it_knows(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "misc"}
    assert path.parent.name not in {"utils", "util", "common", "helpers", "helper", "misc"}


@pytest.mark.parametrize("path", APP, ids=named)
def test_only_what_is_guarded_opens_a_connection(path: Path) -> None:
    # The network guard sits there; whoever connects from elsewhere goes around it.
    if named(path) not in CONNECTING:
        assert modules(path).isdisjoint(CONNECTORS)
        assert attributes(path).isdisjoint(CONNECTS)


def test_whoever_may_open_a_connection_does() -> None:
    idle = [name for name in CONNECTING if modules(ROOT / name).isdisjoint(CONNECTORS)]
    assert idle == []


@pytest.mark.parametrize("path", [path for path in APP if path.stem == "router"], ids=named)
def test_a_router_translates_and_does_nothing_else(path: Path) -> None:
    assert "sqlalchemy" not in imported(path)
