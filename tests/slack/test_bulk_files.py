"""A list in a file: read from the message that it is attached to, and given back as a sheet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from listing import DONE, REPORT, reports, said, saying
from scene import heading, seen
from watching import expect_rings
from ways import BUSY, CHECK, Ways, in_view, visiting

from bot.demo.loopback.file_shelf import File, StoredFile
from bot.demo.loopback.ledger import UserMessage, View
from bot.demo.loopback.workspace import CHANNEL_ID, USER_ID
from bot.demo.person import Outcome
from bot.domain.id_list import MAX_BYTES
from bot.settings import Mode
from bot.slack import file_reception

SCOPES = {"files:read", "files:write"}
# What Excel in Brazil writes: semicolons, Windows-1252.
EXCEL = (
    "Cliente;Telefone;IDMSG\r\n"
    "João;11987654321;SANDBOX-OK\r\n"
    "Ana;11987654322;SANDBOX-BUSY\r\n"
    "Zé;;\r\n"
    "Íris;11987654323;SANDBOX-BUSY\r\n"
).encode("cp1252")
LIST: File = {"name": "Ligações de março.csv", "content": EXCEL}


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot that may read and write files, in both modes."""
    async with visiting(mode, scopes=SCOPES) as scene:
        yield scene


async def with_file(ways: Ways, file: File = LIST, text: str = "the calls") -> UserMessage:
    """A message with a file, on which the shortcut was chosen."""
    message = await ways.person.say(text, files=[file])
    await ways.person.message_shortcut(CHECK, message)
    return message


async def shown(ways: Ways, file: File = LIST) -> View:
    """What the form shows of a file."""
    await with_file(ways, file)
    return await ways.modal()


async def uploaded(ways: Ways) -> StoredFile:
    """The file that the bot has shared, as soon as it has."""

    def by_bot() -> list[str]:
        return [str(file["id"]) for message in ways.slack.messages for file in message.files]

    await ways.slack.wait_for(lambda: bool(by_bot()))
    (file_id,) = by_bot()
    file = ways.slack.files.find(file_id)
    assert file is not None
    return file


async def test_a_list_in_a_file_is_shown_begun_and_given_back_in_the_thread(ways: Ways) -> None:
    """The form says what it holds; the report stands below the message, and the sheet with it."""
    message = await with_file(ways)
    view = await ways.modal()
    assert "I have read `Ligações de março.csv`." in in_view(view)
    assert "2 calls are looked up." in in_view(view)
    assert "from the column `IDMSG`, and from no other" in in_view(view)
    assert "1 repetition is left out" in in_view(view)
    assert "Line 4" in in_view(view)
    assert [] == ways.asked

    told = await ways.person.submit(view)
    assert told.view is not None
    assert "Reading the file" in in_view(told.view)

    report = await said(ways, REPORT)
    file = await uploaded(ways)
    assert (CHANNEL_ID, message.ts) == (report.channel, report.thread_ts)
    assert "📋 Ligações de março.csv: 2 calls" == heading(await said(ways, DONE))
    assert "I have begun with the list" in in_view(await ways.modal())
    assert "result-Ligações-de-março.csv" == file.name
    rows = file.content.decode("utf-8-sig").splitlines()
    assert ["SANDBOX-OK", "SANDBOX-BUSY"] == [row.split(",")[1] for row in rows[1:3]]
    assert [report] == reports(ways)
    expect_rings(ways, USER_ID)


async def test_the_sheet_is_in_the_language_of_the_thread(mode: Mode) -> None:
    """In Portuguese with semicolons, for Excel in Brazil."""
    async with visiting(mode, scopes=SCOPES, bot_language="pt-BR") as ways:
        await ways.person.submit(await shown(ways))
        file = await uploaded(ways)

        assert file.name.startswith("resultado-")
        assert file.content.startswith("\ufeffNº;IDMSG;".encode())
        assert b';"85,00";' in file.content
        expect_rings(ways, USER_ID)


async def test_without_the_scope_the_report_comes_all_the_same(mode: Mode) -> None:
    """The file is all that is missing."""
    async with visiting(mode, scopes={"files:read"}) as ways:
        await ways.person.submit(await shown(ways))
        await said(ways, REPORT)

        asked = "files.getUploadURLExternal"
        await ways.slack.wait_for(lambda: asked in [call.method for call in ways.slack.calls])
        assert [] == [file for message in ways.slack.messages for file in message.files]
        expect_rings(ways, USER_ID)


BAD: dict[str, tuple[File, str]] = {
    "empty": ({"name": "a.csv", "content": b""}, "There is nothing in it."),
    "spreadsheet": ({"name": "a.xlsx", "content": b"PK\x03\x04"}, "this is neither"),
    "spreadsheet in disguise": (
        {"name": "a.csv", "content": b"PK\x03\x04" + b"xl/workbook.xml" * 9},
        "a spreadsheet in its own format",
    ),
    "50 MB": ({"name": "a.csv", "content": b"x", "size": 50_000_000}, "larger than"),
    "more than it says": (
        {"name": "a.csv", "content": b"SANDBOX-OK\n" * (MAX_BYTES // 11 + 1), "size": 10},
        "larger than",
    ),
    "wrong column": (
        {"name": "a.csv", "content": b"name;city\nAna;Recife\n"},
        "which column holds the IDMSGs",
    ),
    "many lines": (
        {"name": "a.csv", "content": b"SANDBOX-OK\n" + b"x\n" * 1_000_000},
        "lines",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_holds_no_list_is_told_with_what_to_do(ways: Ways, name: str) -> None:
    """In the form, to the one who asked; the gateway is not asked."""
    file, reason = BAD[name]
    view = await shown(ways, file)

    assert "There is no list to look up" in in_view(view)
    assert reason in in_view(view)
    assert ([], []) == (ways.asked, ways.slack.messages)


async def test_ids_in_the_words_are_answered_beside_the_file(ways: Ways) -> None:
    """Both are wanted: the card comes in the thread, the list stands in the form."""
    message = await with_file(ways, text="IDMSG: SANDBOX-BUSY and these")

    card = await ways.slack.wait_for_message()
    assert (BUSY, message.ts) == (heading(card), card.thread_ts)
    assert "2 calls are looked up." in in_view(await ways.modal())


async def test_a_file_that_is_no_list_does_not_stand_before_ids_in_the_words(ways: Ways) -> None:
    """The ids are answered, and no form is in the way."""
    await with_file(ways, {"name": "a.csv", "content": b""}, text="IDMSG: SANDBOX-BUSY")

    assert BUSY == heading(await ways.slack.wait_for_message())
    assert [] == ways.slack.modals_of(USER_ID)


async def test_a_file_that_takes_long_is_read_while_the_form_says_so(
    ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack opens no form later than three seconds after the click."""
    monkeypatch.setattr(file_reception, "FIRST_LOOK_SECONDS", 0.0)
    await with_file(ways)

    view = await ways.modal_showing("2 calls are looked up.")
    told = await ways.person.submit(view)
    assert told.action is Outcome.UPDATED
    await said(ways, REPORT)
    expect_rings(ways, USER_ID)


async def test_a_file_that_was_deleted_meanwhile_does_not_begin(ways: Ways) -> None:
    """It is read again when it begins, because another process may have read it before."""
    message = await with_file(ways)
    view = await ways.modal()
    ways.slack.files.delete(str(message.files[0]["id"]))
    await ways.person.submit(view)

    assert "was deleted" in in_view(await ways.modal_showing("There is no list to look up"))
    assert [] == saying(ways, REPORT)
    ways.expect_refusals("files.info: file_deleted")


async def test_who_may_not_look_up_learns_nothing_of_the_file(mode: Mode) -> None:
    """The refusal comes before the file is fetched."""
    async with visiting(mode, scopes=SCOPES, allowed_users=frozenset({"U0NOBODY"})) as ways:
        await with_file(ways)
        refusal = await ways.slack.wait_for_message()

        assert "You may not look calls up here" in seen(refusal)
        assert [] == [call for call in ways.slack.calls if call.method.startswith("files.")]
