"""The agent's answer for every fault of the sandbox: docs/faults.md, row by row."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import stamina

from bot.domain.input.message_id import MessageId
from bot.gateway.client import GatewayClient
from bot.gateway.protocol.errors import GatewayError
from bot.gateway.protocol.soap import SoapVersion
from bot.gateway.sandbox.answers import FaultName
from bot.gateway.sandbox.server import running_sandbox
from tests.gateway.gateway_loopback import client_of

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
ROW = re.compile(r"^\| `SANDBOX-FAULT-([a-z0-9-]+)` \| (.+) \| `([a-z0-9_]+)` \|$", re.MULTILINE)
ROWS: list[tuple[str, str, str]] = ROW.findall(PAGE.read_text("utf-8"))


def test_the_page_has_every_fault_with_its_sentence() -> None:
    """In the order of the catalogue, in the words of `voicestatus sandbox --list`."""
    wanted = [(name.value, name.sentence) for name in FaultName]
    assert wanted == [(name, sentence) for name, sentence, _ in ROWS]


async def outcome(client: GatewayClient, message_id: MessageId) -> str:
    """The word for a look-up's outcome."""
    found = await client.status(message_id)
    return found.code if isinstance(found, GatewayError) else found.finding.outcome.value


@pytest.mark.parametrize(
    "version",
    [SoapVersion("1.1"), pytest.param(SoapVersion("1.2"), marks=pytest.mark.matrix)],
)
async def test_a_fault_becomes_what_the_page_says(version: SoapVersion) -> None:
    """A look-up of its id, each with its own client, so that none shares a cache."""
    few = asyncio.Semaphore(8)

    async def became(name: str, code: str) -> tuple[str, str]:
        seconds = 0.5 if code == "timeout" else 60.0
        async with few, client_of(url, timeout_seconds=seconds, soap_version=version) as client:
            return name, await outcome(client, MessageId(f"SANDBOX-FAULT-{name}"))

    with stamina.set_testing(True, attempts=99, cap=True):
        async with running_sandbox(port=0) as url:
            found = await asyncio.gather(*(became(name, code) for name, _, code in ROWS))
    assert [] == [*set(found) - {(name, code) for name, _, code in ROWS}]
    assert len(ROWS) == len(found)
