"""The closed world of every test, and the options that turn `make test` into `make thorough`."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest
import structlog

from bot.logs import configure_logging
from tests.support.closed_world import guard, left_the_machine

_SETTINGS: Final = (
    "SLACK_",
    "GATEWAY_",
    "BOT_",
    "ALLOWED_",
    "ALLOW_",
    "ADMIN_",
    "DATABASE_URL",
    "WATCH_",
    "BULK_",
)
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# Which databases a fixture can stand for: one for every test, two where the SQL differs.
_DATABASES: Final = {
    "database_url": ("sqlite", "postgresql", "memory"),
    "shared_url": ("sqlite", "postgresql"),
}
_KILLS: Final = 10
_EXAMPLES, _MANY_EXAMPLES = 25, 200


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough` plays the whole matrix; `--screenshots` keeps a picture of every card."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="both modes and every database everywhere, ten kills, many examples",
    )
    parser.addoption("--screenshots", action="store_true", help="keep a picture of every card")


def pytest_configure(config: pytest.Config) -> None:
    """Close the world before anything is collected; a busy machine fails no property."""
    sys.addaudithook(guard)
    for name in tuple(os.environ):
        if name.upper().startswith(_SETTINGS) or name.upper() in _PROXIES:
            del os.environ[name]
    # No public certificate is met here, and reading them all takes longer than a look-up.
    os.environ["SSL_CERT_FILE"] = os.devnull
    os.environ["SSL_CERT_DIR"] = os.devnull
    examples = _MANY_EXAMPLES if config.getoption("--thorough") else _EXAMPLES
    hypothesis.settings.register_profile("chosen", deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("chosen")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """HTTP mode and one database, where neither the test nor the run wants every one."""
    thorough = metafunc.config.getoption("--thorough")
    if "mode" in metafunc.fixturenames:
        from bot.settings.settings import Mode  # noqa: PLC0415 - most folders need no settings

        both = thorough or metafunc.definition.get_closest_marker("both_modes")
        modes = list(Mode) if both else [Mode.HTTP]
        metafunc.parametrize("mode", modes, ids=[mode.value for mode in modes], scope="module")
    if "kill" in metafunc.fixturenames:
        metafunc.parametrize("kill", range(_KILLS if thorough else 1))
    both_kinds = metafunc.definition.get_closest_marker("every_database") is not None
    for name, kinds in _DATABASES.items():
        if name in metafunc.fixturenames:
            count = len(kinds) if thorough else 1 + both_kinds
            metafunc.parametrize(name, kinds[:count], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what belongs to the matrix alone to `make thorough`."""
    if not config.getoption("--thorough"):
        later = [item for item in items if item.get_closest_marker("matrix")]
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if not item.get_closest_marker("matrix")]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Nothing but loopback for every test."""
    left_the_machine.clear()
    yield
    assert [] == left_the_machine


@pytest.fixture
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory of the test's own, without an `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/voicestatus.db"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the process logs, down to DEBUG, through the handler that `run` installs."""
    root = logging.getLogger()
    loggers = (root, logging.getLogger("bot"))
    before = [(logger, logger.level) for logger in loggers]
    handlers = root.handlers
    configure_logging(level="DEBUG", json=True)
    root.setLevel(logging.DEBUG)
    written = io.StringIO()
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    yield written
    root.handlers = handlers
    for logger, level in before:
        logger.setLevel(level)
    structlog.reset_defaults()
