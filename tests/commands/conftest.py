"""A folder and a gateway for commands that run inside the tests' process, or beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from bot.gateway.sandbox.server import running_sandbox
from tests.support.seen_requests import SeenRequest, recording
from tests.support.voicestatus_process import PATIENCE_SECONDS, Voicestatus, gateway_settings


class Seen(list[SeenRequest]):
    """The sandbox's requests; signals each new one."""

    def __init__(self) -> None:
        super().__init__()
        self._more = threading.Condition()

    def append(self, request: SeenRequest) -> None:
        """Add one, and ring."""
        with self._more:
            super().append(request)
            self._more.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until this many have arrived."""
        with self._more:
            assert self._more.wait_for(lambda: len(self) >= count, PATIENCE_SECONDS)


@pytest.fixture(autouse=True)
def _folder(empty_folder: Path) -> None:
    """No foreign `.env`, and no database left behind."""


@pytest.fixture(scope="module")
def beside() -> Iterator[BlockingPortal]:
    """An event loop in another thread, for servers: a command has the loop of this one."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def sandbox(beside: BlockingPortal) -> Iterator[tuple[str, Seen]]:
    """A running sandbox gateway: its address, and its requests."""
    requests = Seen()
    world = running_sandbox(port=0, middlewares=[recording(requests)])
    with beside.wrap_async_context_manager(world) as url:
        yield url, requests


@pytest.fixture
def seen(sandbox: tuple[str, Seen]) -> Seen:
    """The sandbox's requests in this test."""
    _, requests = sandbox
    requests.clear()
    return requests


@pytest.fixture(scope="module")
def gateway(sandbox: tuple[str, Seen]) -> dict[str, str]:
    """Settings for the running sandbox, which need not be waited for."""
    url, _ = sandbox
    return {**gateway_settings(url), "GATEWAY_REQUESTS_PER_SECOND": "1000"}


@pytest.fixture
def bare(tmp_path: Path) -> Voicestatus:
    """The command line without any setting."""
    return Voicestatus(directory=tmp_path)


@pytest.fixture
def voicestatus(bare: Voicestatus, gateway: dict[str, str]) -> Voicestatus:
    """The command line with settings for a running sandbox."""
    return bare.having(**gateway)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """ASCII is Python's choice for a locale without letters; `--thorough` tests the output."""
    if "locale" in metafunc.fixturenames:
        ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        locales = {"ASCII": ascii_only, "LANG=C": {"LANG": "C"}, "LC_ALL=C": {"LC_ALL": "C"}}
        tried = [*locales] if metafunc.config.getoption("--thorough") else ["ASCII"]
        metafunc.parametrize("locale", [locales[name] for name in tried], ids=tried)
