"""A file of the bot's own in a thread: shared once, or known not to be, or known to be unknown."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.domain.timing import Timing
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import (
    BOT_USER_ID,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    Channel,
)
from bot.slack.files import upload as result_files
from bot.slack.files.upload import MOST_BYTES, Handover, Lines, ResultFile, ResultFiles
from tests.slack.file_scene import FileScene, Stranger, file_scene, stranger
from tests.support.scene import assert_slack_content

LINES = ("IDMSG;resultado\r\n".encode("utf-8-sig"), "SANDBOX-OK;atendida é\r\n".encode())
WHOLE = b"".join(LINES)


@pytest.fixture
async def scene() -> AsyncIterator[FileScene]:
    """A bot that may write files."""
    async with file_scene("files:write") as running:
        yield running


def result(**changes: Any) -> ResultFile:
    """A file for a channel."""
    usual: dict[str, Any] = {"name": "resultado.csv", "title": "Resultado", "channel": CHANNEL_ID}
    return ResultFile(**usual | changes)


def called(scene: FileScene) -> list[str]:
    """The methods that were called, in order."""
    return [call.method for call in scene.slack.calls]


async def in_pieces() -> AsyncIterator[bytes]:
    """The same lines, one after the other."""
    for line in LINES:
        yield line


@pytest.mark.parametrize("kind", ["a list", "a generator", "an async generator"])
async def test_a_file_stands_in_the_thread(scene: FileScene, kind: str) -> None:
    """Byte by byte as it was given, with its name, its title and the words beside it."""
    said = await scene.person.say("x")
    ways: dict[str, Lines] = {
        "a list": LINES,
        "a generator": iter(LINES),
        "an async generator": in_pieces(),
    }

    handed = await scene.results.share(result(thread=said.ts, comment="All of it"), ways[kind])

    (message,) = scene.slack.replies(CHANNEL_ID, said.ts)
    (file,) = message.files
    stored = scene.slack.files.find(file["id"])
    assert stored is not None
    assert (Handover.SHARED, WHOLE) == (handed, stored.content)
    assert ("All of it", "resultado.csv", "Resultado", BOT_USER_ID) == (
        message.text,
        file["name"],
        file["title"],
        file["user"],
    )
    assert_slack_content(scene.slack)


async def test_outside_of_a_thread_it_stands_in_the_conversation(scene: FileScene) -> None:
    """As in the conversation with one person."""
    handed = await scene.results.share(result(channel=scene.person.direct_channel), LINES)

    (message,) = scene.slack.messages
    assert (Handover.SHARED, None) == (handed, message.thread_ts)


async def test_a_file_is_not_shared_where_its_thread_is_gone(scene: FileScene) -> None:
    """It is looked at right before the one step that people see."""
    said = await scene.person.say("x")
    await scene.person.delete(said)

    assert Handover.NOT_SHARED is await scene.results.share(result(thread=said.ts), LINES)
    assert ([], "chat.getPermalink") == (scene.slack.messages, called(scene)[-1])


@pytest.fixture
async def reading() -> AsyncIterator[FileScene]:
    """A bot that may read files as well, and whose person's message is gone."""
    scopes = ("files:write", "files:read")
    async with file_scene(*scopes, timing=Timing(file_look=0.01)) as running:
        yield running


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "the answer was lost"])
async def test_a_file_that_is_seen_outside_of_its_thread_is_deleted(
    reading: FileScene, *, lost: bool
) -> None:
    """The thread went in between, or Slack did not say so before."""
    reading.slack.fail_next("chat.getPermalink")
    if lost:
        reading.slack.lose_next_answer("files.completeUploadExternal")

    handed = await reading.results.share(result(thread="1795579300.000001"), LINES)

    assert (Handover.NOT_SHARED, []) == (handed, reading.slack.messages)
    assert "files.delete" == called(reading)[-1]


@pytest.mark.parametrize("channel", [CHANNEL_ID, PRIVATE_CHANNEL_ID])
async def test_a_file_that_is_seen_in_its_thread_stays(
    reading: FileScene, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Slack says; where it shows the file later, it is looked at several times."""
    reading.slack.workspace.join(PRIVATE_CHANNEL_ID)
    said = await reading.person.say("x", channel=channel)
    file = result(thread=said.ts, channel=channel)
    handed = [await reading.results.share(file, LINES)]
    looks = [called(reading).count("files.info")]
    monkeypatch.setattr(reading.slack.files, "note_share", lambda *_: None)
    handed.append(await reading.results.share(file, LINES))
    looks.append(called(reading).count("files.info"))

    assert ([Handover.SHARED] * 2, [1, 6]) == (handed, looks)
    assert [said.ts] * 2 == [one.thread_ts for one in reading.slack.messages]


async def test_a_share_whose_thread_slack_does_not_name_is_known_by_its_address(
    reading: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that stands where it should is not deleted."""
    said = await reading.person.say("x")
    note_share = reading.slack.files.note_share

    def unnamed(file_id: str, place: Channel, message: Message) -> None:
        note_share(file_id, place, replace(message, thread_ts=None))

    monkeypatch.setattr(reading.slack.files, "note_share", unnamed)
    assert Handover.SHARED is await reading.results.share(result(thread=said.ts), LINES)
    assert 1 == len(reading.slack.messages)


async def test_in_the_conversation_with_a_person_nobody_looks_where_a_file_stands(
    reading: FileScene,
) -> None:
    """Nobody else reads it there."""
    place = reading.person.direct_channel

    handed = await reading.results.share(result(channel=place, thread="1.000001"), LINES)
    assert (Handover.SHARED, 1) == (handed, len(reading.slack.messages))
    assert {"files.getUploadURLExternal", "files.completeUploadExternal"} == set(called(reading))


def ten_thousand_lines() -> Iterator[bytes]:
    """Ten megabytes, made as they are asked for."""
    for number in range(10_000):
        yield f"{number:1000d}\r\n".encode()


async def test_a_long_file_is_gathered_on_disk(
    scene: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten megabytes there is never more than a part in memory."""
    received: list[int] = []
    # What Slack keeps is Slack's memory, not the bot's.
    monkeypatch.setattr(
        scene.slack.files, "receive", lambda _key, content: received.append(len(content))
    )
    tracemalloc.start()
    with io.BytesIO() as sink:
        monkeypatch.setattr("bot.fake_slack.methods.file_transfer._content", _poured(sink))
        await scene.results.share(result(), ten_thousand_lines())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert [10_020_000] == received
    assert most < 5_000_000


def _poured(_sink: io.BytesIO) -> Any:
    async def content(request: Any, length: int) -> Any:
        count = 0
        async for piece in request.content.iter_chunked(65_536):
            count += len(piece)
        assert count == length
        return range(count)

    return content


async def test_without_the_scope_that_is_told(scene: FileScene) -> None:
    """Nothing is sent."""
    scene.slack.workspace.scopes.discard("files:write")

    assert Handover.NO_PERMISSION is await scene.results.share(result(), LINES)
    assert ["files.getUploadURLExternal"] == called(scene)


@pytest.mark.parametrize(
    "channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, "C0NOWHERE01", "U0ANA000001"]
)
async def test_where_the_bot_is_not_the_file_is_not_shared(scene: FileScene, channel: str) -> None:
    """Slack says no, and that is certain."""
    assert Handover.NOT_SHARED is await scene.results.share(result(channel=channel), LINES)
    assert [] == scene.slack.messages


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload"])
@pytest.mark.parametrize("status", [429, 500])
async def test_what_fails_before_the_last_step_is_certain(
    scene: FileScene, step: str, status: int
) -> None:
    """Nobody sees an upload that was not finished; it may be tried later, as a whole."""
    scene.slack.fail_next(step, error="internal_error", status=status)

    assert Handover.LATER is await scene.results.share(result(), LINES)
    assert 1 == called(scene).count("files.getUploadURLExternal")
    assert "files.completeUploadExternal" not in called(scene)


async def test_an_upload_whose_answer_is_lost_is_not_shared(scene: FileScene) -> None:
    """Without the last step it is discarded."""
    scene.slack.lose_next_answer("upload")

    assert Handover.LATER is await scene.results.share(result(), LINES)
    assert 1 == scene.slack.file_transfer.uploads


@pytest.mark.parametrize(
    ("failing", "handed"),
    [
        ({"error": "internal_error"}, Handover.UNKNOWN),
        ({"error": "internal_error", "status": 503}, Handover.UNKNOWN),
        ({"error": "ratelimited", "retry_after": 1}, Handover.LATER),
        ({"error": "missing_scope"}, Handover.NO_PERMISSION),
        ({"error": "file_not_found"}, Handover.NOT_SHARED),
    ],
    ids=["internal", "503", "rate limit", "scope", "no such file"],
)
async def test_the_last_step_says_what_is_certain(
    scene: FileScene, failing: dict[str, Any], handed: Handover
) -> None:
    """And is not repeated."""
    scene.slack.fail_next("files.completeUploadExternal", **failing)

    assert handed is await scene.results.share(result(), LINES)
    assert 1 == called(scene).count("files.completeUploadExternal")


async def test_a_last_answer_that_is_lost_leaves_it_unknown(scene: FileScene) -> None:
    """The file stands there, and the bot cannot know."""
    scene.slack.lose_next_answer("files.completeUploadExternal")

    assert Handover.UNKNOWN is await scene.results.share(result(), LINES)
    assert 1 == len(scene.slack.messages)
    assert 1 == called(scene).count("files.completeUploadExternal")


@pytest.mark.parametrize(
    "lines",
    [(), (b"",), (b"x" * (MOST_BYTES + 1),), (b"x" * 1_000_000 for _ in range(1_000))],
    ids=["nothing", "an empty line", "one byte too many", "a gigabyte"],
)
async def test_nothing_and_too_much_are_not_sent(scene: FileScene, lines: Any) -> None:
    """Slack is not even asked."""
    assert Handover.NOT_SHARED is await scene.results.share(result(), lines)
    assert [] == called(scene)


async def test_a_fault_of_the_lines_is_not_hidden(scene: FileScene) -> None:
    """What cannot be read is the caller's affair, and nothing is shared of it."""

    async def broken() -> AsyncIterator[bytes]:
        yield LINES[0]
        raise LookupError

    with pytest.raises(LookupError):
        await scene.results.share(result(), broken())
    assert [] == called(scene)


async def test_a_full_disk_is_no_crash(scene: FileScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report stands already; only the file is missing."""

    class Full(io.BytesIO):
        """A disk without room."""

        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_files, "SpooledTemporaryFile", lambda **_: Full())

    assert Handover.NOT_SHARED is await scene.results.share(result(), LINES)


@pytest.fixture
async def other() -> AsyncIterator[Stranger]:
    """A server that is not Slack."""
    async with stranger() as running:
        yield running


async def test_the_file_goes_to_no_other_host(
    scene: FileScene, other: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the answer points."""
    monkeypatch.setattr(
        scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
    )

    assert Handover.NOT_SHARED is await scene.results.share(result(), LINES)
    assert [] == other.requests


@pytest.mark.parametrize("status", [302, 307])
async def test_an_upload_carries_no_token_and_follows_nobody(
    scene: FileScene, other: Stranger, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The address is the secret; a redirection would carry the calls elsewhere."""
    async with stranger() as third:

        async def away(_: Any) -> aiohttp.web.StreamResponse:
            return aiohttp.web.Response(status=status, headers={"Location": f"{third.url}/x"})

        other.answer = away
        monkeypatch.setattr(
            scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
        )
        scene.trust(other)

        assert Handover.NOT_SHARED is await scene.results.share(result(), LINES)
        assert [] == third.requests
    (request,) = other.requests
    assert str(len(WHOLE)) == request["Content-Length"]
    assert "Authorization" not in request


async def test_an_answer_without_an_address_is_none(
    scene: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in its place."""
    monkeypatch.setattr(scene.slack.files, "begin_upload", lambda *_: (7, None))

    assert Handover.NOT_SHARED is await scene.results.share(result(), LINES)


async def test_silence_has_an_end(other: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the bytes and does not answer is left."""

    async def silent(_: Any) -> aiohttp.web.StreamResponse:
        await asyncio.sleep(60)
        return aiohttp.web.Response()

    other.answer = silent
    async with file_scene("files:write", timing=Timing(send=0.1)) as scene:
        monkeypatch.setattr(
            scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
        )
        scene.trust(other)

        assert Handover.LATER is await scene.results.share(result(), LINES)


async def test_an_unreachable_slack_is_no_crash(scene: FileScene) -> None:
    """Nothing was sent, so nothing stands there."""
    client = scene.client.__class__(
        token="xoxb-x", base_url="http://127.0.0.1:9/api/", session=scene.session
    )
    results = ResultFiles(client=client, session=scene.session)

    assert Handover.LATER is await results.share(result(), LINES)


async def test_neither_token_nor_content_is_logged(scene: FileScene, log: io.StringIO) -> None:
    """The log says Slack's word, and no more."""
    await scene.results.share(result(), LINES)
    await scene.results.share(result(channel=CHANNEL_WITHOUT_BOT_ID), LINES)

    assert "not_in_channel" in log.getvalue()
    for secret in (scene.slack.bot_token, "SANDBOX", "resultado", "LoopbackUpload"):
        assert secret not in log.getvalue()
