"""The files of the loopback Slack: attached, described, fetched, uploaded and shared."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.fake_slack.people.person import Person, person_over_socket
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import UserMessage
from bot.fake_slack.state.workspace import (
    BOT_USER_ID,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
)
from tests.fake_slack.bolt_stage import refusal_of

CSV = "IDMSG;telefone\r\nSANDBOX-OK;+55 11\r\n".encode("utf-8-sig")


@pytest.fixture
def slack(slack: LoopbackSlack) -> LoopbackSlack:
    """A Slack whose bot may read and write files."""
    slack.workspace.scopes |= {"files:read", "files:write"}
    return slack


@pytest.fixture
def person(slack: LoopbackSlack) -> Person:
    """A user whose messages reach no bot, because none is connected."""
    return person_over_socket(slack)


async def refusal(doing: Any) -> tuple[str, str | None]:
    """Slack's error code, and the scope that it requires."""
    refused = await refusal_of(doing)
    return refused["error"], refused.get("needed")


def of(message: UserMessage) -> dict[str, Any]:
    """The only file object of a message."""
    (file,) = message.files
    return dict(file)


async def test_a_message_carries_the_object_of_its_file(person: Person) -> None:
    """It has the file's name, type and size, and two private URLs."""
    file = of(await person.say("my list", files=[{"name": "Lista.csv", "content": CSV}]))

    assert ("Lista.csv", "csv", "text/csv", len(CSV)) == tuple(
        file[name] for name in ("name", "filetype", "mimetype", "size")
    )
    assert ("hosted", "visible") == (file["mode"], file["file_access"])
    assert file["url_private_download"].endswith(f"-{file['id']}/download/lista.csv")


async def test_files_info_describes_a_file(client: AsyncWebClient, person: Person) -> None:
    """The object equals that in the message."""
    file = of(await person.say("my list", files=[{"name": "a.csv", "content": CSV}]))

    answer = await client.files_info(file=file["id"])

    assert file == answer["file"]


async def test_without_the_scope_slack_says_which_one_is_needed(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """This applies to reading and writing."""
    slack.workspace.scopes -= {"files:read", "files:write"}

    assert ("missing_scope", "files:read") == await refusal(client.files_info(file="F1"))
    asking = client.files_getUploadURLExternal(filename="a.csv", length=1)
    assert ("missing_scope", "files:write") == await refusal(asking)


async def test_a_file_the_bot_cannot_see_is_not_found(
    client: AsyncWebClient, person: Person
) -> None:
    """This applies to an unknown id, and to a file in a private channel without the bot."""
    hidden = of(await person.say("x", channel=PRIVATE_CHANNEL_ID, files=["a.csv"]))
    public = of(await person.say("x", channel=CHANNEL_WITHOUT_BOT_ID, files=["a.csv"]))

    assert "file_not_found" == (await refusal(client.files_info(file="F404")))[0]
    assert "file_not_found" == (await refusal(client.files_info(file=hidden["id"])))[0]
    assert (await client.files_info(file=public["id"]))["ok"]


async def test_a_deleted_file_leaves_a_tombstone(
    slack: LoopbackSlack, client: AsyncWebClient, person: Person
) -> None:
    """It is gone from the message, from files.info, and from its URL."""
    said = await person.say("x", files=["a.csv", "b.csv"])
    gone, other = said.files

    slack.files.delete(gone["id"])

    now = slack.ledger.find_said(said.channel, said.ts)
    assert now is not None
    assert ({"id": gone["id"], "mode": "tombstone"}, other) == now.files
    assert "file_deleted" == (await refusal(client.files_info(file=gone["id"])))[0]


async def test_a_file_of_another_organisation_has_only_its_id(
    client: AsyncWebClient, person: Person
) -> None:
    """The app has to call files.info, as in every shared channel."""
    stranger = person.as_user(STRANGER_USER_ID)
    said = await stranger.say(
        "x", channel=SHARED_CHANNEL_ID, files=[{"name": "a.csv", "content": CSV}]
    )

    file = of(said)

    assert {"id": file["id"], "mode": "file_access", "file_access": "check_file_info"} == file
    assert "a.csv" == (await client.files_info(file=file["id"]))["file"]["name"]


async def test_the_token_fetches_a_file(
    slack: LoopbackSlack, session: aiohttp.ClientSession, person: Person
) -> None:
    """Both URLs return its bytes."""
    file = of(await person.say("x", files=[{"name": "a.csv", "content": CSV}]))

    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    for address in ("url_private", "url_private_download"):
        async with session.get(file[address], headers=headers) as response:
            assert ("text/csv", CSV) == (response.content_type, await response.read())


async def test_a_download_without_permission_gets_the_sign_in_page(
    slack: LoopbackSlack, session: aiohttp.ClientSession, person: Person
) -> None:
    """The status is 200, so a client has to check the content."""
    file = of(await person.say("x", files=[{"name": "a.csv", "content": CSV}]))
    right = {"Authorization": f"Bearer {slack.bot_token}"}

    for headers in ({}, {"Authorization": "Bearer xoxb-wrong"}, right):
        if headers == right:
            slack.workspace.scopes.discard("files:read")
        async with session.get(file["url_private_download"], headers=headers) as response:
            assert (200, "text/html") == (response.status, response.content_type), headers
            assert (await response.text()).startswith("<!DOCTYPE html>")


async def test_the_sdk_shares_a_file_in_a_thread(
    slack: LoopbackSlack, client: AsyncWebClient, person: Person
) -> None:
    """slack-sdk's three-step upload posts a message with the file in the thread."""
    said = await person.say("x")

    await client.files_upload_v2(
        filename="r.csv",
        title="Result",
        content=CSV,
        channel=CHANNEL_ID,
        thread_ts=said.ts,
        initial_comment="all of it",
    )

    (message,) = slack.replies(CHANNEL_ID, said.ts)
    (file,) = message.files
    assert ("all of it", "r.csv", "Result", BOT_USER_ID) == (
        message.text,
        file["name"],
        file["title"],
        file["user"],
    )
    stored = slack.files.find(file["id"])
    assert stored is not None
    assert CSV == stored.content
    assert [] == slack.refusals == slack.warnings


async def test_a_form_may_carry_the_bytes_too(
    slack: LoopbackSlack, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Slack accepts raw bytes or a form part."""
    begun = await client.files_getUploadURLExternal(filename="a.csv", length=len(CSV))
    form = aiohttp.FormData()
    form.add_field("file", CSV, filename="a.csv")

    async with session.post(begun["upload_url"], data=form) as response:
        assert (200, f"OK - {len(CSV)}") == (response.status, await response.text())
    assert slack.files.is_received(begun["file_id"])


async def test_an_upload_must_have_the_announced_length(
    client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Otherwise the upload is refused, and there is no file."""
    for sent in (CSV + b"x", CSV[:-1]):
        begun = await client.files_getUploadURLExternal(filename="a.csv", length=len(CSV))
        async with session.post(begun["upload_url"], data=sent) as response:
            assert 400 == response.status
        finishing = client.files_completeUploadExternal(files=[{"id": begun["file_id"]}])
        assert "file_not_found" == (await refusal(finishing))[0]


async def test_an_upload_must_be_started_with_a_form(
    slack: LoopbackSlack, session: aiohttp.ClientSession
) -> None:
    """JSON is refused."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    url = f"{slack.api_url}files.getUploadURLExternal"
    async with session.post(url, json={"filename": "a", "length": "1"}, headers=headers) as answer:
        assert "invalid_arguments" == (await answer.json())["error"]


async def uploaded(client: AsyncWebClient, session: aiohttp.ClientSession) -> str:
    """A received upload that is not finished."""
    begun = await client.files_getUploadURLExternal(filename="a.csv", length=len(CSV))
    async with session.post(begun["upload_url"], data=CSV) as response:
        assert 200 == response.status
    return str(begun["file_id"])


async def test_an_upload_is_finished_once(
    slack: LoopbackSlack, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """A second call finds no such upload; without a channel the file is private."""
    file_id = await uploaded(client, session)

    await client.files_completeUploadExternal(files=[{"id": file_id}])

    again = client.files_completeUploadExternal(files=[{"id": file_id}])
    assert "file_not_found" == (await refusal(again))[0]
    assert [] == slack.messages
    assert "a.csv" == (await client.files_info(file=file_id))["file"]["name"]


async def test_a_comment_that_notifies_people_is_recorded(
    slack: LoopbackSlack, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """This applies as to every message of the bot."""
    file_id = await uploaded(client, session)

    await client.files_completeUploadExternal(
        files=[{"id": file_id}], channel_id=CHANNEL_ID, initial_comment="<!channel>"
    )

    assert ["<!channel>"] == [ping.markup for ping in slack.pings]
