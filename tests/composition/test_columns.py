"""The columns of a list's file, given back at its end: to its asker alone."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, USER_ID
from bot.settings.settings import Mode
from tests.composition.held_gateway import held_gateway
from tests.slack.watching import SWIFT, expect_rings
from tests.support.scene import Scene, playing
from tests.support.wording import say

SCOPES = ("files:read", "files:write")
NAMES, PHONES = ("Ana", "Bia", "Caio", "Duda"), ("11987654321", "11987654322", "", "11987654323")
IDS = ("SANDBOX-BUSY", "SANDBOX-OK", "SANDBOX-BUSY", "")
LIST: File = {
    "name": "clientes.csv",
    "content": "\r\n".join(
        ("Nome;Fone;IDMSG", *map(";".join, zip(NAMES, PHONES, IDS, strict=True)))
    ),
}
TIMING = replace(SWIFT, pace=0.01)


async def offered(bot: Scene, *, direct: bool) -> Message:
    """The offer to look up the list in a file, in a direct message or a thread of the channel."""
    if direct:
        return await bot.direct("my list", files=[LIST])
    return await bot.comes_of(bot.person.say(f"{BOT_MENTION} my list", files=[LIST]))


async def ended(bot: Scene) -> tuple[list[Message], list[Message]]:
    """What stands in the channel and in the direct messages when the list is over."""
    await bot.slack.wait_for(lambda: any(one.files for one in bot.slack.messages))
    await bot.running.poller.idle()
    channel = [one for one in bot.slack.messages if one.channel == CHANNEL_ID]
    return channel, [one for one in bot.slack.messages if one.channel == bot.person.direct_channel]


def sheets_of(bot: Scene, messages: list[Message]) -> list[list[list[str]]]:
    """The cells of the files in these messages."""
    found = [bot.slack.files.find(str(file["id"])) for one in messages for file in one.files]
    return [
        [*csv.reader(one.content.decode("utf-8-sig").splitlines())]
        for one in found
        if one is not None
    ]


def with_columns(sheet: list[list[str]]) -> None:
    """The file has each row of the list, in its order, with its result."""
    outcomes = ["failed", "answered", "failed"]
    rows = zip(NAMES, PHONES, IDS, ("2", "3", "4", "5"), IDS, strict=True)
    words = [*(say(f"outcome_word.{one}") for one in outcomes), say("sheet.ignored")]
    assert ["Nome", "Fone", "IDMSG", say("sheet.line")] == sheet[0][:4]
    assert [[*row, word] for row, word in zip(rows, words, strict=True)] == [
        row[:6] for row in sheet[1:]
    ]


async def test_the_asker_gets_the_columns_and_the_channel_does_not(mode: Mode) -> None:
    """The channel has the file with the results; the one with the names is a direct message."""
    async with playing(mode, scopes=SCOPES, timing=TIMING) as bot:
        await bot.person.click(await offered(bot, direct=False), "bulk_begin")
        channel, own = await ended(bot)
        expect_rings(bot, USER_ID)

        (others_read,), (sheet,) = sheets_of(bot, channel), sheets_of(bot, own)
        assert [say("sheet.line"), say("sheet.idmsg")] == others_read[0][:2]
        assert not {*NAMES, *PHONES[:2]} & {cell for row in others_read for cell in row}
        with_columns(sheet)
        assert [say("bulk.file.with_columns"), ""] == [one.text for one in own]


async def test_a_list_of_a_direct_message_gets_one_file_with_the_columns(mode: Mode) -> None:
    """Nobody else reads it."""
    async with playing(mode, scopes=SCOPES, timing=TIMING) as bot:
        await bot.person.click(await offered(bot, direct=True), "bulk_begin")
        channel, own = await ended(bot)

        (sheet,) = sheets_of(bot, own)
        with_columns(sheet)
        assert ([], [""]) == (channel, [one.text for one in own if one.files])


@pytest.mark.parametrize("direct", [False, True], ids=["channel", "direct"])
async def test_without_its_file_the_result_comes_alone_and_says_so(
    mode: Mode,
    direct: bool,
) -> None:
    """The file was deleted while the calls were looked up."""
    async with (
        held_gateway() as gateway,
        playing(mode, scopes=SCOPES, timing=TIMING, gateway_url=gateway.url) as bot,
    ):
        offer = await offered(bot, direct=direct)
        await bot.person.click(offer, "bulk_begin")
        await gateway.until_asked()
        (list_file,) = bot.slack.said[-1].files
        bot.slack.files.delete(str(list_file["id"]))
        gateway.may_answer.set()
        channel, own = await ended(bot)
        expect_rings(bot, *([] if direct else [USER_ID]))
        bot.expect_refusals("files.info: file_deleted")

        (sheet,) = sheets_of(bot, [*channel, *own])
        assert [say("sheet.line"), say("sheet.idmsg")] == sheet[0][:2]
        says_so = [one for one in own if say("bulk.file.no_columns") in one.text]
        assert [direct] == [bool(one.files) for one in says_so]
