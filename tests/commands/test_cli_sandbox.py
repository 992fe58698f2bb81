"""`voicestatus sandbox`: the gateway of the tests as a command."""

from __future__ import annotations

import signal
import socket
import urllib.request

import pytest

from bot.gateway.sandbox.answers import SCRIPTED
from tests.support.voicestatus_process import Voicestatus, address_of, ended, gateway_settings


def test_the_list_says_what_each_scripted_id_does(bare: Voicestatus) -> None:
    """--list shows each id that the sandbox knows, beside it its sentence, and stops."""
    listed = bare.run("sandbox", "--list")
    lines = listed.out.splitlines()[1:]
    rows = [line.split(maxsplit=1) for line in lines if not line.startswith(" ")]
    assert (0, [*SCRIPTED]) == (listed.code, [idmsg for idmsg, _ in rows])
    assert ["SANDBOX-BUSY", SCRIPTED["SANDBOX-BUSY"]] in [[a, b.strip()] for a, b in rows]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_serves_the_address_that_it_prints_until_a_signal_ends_it(
    bare: Voicestatus, number: signal.Signals
) -> None:
    """Port 0 takes a free one; a signal is the normal end: exit code 0, no word on errors."""
    with bare.started("sandbox", "--port", "0") as process:
        url = address_of(process)
        with urllib.request.urlopen(f"{url}?wsdl") as description:
            assert b"MPG_Status_Voice" in description.read()
        asked = bare.having(**gateway_settings(url)).run("lookup", "SANDBOX-BUSY", "--json")
        process.send_signal(number)
        end = ended(process)
    assert ["failed:486"] == [record["raw"] for record in asked.records]
    assert (0, "") == (end.code, end.err)


def test_a_taken_port_is_said(bare: Voicestatus) -> None:
    """A port in use ends in exit code 1 with the address and a remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = bare.run("sandbox", "--port", port)
    assert (1, "") == (ended.code, ended.out)
    assert ended.err.startswith(f"Cannot listen on 127.0.0.1:{port} (")
    assert "--port 0" in ended.err


def test_a_host_that_is_not_ours_is_said(bare: Voicestatus) -> None:
    """An address of another machine is exit code 1, without a traceback."""
    ended = bare.run("sandbox", "--host", "192.0.2.1", "--port", "0")
    assert (1, "") == (ended.code, ended.out)
    assert ended.err.startswith("Cannot listen on 192.0.2.1:0")
