"""The bot's file in a thread: shared once, known not to be shared, or reported as unknown."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.domain.jobs.job import Delivery, Destination, Report
from bot.domain.timing import Timing
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import (
    BOT_USER_ID,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    TEAM_ID,
    Channel,
)
from bot.slack.files import upload as result_files
from bot.slack.files.upload import MOST_BYTES, ResultFiles
from tests.slack.file_scene import (
    LINES,
    FileScene,
    Stranger,
    file_scene,
    one_by_one,
    shared,
    stranger,
)
from tests.support.scene import assert_slack_content

WHOLE = b"".join(LINES)


@pytest.fixture
async def scene() -> AsyncIterator[FileScene]:
    """A bot that may write files."""
    async with file_scene("files:write") as running:
        yield running


def result(channel: str = CHANNEL_ID, thread: str | None = None) -> dict[str, Any]:
    """The arguments for a file in a channel."""
    place = Destination(team=TEAM_ID, channel=channel, thread=thread)
    return {"name": "resultado.csv", "title": "Resultado", "place": place}


def called(scene: FileScene) -> list[str]:
    """The methods that were called, in order."""
    return [call.method for call in scene.slack.calls]


async def test_a_file_stands_in_the_thread(scene: FileScene) -> None:
    """Byte by byte as it was given, with its name, its and its title."""
    said = await scene.person.say("x")

    handed = await shared(scene.results, one_by_one(), **result(thread=said.ts))

    (message,) = scene.slack.replies(CHANNEL_ID, said.ts)
    (file,) = message.files
    stored = scene.slack.files.find(file["id"])
    assert stored is not None
    assert (Delivery.SENT, WHOLE) == (handed, stored.content)
    assert ("resultado.csv", "Resultado", BOT_USER_ID) == (
        file["name"],
        file["title"],
        file["user"],
    )
    assert_slack_content(scene.slack)


async def test_outside_of_a_thread_it_stands_in_the_conversation(scene: FileScene) -> None:
    """For example in a direct message."""
    handed = await shared(
        scene.results, one_by_one(), **result(channel=scene.person.direct_channel)
    )

    (message,) = scene.slack.messages
    assert (Delivery.SENT, None) == (handed, message.thread_ts)


async def test_a_file_is_not_shared_where_its_thread_is_gone(scene: FileScene) -> None:
    """The thread is checked right before the step that makes the file visible."""
    said = await scene.person.say("x")
    await scene.person.delete(said)

    assert Delivery.UNDELIVERABLE is await shared(
        scene.results, one_by_one(), **result(thread=said.ts)
    )
    assert ([], "chat.getPermalink") == (scene.slack.messages, called(scene)[-1])


@pytest.fixture
async def reading() -> AsyncIterator[FileScene]:
    """A bot that may also read files, and a message that the user has deleted."""
    scopes = ("files:write", "files:read")
    async with file_scene(*scopes, timing=Timing(file_look=0.01)) as running:
        yield running


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "the answer was lost"])
async def test_a_file_that_is_seen_outside_of_its_thread_is_deleted(
    reading: FileScene, *, lost: bool
) -> None:
    """The thread was deleted in between, or Slack did not report that before."""
    reading.slack.fail_next("chat.getPermalink")
    if lost:
        reading.slack.lose_next_answer("files.completeUploadExternal")

    handed = await shared(reading.results, one_by_one(), **result(thread="1795579300.000001"))

    assert (Delivery.UNDELIVERABLE, []) == (handed, reading.slack.messages)
    assert "files.delete" == called(reading)[-1]


@pytest.mark.parametrize("channel", [CHANNEL_ID, PRIVATE_CHANNEL_ID])
async def test_a_file_that_is_seen_in_its_thread_stays(
    reading: FileScene, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack may show the file late, so the bot checks several times."""
    reading.slack.workspace.join(PRIVATE_CHANNEL_ID)
    said = await reading.person.say("x", channel=channel)
    file = result(thread=said.ts, channel=channel)
    handed = [await shared(reading.results, one_by_one(), **file)]
    looks = [called(reading).count("files.info")]
    monkeypatch.setattr(reading.slack.files, "note_share", lambda *_: None)
    handed.append(await shared(reading.results, one_by_one(), **file))
    looks.append(called(reading).count("files.info"))

    assert ([Delivery.SENT] * 2, [1, 6]) == (handed, looks)
    assert [said.ts] * 2 == [one.thread_ts for one in reading.slack.messages]


async def test_a_share_whose_thread_slack_does_not_name_is_known_by_its_address(
    reading: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the right thread is not deleted."""
    said = await reading.person.say("x")
    note_share = reading.slack.files.note_share

    def unnamed(file_id: str, place: Channel, message: Message) -> None:
        note_share(file_id, place, replace(message, thread_ts=None))

    monkeypatch.setattr(reading.slack.files, "note_share", unnamed)
    assert Delivery.SENT is await shared(reading.results, one_by_one(), **result(thread=said.ts))
    assert 1 == len(reading.slack.messages)


async def test_in_the_conversation_with_a_person_nobody_looks_where_a_file_stands(
    reading: FileScene,
) -> None:
    """Only that user reads a file there."""
    place = reading.person.direct_channel

    handed = await shared(reading.results, one_by_one(), **result(channel=place, thread="1.000001"))
    assert (Delivery.SENT, 1) == (handed, len(reading.slack.messages))
    assert {"files.getUploadURLExternal", "files.completeUploadExternal"} == set(called(reading))


def ten_thousand_lines() -> Iterator[bytes]:
    """Ten megabytes from a generator."""
    for number in range(10_000):
        yield f"{number:1000d}\r\n".encode()


async def test_a_long_file_is_gathered_on_disk(
    scene: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a part of the ten megabytes is in memory at any time."""
    received: list[int] = []
    # Do not count the memory of the loopback Slack.
    monkeypatch.setattr(
        scene.slack.files, "receive", lambda _key, content: received.append(len(content))
    )
    tracemalloc.start()
    with io.BytesIO() as sink:
        monkeypatch.setattr("bot.fake_slack.methods.file_transfer._content", _poured(sink))
        await shared(scene.results, one_by_one(ten_thousand_lines()), **result())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert [10_020_000] == received
    assert most < 5_000_000


async def test_a_file_with_the_names_of_customers_is_never_on_a_disk(
    scene: FileScene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However long it is."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    lines = one_by_one(ten_thousand_lines())
    uploaded = await scene.results.upload(lines, name="result.csv", in_memory=True)
    assert isinstance(uploaded, str)
    place = Destination(team=TEAM_ID, channel=CHANNEL_ID)
    report = await scene.results.show(uploaded, title="Results", place=place, comment="For you:")

    assert Delivery.SENT is report.delivery
    assert "For you:" == scene.slack.messages[-1].text
    on_disk = await scene.results.upload(one_by_one(ten_thousand_lines()), name="result.csv")
    assert Report(delivery=Delivery.UNDELIVERABLE, why="FileNotFoundError") == on_disk


def _poured(_sink: io.BytesIO) -> Any:
    async def content(request: Any, length: int) -> Any:
        count = 0
        async for piece in request.content.iter_chunked(65_536):
            count += len(piece)
        assert count == length
        return range(count)

    return content


async def test_without_the_scope_that_is_told(scene: FileScene) -> None:
    """No byte is sent."""
    scene.slack.workspace.scopes.discard("files:write")

    assert Delivery.UNDELIVERABLE is await shared(scene.results, one_by_one(), **result())
    assert ["files.getUploadURLExternal"] == called(scene)


@pytest.mark.parametrize(
    "channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, "C0NOWHERE01", "U0ANA000001"]
)
async def test_where_the_bot_is_not_the_file_is_not_shared(scene: FileScene, channel: str) -> None:
    """Slack refuses, so the result is certain."""
    assert Delivery.UNDELIVERABLE is await shared(
        scene.results, one_by_one(), **result(channel=channel)
    )
    assert [] == scene.slack.messages


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload"])
@pytest.mark.parametrize("status", [429, 500])
async def test_what_fails_before_the_last_step_is_certain(
    scene: FileScene, step: str, status: int
) -> None:
    """An unfinished upload is not visible, so it can be retried as a whole."""
    scene.slack.fail_next(step, error="internal_error", status=status)

    assert Delivery.NOT_SENT is await shared(scene.results, one_by_one(), **result())
    assert 1 == called(scene).count("files.getUploadURLExternal")
    assert "files.completeUploadExternal" not in called(scene)


async def test_an_upload_whose_answer_is_lost_is_not_shared(scene: FileScene) -> None:
    """Slack discards an upload without the last step."""
    scene.slack.lose_next_answer("upload")

    assert Delivery.NOT_SENT is await shared(scene.results, one_by_one(), **result())
    assert 1 == scene.slack.file_transfer.uploads


@pytest.mark.parametrize(
    ("failing", "handed"),
    [
        ({"error": "internal_error"}, Delivery.UNKNOWN),
        ({"error": "internal_error", "status": 503}, Delivery.UNKNOWN),
        ({"error": "ratelimited", "retry_after": 1}, Delivery.NOT_SENT),
        ({"error": "missing_scope"}, Delivery.UNDELIVERABLE),
        ({"error": "file_not_found"}, Delivery.UNDELIVERABLE),
    ],
    ids=["internal", "503", "rate limit", "scope", "no such file"],
)
async def test_the_last_step_says_what_is_certain(
    scene: FileScene, failing: dict[str, Any], handed: Delivery
) -> None:
    """And is not retried."""
    scene.slack.fail_next("files.completeUploadExternal", **failing)

    assert handed is await shared(scene.results, one_by_one(), **result())
    assert 1 == called(scene).count("files.completeUploadExternal")


async def test_a_last_answer_that_is_lost_leaves_it_unknown(scene: FileScene) -> None:
    """Slack shows the file, but the bot cannot know that."""
    scene.slack.lose_next_answer("files.completeUploadExternal")

    assert Delivery.UNKNOWN is await shared(scene.results, one_by_one(), **result())
    assert 1 == len(scene.slack.messages)
    assert 1 == called(scene).count("files.completeUploadExternal")


@pytest.mark.parametrize(
    "lines",
    [(), (b"",), (b"x" * (MOST_BYTES + 1),), (b"x" * 1_000_000 for _ in range(1_000))],
    ids=["nothing", "an empty line", "one byte too many", "a gigabyte"],
)
async def test_nothing_and_too_much_are_not_sent(scene: FileScene, lines: Any) -> None:
    """Slack gets no call."""
    assert Delivery.UNDELIVERABLE is await shared(scene.results, one_by_one(lines), **result())
    assert [] == called(scene)


async def test_the_largest_file_is_shared(scene: FileScene) -> None:
    """Of exactly the limit."""
    lines = one_by_one([b"x" * MOST_BYTES])
    assert Delivery.SENT is await shared(scene.results, lines, **result())


async def test_a_fault_of_the_lines_is_not_hidden(scene: FileScene) -> None:
    """The error is raised to the caller, and no file is shared."""

    async def broken() -> AsyncIterator[bytes]:
        yield LINES[0]
        raise LookupError

    with pytest.raises(LookupError):
        await shared(scene.results, broken(), **result())
    assert [] == called(scene)


async def test_a_full_disk_is_no_crash(scene: FileScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is posted already; only the file is missing."""

    class Full(io.BytesIO):
        """A full disk."""

        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_files, "SpooledTemporaryFile", lambda **_: Full())

    assert Delivery.UNDELIVERABLE is await shared(scene.results, one_by_one(), **result())


@pytest.fixture
async def other() -> AsyncIterator[Stranger]:
    """A server that is not Slack."""
    async with stranger() as running:
        yield running


async def test_the_file_goes_to_no_other_host(
    scene: FileScene, other: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any URL in the answer."""
    monkeypatch.setattr(
        scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
    )

    assert Delivery.UNDELIVERABLE is await shared(scene.results, one_by_one(), **result())
    assert [] == other.requests


@pytest.mark.parametrize("status", [302, 307])
async def test_an_upload_carries_no_token_and_follows_nobody(
    scene: FileScene, other: Stranger, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The URL is the secret; a redirect, of a proxy, would send the calls to another host."""
    async with stranger() as third:

        async def away(_: Any) -> aiohttp.web.StreamResponse:
            return aiohttp.web.Response(status=status, headers={"Location": f"{third.url}/x"})

        other.answer = away
        monkeypatch.setattr(
            scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
        )
        scene.trust(other)

        assert Delivery.NOT_SENT is await shared(scene.results, one_by_one(), **result())
        assert [] == third.requests
    (request,) = other.requests
    assert str(len(WHOLE)) == request["Content-Length"]
    assert "Authorization" not in request


async def test_an_answer_without_an_address_is_none(
    scene: FileScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any value in its place."""
    monkeypatch.setattr(scene.slack.files, "begin_upload", lambda *_: (7, None))

    assert Delivery.UNDELIVERABLE is await shared(scene.results, one_by_one(), **result())


async def test_silence_has_an_end(other: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload without a response is stopped."""

    async def silent(_: Any) -> aiohttp.web.StreamResponse:
        await asyncio.sleep(60)
        return aiohttp.web.Response()

    other.answer = silent
    async with file_scene("files:write", timing=Timing(send=0.1)) as scene:
        monkeypatch.setattr(
            scene.slack.files, "begin_upload", lambda *_: ("F1", f"{other.url}/upload/v1/x")
        )
        scene.trust(other)

        assert Delivery.NOT_SENT is await shared(scene.results, one_by_one(), **result())


async def test_an_unreachable_slack_is_no_crash(scene: FileScene) -> None:
    """No byte was sent, so Slack has no file."""
    client = scene.client.__class__(
        token="xoxb-x", base_url="http://127.0.0.1:9/api/", session=scene.session
    )
    results = ResultFiles(client=client, session=scene.session)

    assert Delivery.NOT_SENT is await shared(results, one_by_one(), **result())


async def test_neither_token_nor_content_is_logged(scene: FileScene, log: io.StringIO) -> None:
    """The log has only Slack's error code."""
    await shared(scene.results, one_by_one(), **result())
    await shared(scene.results, one_by_one(), **result(channel=CHANNEL_WITHOUT_BOT_ID))

    assert "not_in_channel" in log.getvalue()
    for secret in (scene.slack.bot_token, "SANDBOX", "resultado", "LoopbackUpload"):
        assert secret not in log.getvalue()
