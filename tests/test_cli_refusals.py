"""`voicestatus lookup` where it cannot go on: wrong input, interrupts, readers that leave."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from voicestatus_process import Voicestatus, ended, gateway_settings

from bot.gateway.sandbox import SeenRequest, running_sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def seen() -> list[SeenRequest]:
    """What the sandbox was asked."""
    return []


@pytest.fixture
async def voicestatus(tmp_path: Path, seen: list[SeenRequest]) -> AsyncIterator[Voicestatus]:
    """The command line with settings for a running sandbox."""
    async with running_sandbox(port=0, requests=seen) as url:
        yield Voicestatus(directory=tmp_path, settings=gateway_settings(url))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["X" * 41], id="too long"),
        pytest.param([""], id="empty"),
        pytest.param(["A\x1b[2JB"], id="control characters"),
        pytest.param(["+55 (11) 98765-4321"], id="a phone number in its dress"),
        pytest.param(["SANDBOX-OK", "X" * 41], id="one good and one bad"),
    ],
)
async def test_invalid_id_stops_before_any_request(
    voicestatus: Voicestatus, seen: list[SeenRequest], words: list[str]
) -> None:
    """An id that cannot be one ends in exit code 2, and the gateway is not asked about any."""
    result = await voicestatus.run("lookup", *words)
    assert (2, "", []) == (result.code, result.out, seen)
    assert "Traceback" not in result.err
    assert result.err.strip()


@pytest.mark.parametrize("control", ["\x1b[2J", "\x07", "\b", "\u202e"], ids=ascii)
async def test_invalid_id_cannot_steer_the_terminal(voicestatus: Voicestatus, control: str) -> None:
    """The message about a word with control characters holds none of them."""
    result = await voicestatus.run("lookup", f"A{control}B")
    assert [] == [c for c in result.err if not c.isprintable() and c != "\n"]


async def test_invalid_id_is_explained_in_the_language(voicestatus: Voicestatus) -> None:
    """The message follows --language."""
    result = await voicestatus.run("lookup", "X" * 41, "--language", "pt-BR")
    assert "caracteres" in result.err


@pytest.mark.parametrize("language", ["en", "pt-BR"])
async def test_invalid_id_is_explained_without_marks_of_slack(
    voicestatus: Voicestatus, language: str
) -> None:
    """A terminal knows no back-ticks; what they mark stands in quotes."""
    result = await voicestatus.run("lookup", "+55 (11) 98765-4321", "--language", language)
    assert "`" not in result.err
    assert '"+55 (11) 98765-4321": ' in result.err
    assert '"MPG000236180474"' in result.err


async def test_bare_digits_are_asked(voicestatus: Voicestatus, seen: list[SeenRequest]) -> None:
    """An IDMSG may be all digits, so that even what could be a phone number is looked up."""
    result = await voicestatus.run("lookup", "5511987654321", "--json")
    assert (4, 1) == (result.code, len(seen))


async def test_phone_number_may_be_forced(
    voicestatus: Voicestatus, seen: list[SeenRequest]
) -> None:
    """`id:` before a word that looks like a phone number has it asked."""
    result = await voicestatus.run("lookup", "id:98765-4321", "--json")
    assert (4, 1) == (result.code, len(seen))
    assert "98765-4321" == result.records[0]["idmsg"]


async def test_missing_settings_are_all_named(tmp_path: Path) -> None:
    """Without settings the exit code is 2 and one message names each that is missing."""
    result = await Voicestatus(directory=tmp_path).run("lookup", "X")
    assert (2, "") == (result.code, result.out)
    named = [line.split()[0] for line in result.err.splitlines()]
    assert ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"] == named


async def test_missing_and_wrong_settings_are_named_together(tmp_path: Path) -> None:
    """What is wrong does not hide what is missing, and the wrong value is not shown."""
    settings = {"GATEWAY_TOKEN": "s3cr3t-of-the-wrong-length", "GATEWAY_URL": "nowhere"}
    result = await Voicestatus(directory=tmp_path, settings=settings).run("lookup", "X")
    named = [line.split()[0] for line in result.err.splitlines()]
    assert ["GATEWAY_URL", "GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"] == named
    assert "s3cr3t" not in result.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_URL", "http://[::1"),
        ("GATEWAY_URL", "http://gateway.example:99999/"),
        ("GATEWAY_URL", "http://gateway..example/"),
        ("GATEWAY_PROXY", "http://[::1"),
        ("GATEWAY_CA_FILE", __file__),
        ("GATEWAY_CA_FILE", "/no/such/file"),
    ],
)
async def test_unusable_connection_settings_are_named(
    voicestatus: Voicestatus, name: str, value: str
) -> None:
    """An address or a file that no connection can be made from is refused by name."""
    result = await voicestatus.having(**{name: value}).run("lookup", "X")
    assert (2, [name]) == (result.code, [line.split()[0] for line in result.err.splitlines()])


async def test_without_ids_there_is_a_usage_message(voicestatus: Voicestatus) -> None:
    """No id at all is exit code 2."""
    result = await voicestatus.run("lookup")
    assert (2, "") == (result.code, result.out)
    assert "IDMSG" in result.err


async def test_interrupt_is_130(voicestatus: Voicestatus, seen: list[SeenRequest]) -> None:
    """Ctrl-C while the gateway is being asked ends in 130, without a traceback."""
    process = await voicestatus.start("lookup", "SANDBOX-SLOW-30")
    async with asyncio.timeout(60):
        while not seen:  # noqa: ASYNC110 - the sandbox keeps a list and rings no bell
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGINT)
    result = await ended(process)
    assert 130 == result.code
    assert "Traceback" not in result.err


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "cards"])
async def test_reader_that_leaves_is_no_error_to_show(
    voicestatus: Voicestatus, options: list[str]
) -> None:
    """Whoever reads the output may stop reading, as `head` does; nothing is said about it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = await voicestatus.start(
            "lookup", "SANDBOX-OK", "SANDBOX-001", *options, out=writing
        )
    finally:
        os.close(writing)
    result = await ended(process)
    assert (1, "") == (result.code, result.err)


async def test_reader_of_the_dictionary_may_leave(voicestatus: Voicestatus) -> None:
    """The same where nothing is asked of anybody."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = await voicestatus.start("explain", "--all", "--json", out=writing)
    finally:
        os.close(writing)
    result = await ended(process)
    assert (1, "") == (result.code, result.err)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"LANG": "C"}, id="LANG=C"),
        pytest.param({"LC_ALL": "C"}, id="LC_ALL=C"),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="ASCII"),
    ],
)
@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "cards"])
async def test_any_locale_will_do(
    voicestatus: Voicestatus, options: list[str], settings: dict[str, str]
) -> None:
    """Accents, emoji and frames break nothing where the locale has none."""
    own = voicestatus.having(**settings)
    result = await own.run("lookup", "SANDBOX-BUSY", "--language", "pt-BR", *options)
    assert (0, "") == (result.code, result.err)
    assert "failed:486" in result.out
