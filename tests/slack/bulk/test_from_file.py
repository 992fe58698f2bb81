"""A list in a file: read from its message, and returned as a sheet in the thread."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.fake_slack.people.person import Outcome
from bot.fake_slack.state.file_shelf import File, StoredFile
from bot.fake_slack.state.ledger import UserMessage, View
from bot.fake_slack.state.workspace import CHANNEL_ID, USER_ID
from bot.settings.settings import Mode
from tests.slack.listing import DONE, REPORT, reports, said
from tests.slack.watching import SWIFT, expect_rings, saying
from tests.support.reading import heading, in_view, seen
from tests.support.scene import CHECK, Scene, Stages
from tests.support.wording import BUSY, PT, REFUSED, phrase, say

SCOPES = frozenset({"files:read", "files:write"})
FOUND = say("bulk.modal.found", count=2)
NO_LIST = say("bulk.modal.no_list_title")
# The format of Excel in Brazil: semicolons, Windows-1252.
EXCEL = (
    "Cliente;Telefone;IDMSG\r\n"
    "João;11987654321;SANDBOX-OK\r\n"
    "Ana;11987654322;SANDBOX-BUSY\r\n"
    "Zé;;\r\n"
    "Íris;11987654323;SANDBOX-BUSY\r\n"
).encode("cp1252")
NAME = "Ligações de março.csv"
LIST: File = {"name": NAME, "content": EXCEL}


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot that may read and write files."""
    async with stages.scene(mode, scopes=SCOPES, timing=SWIFT) as scene:
        yield scene


async def with_file(ways: Scene, file: File = LIST, text: str = "the calls") -> UserMessage:
    """A message with a file, for the shortcut."""
    message = await ways.person.say(text, files=[file])
    await ways.person.message_shortcut(CHECK, message)
    return message


async def shown(ways: Scene, file: File = LIST) -> View:
    """The text in the modal about a file."""
    await with_file(ways, file)
    return await ways.modal()


async def uploaded(ways: Scene) -> StoredFile:
    """Wait for the file that the bot shares."""

    def by_bot() -> list[str]:
        return [str(file["id"]) for message in ways.slack.messages for file in message.files]

    await ways.slack.wait_for(lambda: bool(by_bot()))
    (file_id,) = by_bot()
    file = ways.slack.files.find(file_id)
    assert file is not None
    return file


async def test_a_list_in_a_file_is_shown_begun_and_given_back_in_the_thread(ways: Scene) -> None:
    """The modal shows the list; the report and the sheet are posted in the message's thread."""
    message = await with_file(ways)
    view = await ways.modal()
    assert say("bulk.modal.file", file=NAME) in in_view(view)
    assert FOUND in in_view(view)
    assert say("bulk.modal.column", column="IDMSG") in in_view(view)
    assert say("bulk.doubles", count=1) in in_view(view)
    assert phrase("bulk.modal.ignored_row", number=4).search(in_view(view))
    assert [] == ways.asked

    assert Outcome.CLEARED is (await ways.person.submit(view)).action

    report = await said(ways, REPORT)
    file = await uploaded(ways)
    assert (CHANNEL_ID, message.ts) == (report.channel, report.thread_ts)
    title = say("bulk.heading_of_file", name=NAME, count=2)
    assert title == heading(await said(ways, DONE))
    assert f"{say('bulk.file.name')}-Ligações-de-março.csv" == file.name
    rows = file.content.decode("utf-8-sig").splitlines()
    assert ["SANDBOX-OK", "SANDBOX-BUSY"] == [row.split(",")[1] for row in rows[1:3]]
    assert [report] == reports(ways)
    expect_rings(ways, USER_ID)


async def test_the_sheet_is_in_the_language_of_the_thread(mode: Mode, stages: Stages) -> None:
    """In Portuguese with semicolons, for Excel in Brazil."""
    async with stages.scene(mode, scopes=SCOPES, timing=SWIFT, bot_language="pt-BR") as ways:
        await ways.person.submit(await shown(ways))
        file = await uploaded(ways)

        assert file.name.startswith(f"{say('bulk.file.name', PT)}-")
        assert file.content.startswith(f"\ufeff{say('sheet.line', PT)};".encode())
        assert b';"85,00";' in file.content
        expect_rings(ways, USER_ID)


async def test_without_the_scope_the_report_comes_all_the_same(mode: Mode, stages: Stages) -> None:
    """Only the file is missing."""
    async with stages.scene(mode, scopes={"files:read"}, timing=SWIFT) as ways:
        await ways.person.submit(await shown(ways))
        await said(ways, REPORT)

        asked = "files.getUploadURLExternal"
        await ways.slack.wait_for(lambda: asked in [call.method for call in ways.slack.calls])
        assert [] == [file for message in ways.slack.messages for file in message.files]
        expect_rings(ways, USER_ID)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (
            {"name": "a.csv", "content": b"PK\x03\x04" + b"xl/workbook.xml" * 9},
            phrase("list.problem.spreadsheet"),
        ),
        ({"name": "a.csv", "content": b"x", "size": 50_000_000}, phrase("file.too_large")),
    ],
    ids=["a file that was read", "a file that was not fetched"],
)
async def test_what_holds_no_list_is_told_with_what_to_do(
    ways: Scene, file: File, problem: re.Pattern[str]
) -> None:
    """In a modal, to the asker; the gateway gets no request."""
    view = await shown(ways, file)

    assert NO_LIST in in_view(view)
    assert problem.search(in_view(view))
    assert ([], []) == (ways.asked, ways.slack.messages)


async def test_ids_in_the_words_are_answered_beside_the_file(ways: Scene) -> None:
    """The card is posted in the thread, and the modal shows the list."""
    message = await with_file(ways, text="IDMSG: SANDBOX-BUSY and these")

    card = await ways.slack.wait_for_message()
    assert (BUSY, message.ts) == (heading(card), card.thread_ts)
    assert FOUND in in_view(await ways.modal())


async def test_a_file_that_is_no_list_does_not_stand_before_ids_in_the_words(ways: Scene) -> None:
    """The ids are answered, and no modal opens."""
    await with_file(ways, {"name": "a.csv", "content": b""}, text="IDMSG: SANDBOX-BUSY")

    assert BUSY == heading(await ways.slack.wait_for_message())
    assert [] == ways.slack.modals_of(USER_ID)


async def test_a_file_that_takes_long_is_read_while_the_form_says_so(
    mode: Mode, stages: Stages
) -> None:
    """A `trigger_id` expires three seconds after the click; once submitted, the form closes."""
    timing = replace(SWIFT, first_look=0.0)
    async with stages.scene(mode, scopes=SCOPES, timing=timing) as ways:
        await with_file(ways)

        view = await ways.modal_showing(FOUND)
        assert Outcome.CLEARED is (await ways.person.submit(view)).action
        await said(ways, REPORT)
        assert [] == saying(ways, say("bulk.note.begun_title"))
        expect_rings(ways, USER_ID)


async def test_a_file_that_takes_long_and_is_gone_then_is_said_directly(
    mode: Mode, stages: Stages
) -> None:
    """The form is closed by then."""
    timing = replace(SWIFT, first_look=0.0)
    async with stages.scene(mode, scopes=SCOPES, timing=timing) as ways:
        message = await with_file(ways)
        view = await ways.modal_showing(FOUND)
        ways.slack.files.delete(str(message.files[0]["id"]))
        assert Outcome.CLEARED is (await ways.person.submit(view)).action

        told = await ways.slack.wait_for_message()
        assert (ways.person.direct_channel, NO_LIST) == (told.channel, heading(told))
        assert phrase("file.deleted").search(seen(told))
        ways.expect_refusals("files.info: file_deleted")


async def test_a_file_that_was_deleted_meanwhile_does_not_begin(ways: Scene) -> None:
    """It is read again, because another process may have shown it."""
    message = await with_file(ways)
    view = await ways.modal()
    ways.slack.files.delete(str(message.files[0]["id"]))
    await ways.person.submit(view)

    assert phrase("file.deleted").search(in_view(await ways.modal_showing(NO_LIST)))
    assert [] == saying(ways, REPORT)
    ways.expect_refusals("files.info: file_deleted")


async def test_a_file_that_was_changed_meanwhile_does_not_begin(ways: Scene) -> None:
    """The user has not seen the new list."""
    message = await with_file(ways)
    view = await ways.modal()
    stored = ways.slack.files.find(str(message.files[0]["id"]))
    assert stored is not None
    ways.slack.files._stored[stored.id] = replace(stored, content=b"IDMSG\nSANDBOX-404\n")
    await ways.person.submit(view)

    assert say("bulk.modal.changed") in in_view(await ways.modal_showing(NO_LIST))
    assert [] == ways.asked


async def test_who_may_not_look_up_learns_nothing_of_the_file(mode: Mode, stages: Stages) -> None:
    """Access is checked before the file is downloaded."""
    async with stages.scene(mode, scopes=SCOPES, allowed_users="U0NOBODY") as ways:
        await with_file(ways)
        refusal = await ways.slack.wait_for_message()

        assert REFUSED in seen(refusal)
        assert [] == [call for call in ways.slack.calls if call.method.startswith("files.")]


async def test_neither_name_nor_content_is_logged(ways: Scene, log: io.StringIO) -> None:
    """The log has only the problem."""
    ids = b"\n".join(b"SANDBOX-%d" % number for number in range(10_001))
    await shown(ways, {"name": "secret.csv", "content": b"IDMSG\n" + ids})

    assert "too_many_ids" in log.getvalue()
    for secret in (ways.slack.bot_token, "secret.csv", "SANDBOX"):
        assert secret not in log.getvalue()
