"""The closed world of every test, and the scene in which scenarios are played."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest
import structlog
from closed_world import guard, left_the_machine
from scene import Scene, playing

from bot.settings import Mode
from bot.slack import reception
from bot.telemetry import configure_logging

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--screenshots`: what takes two minutes is done when somebody wants to look."""
    parser.addoption("--screenshots", action="store_true", help="keep a picture of every card")


def pytest_configure() -> None:
    """Close the world before anything is collected; a busy machine fails no property."""
    sys.addaudithook(guard)
    hypothesis.settings.register_profile("house", deadline=None)
    hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings of the machine, no `.env`, and nothing but loopback for every test."""
    for name in tuple(os.environ):
        if name.upper().startswith(_SETTINGS) or name.upper() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # No public certificate is met here, and reading them all takes longer than a look-up.
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "no-certificates"))
    left_the_machine.clear()
    yield
    assert [] == left_the_machine


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine anything may take a second; only tests marked so meet the note of that."""
    if request.node.get_closest_marker("notes") is None:
        monkeypatch.setattr(reception, "NOTE_AFTER_SECONDS", 60.0)


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Play a test in both modes."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture
async def bot(mode: Mode) -> AsyncIterator[Scene]:
    """A bot with plain settings, in both modes."""
    async with playing(mode) as scene:
        yield scene


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
