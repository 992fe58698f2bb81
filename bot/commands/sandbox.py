"""`voicestatus sandbox`: the sandbox gateway on its own, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Final

from rich.table import Table

from bot.commands.exit_codes import FAILED, OK
from bot.gateway.sandbox.answers import SCRIPTED
from bot.gateway.sandbox.server import running_sandbox
from bot.slack.cards.terminal import console

_WELCOME: Final = (
    "Sandbox gateway at {url} (description at {url}?wsdl).\n"
    "Use it with GATEWAY_URL={url}, any GATEWAY_CREDENTIAL of 40 and GATEWAY_TOKEN of 6 "
    "characters.\nIts ids: voicestatus sandbox --list. Stop with Ctrl-C."
)


async def serve_sandbox(host: str, port: int) -> int:
    """Serve until SIGTERM or Ctrl-C; 1 if the address is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running_sandbox(host, port) as url:
            print(_WELCOME.format(url=url), flush=True)  # noqa: T201 - the terminal's own output
            await stopped.wait()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        print(f"Cannot listen on {host}:{port} ({reason}). Try --port 0.", file=sys.stderr)  # noqa: T201
        return FAILED
    return OK


def print_script() -> None:
    """All ids that the sandbox knows, with their answers."""
    table = Table("IDMSG", "What the sandbox does", box=None, pad_edge=False)
    for idmsg, sentence in SCRIPTED.items():
        table.add_row(idmsg, sentence)
    console().print(table)
