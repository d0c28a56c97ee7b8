"""Fixtures: a deployment of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import Service
from tests.support.smtp import SmtpServer


@pytest.fixture
def service(empty_database_url: str, smtp_server: SmtpServer, free_port: int, tmp_path: Path) -> Iterator[Service]:
    """Give a deployment that has never run; the test runs once on each kind of database."""
    environ = {
        "FREEQUOTE_DATABASE_URL": empty_database_url,
        "FREEQUOTE_SMTP_URL": smtp_server.url,
        "FREEQUOTE_MAIL_FROM": "Freequote <quotes@clinic.example>",
        "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    deployed = Service(tmp_path, environ, free_port)
    yield deployed
    deployed.stop()
