"""What an agent is told of every fault of the sandbox: docs/faults.md, row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import stamina
from gateway_loopback import client_of

from bot.domain.catalog import Kind, Language
from bot.domain.message_id import MessageId
from bot.gateway.client import GatewayClient
from bot.gateway.errors import GatewayError
from bot.gateway.sandbox import FaultName, running_sandbox
from bot.gateway.soap import SoapVersion
from bot.locales import load_catalog

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
ROW = re.compile(
    r"^\| `SANDBOX-FAULT-([a-z0-9-]+)` \| (.+) \| `([a-z0-9_]+)`: (.+) \|$", re.MULTILINE
)
ROWS: list[tuple[str, str, str, str]] = ROW.findall(PAGE.read_text("utf-8"))


def test_the_page_has_every_fault_with_its_sentence() -> None:
    """In the order of the catalogue, in the words of `voicestatus sandbox --list`."""
    assert [(name.value, name.sentence) for name in FaultName] == [row[:2] for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_page_says_what_the_agent_reads(row: tuple[str, str, str, str]) -> None:
    """The title of the error, or of the outcome where the fault is none."""
    entries = load_catalog(Language.ENGLISH).entries
    _, _, code, title = row
    entry = entries.get((Kind.ERROR, code)) or entries[Kind.OUTCOME, code]
    assert title == entry.title


async def outcome(client: GatewayClient, message_id: MessageId) -> str:
    """The word for what became of a look-up."""
    try:
        return (await client.status(message_id)).status.outcome.value
    except GatewayError as error:
        return error.code


@pytest.mark.parametrize("version", list(SoapVersion))
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
async def test_a_fault_becomes_what_the_page_says(
    row: tuple[str, str, str, str], version: SoapVersion
) -> None:
    """A look-up of its id, in both SOAP versions; cards say that the sandbox answered."""
    name, _, code, _ = row
    with stamina.set_testing(True, attempts=99, cap=True):
        async with (
            running_sandbox(port=0) as url,
            client_of(
                url, timeout_seconds=1.0 if code == "timeout" else 20.0, soap_version=version
            ) as client,
        ):
            assert code == await outcome(client, MessageId(f"SANDBOX-FAULT-{name}"))
