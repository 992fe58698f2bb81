"""The closed world of the tests is closed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from bot.settings.loading import load_settings
from tests.support.closed_world import left_the_machine


@pytest.mark.parametrize("address", [("192.0.2.1", 9), ("198.51.100.7", 443)])
def test_a_connection_off_the_machine_is_refused_and_remembered(address: tuple[str, int]) -> None:
    """What is remembered fails the test that did it, whatever became of the error."""
    with socket.socket() as one, pytest.raises(ConnectionRefusedError, match="loopback"):
        one.connect(address)

    assert [f"socket.connect {address}"] == left_the_machine
    left_the_machine.clear()


def test_a_datagram_off_the_machine_is_refused() -> None:
    """The same without a connection."""
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(ConnectionRefusedError):
        one.sendto(b"x", ("192.0.2.1", 9))

    left_the_machine.clear()


def test_loopback_is_open() -> None:
    """Real sockets on this machine are what the tests are made of."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        socket.create_connection(door.getsockname()).close()

    assert [] == left_the_machine


def test_no_setting_of_the_machine_is_seen(empty_folder: Path) -> None:
    """The environment holds none, nor does the folder of a test that reads `.env`."""
    prefixes = ("SLACK_", "GATEWAY_", "BOT_", "ALLOWED_", "ADMIN_", "DATABASE_URL")

    assert [] == [name for name in os.environ if name.startswith(prefixes)]
    assert [] == [*Path.cwd().iterdir()]
    assert empty_folder == Path.cwd()
    assert load_settings().slack_bot_token is None
