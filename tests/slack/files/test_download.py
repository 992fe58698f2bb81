"""Attached files: downloaded only from Slack, size-limited, with a message for every problem."""

from __future__ import annotations

import asyncio
import gc
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.domain.id_lists.id_list import MAX_BYTES, UnreadableListError
from bot.domain.timing import Timing
from bot.fake_slack.state.workspace import (
    PRIVATE_CHANNEL_ID,
    SHARED_CHANNEL_ID,
    STRANGER_USER_ID,
)
from bot.slack.files.file_objects import FileProblem, UnreadableFileError
from tests.slack.file_scene import FileScene, Stranger, file_scene, stranger

CSV = "IDMSG\r\nSANDBOX-OK\r\nSANDBOX-BUSY\r\n".encode("utf-8-sig")
FILE: dict[str, Any] = {"name": "list.csv", "content": CSV}
HUGE = 50 * 1024 * 1024


@pytest.fixture
async def scene() -> AsyncIterator[FileScene]:
    """A bot that may read files."""
    async with file_scene("files:read") as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[Stranger]:
    """A server that is not Slack."""
    async with stranger() as running:
        yield running


async def problem(
    scene: FileScene, message: Any
) -> tuple[FileProblem | UnreadableListError, tuple[str, ...]]:
    """The problem with the message's file, and the files concerned."""
    with pytest.raises(UnreadableFileError) as unread:
        await scene.attached.fetch(message)
    return unread.value.problem, unread.value.names


def infos(scene: FileScene) -> int:
    """The number of files.info calls."""
    return sum(call.method == "files.info" for call in scene.slack.calls)


async def test_the_one_list_of_a_message_is_fetched(scene: FileScene) -> None:
    """Pictures beside it are skipped."""
    message = await scene.message("photo.png", FILE, "voice.wav")

    file, content = await scene.attached.fetch(message)

    assert ("list.csv", CSV) == (file.name, content)
    assert (1, 1) == (infos(scene), scene.slack.file_transfer.downloads)


async def test_of_a_shared_channel_slack_is_asked_what_the_file_is(scene: FileScene) -> None:
    """The message has only the id; files.info is called once."""
    guest = scene.person.as_user(STRANGER_USER_ID)
    said = await guest.say("x", channel=SHARED_CHANNEL_ID, files=[FILE])

    file, content = await scene.attached.fetch(scene.shown(said))

    assert ("list.csv", CSV, 1) == (file.name, content, infos(scene))


async def test_an_untold_file_that_is_no_list_is_passed_over(scene: FileScene) -> None:
    """The type in files.info counts."""
    guest = scene.person.as_user(STRANGER_USER_ID)
    said = await guest.say("x", channel=SHARED_CHANNEL_ID, files=["photo.png", FILE])

    assert CSV == (await scene.attached.fetch(scene.shown(said)))[1]


async def test_the_same_file_twice_is_one(scene: FileScene) -> None:
    """In the message and in a message forwarded in it."""
    message = await scene.message(FILE)
    message["attachments"] = [{"files": message["files"]}]

    assert CSV == (await scene.attached.fetch(message))[1]


async def test_no_file_is_no_question(scene: FileScene) -> None:
    """Slack gets no call without a file."""
    assert (FileProblem.NONE, ()) == await problem(scene, await scene.message())
    assert 0 == infos(scene)


async def test_several_lists_are_named(scene: FileScene) -> None:
    """The user has to choose one; no file is downloaded."""
    message = await scene.message(FILE, {"name": "other.txt", "content": "x"})

    assert (FileProblem.SEVERAL, ("list.csv", "other.txt")) == await problem(scene, message)
    assert 0 == scene.slack.file_transfer.downloads


@pytest.mark.parametrize("name", ["photo.png", "voice.mp3", "call.mp4", "lists.zip", "run.exe"])
async def test_what_is_no_text_is_not_fetched(scene: FileScene, name: str) -> None:
    """A picture, a recording, an archive, a program."""
    assert (FileProblem.NOT_A_LIST, (name,)) == await problem(scene, await scene.message(name))
    assert (0, 0) == (infos(scene), scene.slack.file_transfer.downloads)


async def test_a_file_that_is_kept_outside_is_not_fetched(scene: FileScene) -> None:
    """Slack does not have its content."""
    message = await scene.message({"name": "l.csv", "mode": "external", "is_external": True})

    assert (FileProblem.OUTSIDE, ("l.csv",)) == await problem(scene, message)


async def test_of_several_problems_the_one_that_can_be_solved_is_named(scene: FileScene) -> None:
    """A file elsewhere, rather than one that is gone or no list."""
    gone = {"id": "F0GONE", "mode": "tombstone"}
    outside = {"id": "F0DRIVE", "name": "l.csv", "is_external": True}
    message = {"files": [gone, {"id": "F0PHOTO", "name": "p.png"}, outside]}

    assert (FileProblem.OUTSIDE, ("l.csv",)) == await problem(scene, message)


async def test_a_tombstone_is_a_deleted_file(scene: FileScene) -> None:
    """The current message shows that."""
    said = await scene.person.say("x", files=[FILE])
    scene.slack.files.delete(said.files[0]["id"])

    assert FileProblem.DELETED == (await problem(scene, scene.shown(said)))[0]


async def test_a_file_that_was_deleted_since_is_deleted(scene: FileScene) -> None:
    """The payload is out of date; files.info is not."""
    message = await scene.message(FILE)
    scene.slack.files.delete(message["files"][0]["id"])

    assert (FileProblem.DELETED, ("list.csv",)) == await problem(scene, message)


async def test_a_file_that_the_bot_does_not_see_is_not_visible(scene: FileScene) -> None:
    """For example in a private channel without the bot."""
    message = await scene.message(FILE, channel=PRIVATE_CHANNEL_ID)

    assert (FileProblem.NOT_VISIBLE, ("list.csv",)) == await problem(scene, message)


async def test_without_the_scope_that_is_said(scene: FileScene) -> None:
    """And the content is not requested."""
    scene.slack.workspace.scopes.discard("files:read")

    assert FileProblem.NO_PERMISSION == (await problem(scene, await scene.message(FILE)))[0]
    assert 0 == scene.slack.file_transfer.downloads


@pytest.mark.parametrize("error", ["token_revoked", "internal_error", "fatal_error", "whatever"])
async def test_where_slack_does_not_describe_it_it_is_away(scene: FileScene, error: str) -> None:
    """A failed call is not the file's fault."""
    message = await scene.message(FILE)
    scene.slack.fail_next("files.info", error=error)

    assert FileProblem.AWAY == (await problem(scene, message))[0]


async def test_a_brief_rate_limit_is_waited_for(scene: FileScene) -> None:
    """The user does not have to ask again."""
    message = await scene.message(FILE)
    scene.slack.fail_next("files.info", error="ratelimited", retry_after=0)

    assert CSV == (await scene.attached.fetch(message))[1]


async def test_a_size_that_slack_tells_is_enough(scene: FileScene) -> None:
    """No byte is downloaded."""
    message = await scene.message(FILE | {"size": MAX_BYTES + 1})

    assert (FileProblem.TOO_LARGE, ("list.csv",)) == await problem(scene, message)
    assert 0 == scene.slack.file_transfer.downloads


async def test_five_megabytes_are_not_too_large(scene: FileScene) -> None:
    """The limit is inclusive."""
    message = await scene.message({"name": "l.csv", "content": b"x" * MAX_BYTES})

    assert MAX_BYTES == len((await scene.attached.fetch(message))[1])


async def test_a_wrong_size_is_found_out_by_the_length(scene: FileScene) -> None:
    """files.info reports ten bytes; Content-Length is correct."""
    large = {"name": "l.csv", "content": b"x" * (MAX_BYTES + 1), "size": 10}

    assert FileProblem.TOO_LARGE == (await problem(scene, await scene.message(large)))[0]


def addressed(url: str) -> dict[str, Any]:
    """A file with this download URL."""
    return FILE | {"url_private_download": url, "url_private": url}


async def endless(request: web.Request) -> web.StreamResponse:
    """Fifty megabytes without Content-Length."""
    response = web.StreamResponse(headers={"Content-Type": "text/csv"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        for _ in range(HUGE // 65_536):
            await response.write(b"x" * 65_536)
    except ConnectionError:
        request.app["broken off"] = True
    return response


async def test_bytes_are_counted_where_no_length_is_told(scene: FileScene, other: Stranger) -> None:
    """Of fifty megabytes little more than five are read, and the connection is closed."""
    message = await scene.message(addressed(f"{other.url}/l.csv") | {"size": 10})
    other.answer = endless
    scene.trust(other)
    gc.collect()
    tracemalloc.start()

    why = (await problem(scene, message))[0]

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert FileProblem.TOO_LARGE == why
    # The content, the spare capacity of the array, and the buffers of both ends.
    assert most < 4 * MAX_BYTES < HUGE


async def test_a_small_answer_that_unfolds_is_counted_as_it_unfolds(
    scene: FileScene, other: Stranger
) -> None:
    """Fifty megabytes compressed to fifty kilobytes."""
    packed = gzip.compress(b"x" * HUGE)

    async def folded(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
        return web.Response(body=packed, headers=headers)

    message = await scene.message(addressed(f"{other.url}/l.csv"))
    other.answer = folded
    scene.trust(other)
    tracemalloc.start()

    why = (await problem(scene, message))[0]

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert FileProblem.TOO_LARGE == why
    assert most < 4 * MAX_BYTES < HUGE


async def test_a_forged_address_in_a_message_is_not_used(scene: FileScene, other: Stranger) -> None:
    """The URL comes from files.info; the token is sent only to Slack."""
    message = await scene.message(FILE)
    forged = f"{other.url}/files-pri/T1-F1/download/list.csv"
    message["files"][0] = message["files"][0] | {"url_private_download": forged}

    assert CSV == (await scene.attached.fetch(message))[1]
    assert [] == other.requests


async def test_the_token_goes_to_no_other_host(scene: FileScene, other: Stranger) -> None:
    """Not even if files.info names another host."""
    message = await scene.message(addressed(f"{other.url}/list.csv"))

    assert (FileProblem.ELSEWHERE, ("list.csv",)) == await problem(scene, message)
    assert [] == other.requests


async def leading(to: str, scene: FileScene, other: Stranger, status: int) -> FileProblem:
    """The result for a URL that redirects."""

    async def away(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    message = await scene.message(addressed(f"{other.url}/list.csv"))
    other.answer = away
    scene.trust(other)
    why, _ = await problem(scene, message)
    assert isinstance(why, FileProblem)
    return why


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirection_is_followed(scene: FileScene, other: Stranger, status: int) -> None:
    """Slack redirects to its sign-in page; another server may redirect to any host."""
    async with stranger() as third:
        assert FileProblem.SIGN_IN == await leading(f"{third.url}/x", scene, other, status)
        assert [] == third.requests
    assert 1 == len(other.requests)


async def test_the_sign_in_page_is_no_list(scene: FileScene) -> None:
    """Slack sends it with status 200 if the token may not read the file."""
    hidden = f"{scene.slack.base_url}/files-pri/T0LOOPBACK1-F0000000404/download/list.csv"

    message = await scene.message(addressed(hidden))

    assert (FileProblem.SIGN_IN, ("list.csv",)) == await problem(scene, message)


@pytest.mark.parametrize(
    "name", ["list.xls", "list.xlsx", "list.pdf", "list.html", "list", "l.bin"]
)
async def test_what_may_be_text_is_fetched_whatever_its_name(scene: FileScene, name: str) -> None:
    """Its bytes decide what it is."""
    message = await scene.message({"name": name, "content": CSV})

    assert CSV == (await scene.attached.fetch(message))[1]


async def test_a_file_with_the_name_of_a_list_goes_before_others(scene: FileScene) -> None:
    """A document beside it is not read."""
    message = await scene.message("report.pdf", FILE, "notes.docx")

    assert "list.csv" == (await scene.attached.fetch(message))[0].name


async def test_of_several_files_without_such_a_name_none_is_chosen(scene: FileScene) -> None:
    """They are probably no lists."""
    message = await scene.message("report.pdf", "notes.docx")

    assert (FileProblem.NOT_A_LIST, ("report.pdf", "notes.docx")) == await problem(scene, message)
    assert 0 == scene.slack.file_transfer.downloads


KINDS = ["text/html", "application/octet-stream", "text/csv"]


async def served(scene: FileScene, other: Stranger, body: bytes, kind: str) -> dict[str, Any]:
    """A message whose file is served as these bytes of this kind."""

    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=kind)

    message = await scene.message(addressed(f"{other.url}/list.csv"))
    other.answer = page
    scene.trust(other)
    return message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE html><html lang="en-US" class="" data-cdn="https://a.slack-edge.com/"><head>',
        b'\r\n <HTML lang="en"><head>\n<link href="https://a.slack-edge.com/x.css">',
        b"<!DOCTYPE html>\n<html><head><title>Slack</title></head><body>Sign in</body>",
        b"<html><head><script>" + b" " * 50_000 + b"</script><title>Login | Slack</title>",
    ],
)
async def test_a_page_of_slack_is_its_sign_in_page(
    scene: FileScene, other: Stranger, body: bytes, kind: str
) -> None:
    """Known by Slack's own marks, for any content type."""
    message = await served(scene, other, body, kind)

    assert FileProblem.SIGN_IN == (await problem(scene, message))[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><table><tr><td>IDMSG</td></tr><tr><td>236180474</td></tr></table>",
        b"<html><head><title>Slack de maio</title></head><body>MPG000236180474</body></html>",
        b"MPG000236180474;see https://a.slack-edge.com/ <title>Slack</title>",
        b"<html>" + b" " * 70_000 + b"<title>Slack</title>",
        b"SANDBOX-OK",
    ],
)
async def test_any_other_page_is_the_file(
    scene: FileScene, other: Stranger, body: bytes, kind: str
) -> None:
    """Systems export lists as web pages."""
    message = await served(scene, other, body, kind)

    assert body == (await scene.attached.fetch(message))[1]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, FileProblem.SIGN_IN),
        (403, FileProblem.SIGN_IN),
        (404, FileProblem.DELETED),
        (410, FileProblem.DELETED),
        (429, FileProblem.AWAY),
        (500, FileProblem.AWAY),
        (204, FileProblem.AWAY),
    ],
)
async def test_a_status_that_is_not_200_is_no_file(
    scene: FileScene, status: int, why: FileProblem
) -> None:
    """Each status has its own problem."""
    message = await scene.message(FILE)
    scene.slack.fail_next("download", status=status)

    assert (why, ("list.csv",)) == await problem(scene, message)


async def test_silence_has_an_end(other: Stranger) -> None:
    """A download that stalls is stopped."""

    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"SANDBOX-OK\n")
        await asyncio.sleep(60)
        return response

    async with file_scene("files:read", timing=Timing(fetch=0.1)) as scene:
        message = await scene.message(addressed(f"{other.url}/list.csv"))
        other.answer = silent
        scene.trust(other)

        assert FileProblem.AWAY == (await problem(scene, message))[0]


async def test_a_transfer_that_breaks_off_gives_no_half_list(
    scene: FileScene, other: Stranger
) -> None:
    """A part of the ids would look like all of them."""

    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"SANDBOX-OK\n")
        assert request.transport is not None
        request.transport.abort()
        return response

    message = await scene.message(addressed(f"{other.url}/list.csv"))
    other.answer = half
    scene.trust(other)

    assert FileProblem.AWAY == (await problem(scene, message))[0]


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"files": None},
        {"files": "F1"},
        {"files": [None, 1, "F1", [], {}, {"id": 1}]},
        {"files": {"id": "F1"}},
        {"attachments": [{"files": [{"id": {}}]}]},
    ],
)
async def test_junk_is_no_file(scene: FileScene, junk: dict[str, Any]) -> None:
    """For any content of a payload."""
    assert (FileProblem.NONE, ()) == await problem(scene, junk)


@pytest.mark.parametrize(
    "described",
    [{}, {"id": "F404", "name": "list.csv"}, {"id": 7}, {"file_access": "check_file_info"}],
    ids=["nothing", "another file", "no id", "untold again"],
)
async def test_an_odd_description_is_none(scene: FileScene, described: dict[str, Any]) -> None:
    """Above all, the description of another file is ignored."""
    message = await scene.message(FILE)
    stored = scene.slack.files.find(message["files"][0]["id"])
    assert stored is not None
    own = {"id": stored.id} if "file_access" in described else {}
    scene.slack.files._stored[stored.id] = replace(stored, described=own | described)

    assert FileProblem.AWAY == (await problem(scene, message))[0]


async def test_what_turned_into_something_else_is_not_fetched(scene: FileScene) -> None:
    """The message's type is a list's, and the type in files.info is not."""
    message = await scene.message("photo.png")
    message["files"][0] = message["files"][0] | {"name": "list.csv", "mimetype": "text/csv"}

    assert (FileProblem.NOT_A_LIST, ("photo.png",)) == await problem(scene, message)


ROWS = b"Nome;IDMSG\r\nAna;SANDBOX-OK\r\n"


async def shared(scene: FileScene, content: bytes = ROWS) -> tuple[str, str]:
    """The id and the digest of a list that was read."""
    message = await scene.message({"name": "list.csv", "content": content})
    found = await scene.attached.read(message, user="U1", max_ids=9)
    return found.id, found.digest


async def test_the_columns_of_a_file_are_read_again_by_its_id(scene: FileScene) -> None:
    """Other files are not its business."""
    file, digest = await shared(scene)
    await shared(scene, CSV)
    original = await scene.attached.original(file, digest, max_ids=1)

    assert original is not None
    assert [["Ana", "SANDBOX-OK"]] == [row.cells for row in original.rows]


async def test_a_file_that_is_gone_or_has_changed_has_no_columns(scene: FileScene) -> None:
    """The results come without them."""
    file, digest = await shared(scene)
    other, _ = await shared(scene, ROWS.replace(b"Ana", b"Bia"))
    assert None is await scene.attached.original(other, digest, max_ids=1)
    assert None is await scene.attached.original("F0", digest, max_ids=1)
    scene.slack.files.delete(file)
    assert None is await scene.attached.original(file, digest, max_ids=1)


async def test_a_file_that_takes_too_much_to_read_has_no_columns(scene: FileScene) -> None:
    """Or has more ids than the list."""
    file, digest = await shared(scene)
    assert None is await scene.attached.original(file, digest, max_ids=0)


async def test_columns_that_slack_does_not_send_now_may_be_there_later(scene: FileScene) -> None:
    """So the caller asks again."""
    file, digest = await shared(scene)
    scene.slack.fail_next("files.info", error="internal_error")
    with pytest.raises(UnreadableFileError):
        await scene.attached.original(file, digest, max_ids=1)
    assert await scene.attached.original(file, digest, max_ids=1) is not None
