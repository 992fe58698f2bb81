"""`voicestatus health`, with which the image checks itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.voicestatus_process import Voicestatus

PROXY = "http://127.0.0.1:9"


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server in place of the bot: its port, and the first lines of its requests."""
    lines: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines.append(self.requestline)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, lines
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"BOT_HOST": "0.0.0.0"},
        {"BOT_HOST": "[127.0.0.1]"},
        {"BOT_HOST": "localhost", "HTTP_PROXY": PROXY, "http_proxy": PROXY, "ALL_PROXY": PROXY},
        {"HTTP_PROXY": PROXY, "NO_PROXY": "127.0.0.0/8,localhost"},
    ],
    ids=["nothing set", "all addresses", "brackets", "proxies", "a network in NO_PROXY"],
)
def test_a_bot_that_is_alive_is_asked_directly(
    bare: Voicestatus, environment: dict[str, str]
) -> None:
    """Whatever proxies the environment names, and without any other setting."""
    with answering(200) as (port, lines):
        asked = bare.having(BOT_PORT=f'"{port}"', **environment).run("health")
    assert (0, "", "") == (asked.code, asked.out, asked.err)
    assert ["GET /healthz HTTP/1.1"] == lines


def test_the_port_of_an_env_file_is_asked(bare: Voicestatus) -> None:
    """Settings count from wherever the bot reads them, and an address of Kubernetes does not."""
    with answering(200) as (port, _):
        (Path(bare.directory) / ".env").write_text(f"BOT_PORT={port}\n")
        asked = bare.having(BOT_PORT="tcp://10.0.0.7:3000").run("health")
    assert 0 == asked.code


@pytest.mark.parametrize(
    "environment",
    [{}, {"BOT_HEALTH_HOST": "127.0.0.1"}, {"BOT_HEALTH_HOST": "0.0.0.0", "BOT_HOST": "192.0.2.1"}],
    ids=["port", "host and port", "another host"],
)
def test_an_address_of_its_own_is_asked(bare: Voicestatus, environment: dict[str, str]) -> None:
    """Not the one of Slack's requests."""
    with answering(200) as (port, _):
        asked = bare.having(BOT_PORT="9", BOT_HEALTH_PORT=str(port), **environment).run("health")
    assert (0, "") == (asked.code, asked.err)


@pytest.mark.parametrize("status", [503, 404])
def test_another_answer_is_a_problem(bare: Voicestatus, status: int) -> None:
    """On standard error, with exit code 1."""
    with answering(status) as (port, _):
        asked = bare.having(BOT_PORT=str(port)).run("health")
    assert (1, "", f"The bot on 127.0.0.1:{port} answers HTTP {status}.\n") == (
        asked.code,
        asked.out,
        asked.err,
    )


@pytest.mark.parametrize(
    ("port", "reason"), [("9", "ConnectionRefusedError"), ("many", "ValueError")]
)
def test_no_answer_is_a_problem(bare: Voicestatus, port: str, reason: str) -> None:
    """With the place that was asked."""
    asked = bare.having(BOT_PORT=port).run("health")
    assert (1, f"The bot does not answer on 127.0.0.1:{port} ({reason}).\n") == (
        asked.code,
        asked.err,
    )
