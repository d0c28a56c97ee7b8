"""Fixtures: a busy deployment of real processes, and a database server of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.servers import OwnPostgres
from tests.support.process import Service

OPEN_TO_ALL = {
    "FREEQUOTE_BURST": "100000/1s",
    "FREEQUOTE_FLOOD": "100000/1m",
    "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
}
"""Settings that let everybody post as fast as they like, and send to this machine."""


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """Give a PostgreSQL server that a test may stop, cut off and fill."""
    server = OwnPostgres()
    yield server
    server.remove()


@pytest.fixture
def service(tmp_path: Path, free_port: int) -> Iterator[Service]:
    """Give a deployment; its database is named by the test."""
    deployed = Service(tmp_path, OPEN_TO_ALL, free_port)
    yield deployed
    deployed.stop()


@pytest.fixture
def at_database(service: Service, database_url: str) -> Service:
    """Give the deployment on a migrated database; the test runs once on each kind."""
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": database_url}
    return service


@pytest.fixture
def crowd(service: Service) -> Crowd:
    """Give a crowd before the deployment's door."""
    return Crowd(service)
