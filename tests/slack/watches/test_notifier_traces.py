"""Whether Slack has a notice already: where the bot looks, and what it cannot see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.jobs.job import Destination, Trace
from bot.domain.jobs.watch import Watch
from bot.domain.timing import Timing
from bot.fake_slack.state.ledger import Message, UserMessage
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    PRIVATE_CHANNEL_ID,
    TEAM_ID,
    USER_ID,
)
from bot.slack.watches.notifier import SlackNotifier, mark_of
from tests.slack.notifying import Telling, choices, connected, notifier_at, telling
from tests.slack.watching import READING, watch_of
from tests.support.rough_slack import Answer, answering, raw, rough_slack, silence

# Before the start of the watch in `watch_of`, like the question in its thread.
ROOT = "1795000000.000001"
IN_THREAD = Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=ROOT)
TO_ASKER = Destination(team=TEAM_ID, channel=USER_ID)
REPLIES, HISTORY, OPEN = (
    "conversations.replies",
    "conversations.history",
    "conversations.open",
)


@pytest.fixture
async def scene() -> AsyncIterator[Telling]:
    """A notifier that may read, and a user's message."""
    async with telling(*READING) as running:
        begin(running)
        yield running


def begin(scene: Telling, channel: str = CHANNEL_ID) -> None:
    """Post the message whose thread gets the notice."""
    scene.slack.said.append(
        UserMessage(channel=channel, ts=ROOT, user=USER_ID, team=TEAM_ID, text="where is it?")
    )


def watched(destination: Destination = IN_THREAD, **changes: Any) -> Watch:
    """A watch with an attempt whose result is unknown."""
    return watch_of(destination=destination, **changes)


async def trace_of(notifier: SlackNotifier, watch: Watch) -> Trace:
    """What a search for the notice of one watch shows."""
    (trace,) = [one async for one in notifier.find_sent([watch])]
    return trace


@pytest.mark.parametrize("destination", [IN_THREAD, TO_ASKER], ids=["thread", "direct"])
async def test_a_notice_that_was_posted_is_found(scene: Telling, destination: Destination) -> None:
    """Although Slack's answer was lost; another watch's notice does not count."""
    watch = watched(destination)
    scene.slack.lose_next_answer("chat.postMessage")
    await scene.notifier.tell(watch)

    assert Trace.FOUND is await trace_of(scene.notifier, watch)
    assert Trace.NONE is await trace_of(scene.notifier, watched(destination, id="f" * 16))


@pytest.mark.parametrize("destination", [IN_THREAD, TO_ASKER], ids=["thread", "direct"])
async def test_where_none_was_posted_there_is_none(
    scene: Telling, destination: Destination
) -> None:
    """Other messages of users and of the bot do not count."""
    scene.slack.workspace.direct(USER_ID)
    await scene.notifier.tell(watched(destination, id="f" * 16))

    assert Trace.NONE is await trace_of(scene.notifier, watched(destination))


async def test_a_notice_that_had_to_go_elsewhere_is_found_there(scene: Telling) -> None:
    """In the direct message, because the thread refused it."""
    scene.slack.fail_next("chat.postMessage", error="restricted_action")
    await scene.notifier.tell(watched())

    assert Trace.FOUND is await trace_of(scene.notifier, watched())


async def test_every_page_is_looked_at() -> None:
    """The notice may be on a later page of a busy thread."""
    async with telling(*READING, page=2) as scene:
        begin(scene)
        for number in range(7):
            await scene.notifier.tell(watched(id=f"{number:016x}"))
        await scene.notifier.tell(watched())

        assert Trace.FOUND is await trace_of(scene.notifier, watched())
        assert Trace.NONE is await trace_of(scene.notifier, watched(id="f" * 16))
    assert scene.called(REPLIES) > 4


async def test_without_the_metadata_the_first_block_is_enough(scene: Telling) -> None:
    """Slack may omit metadata if a scope is missing."""
    watch = watched()
    block = {"type": "section", "block_id": mark_of(watch).block_id, "text": {}}
    scene.messages.append(
        Message(
            channel=CHANNEL_ID, ts="1795579301.000009", thread_ts=ROOT, text="t", blocks=(block,)
        )
    )

    assert Trace.FOUND is await trace_of(scene.notifier, watch)


async def test_a_thread_whose_first_message_is_gone_holds_none(scene: Telling) -> None:
    """Slack does not find such a thread."""
    scene.slack.said.clear()

    assert Trace.NONE is await trace_of(scene.notifier, watched())


async def test_a_notice_that_landed_outside_of_its_thread_is_deleted_and_counts_as_none(
    scene: Telling,
) -> None:
    """Slack's answer was lost, so the bot did not know; another watch's notice stays."""
    watch, other = watched(), watched(id="f" * 16)
    scene.slack.said.clear()
    for one in (other, watch):
        scene.slack.fail_next("chat.getPermalink")
        scene.slack.lose_next_answer("chat.postMessage")
        await scene.notifier.tell(one)
    assert [None, None] == [message.thread_ts for message in scene.messages]

    assert Trace.NONE is await trace_of(scene.notifier, watch)
    (left,) = scene.messages
    assert {"watch": other.id} == (left.metadata or {})["event_payload"]
    assert Trace.NONE is await trace_of(scene.notifier, watch)


async def test_a_channel_that_cannot_be_looked_at_now_is_looked_at_later(scene: Telling) -> None:
    """The channel may have the notice already."""
    scene.slack.fail_next(HISTORY, error="internal_error")

    assert Trace.AWAY is await trace_of(scene.notifier, watched())


@pytest.mark.parametrize(
    ("granted", "destination", "trace"),
    [
        ((), IN_THREAD, Trace.UNREADABLE),
        (("im:write",), IN_THREAD, Trace.UNREADABLE),
        (("channels:history",), IN_THREAD, Trace.NONE),
        ((), TO_ASKER, Trace.UNREADABLE),
        (("im:write",), TO_ASKER, Trace.NONE),
    ],
    ids=["nothing", "directly only", "the thread only", "nothing, directly", "directly"],
)
async def test_what_may_not_be_read_is_said_to_be_unreadable(
    granted: tuple[str, ...], destination: Destination, trace: Trace
) -> None:
    """The bot would have posted in a thread that it can read, regardless of other places."""
    async with telling(*granted) as scene:
        begin(scene)

        assert trace is await trace_of(scene.notifier, watched(destination))


@pytest.mark.parametrize("channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID, "C0GONE00001"])
async def test_where_the_bot_cannot_write_only_the_direct_message_counts(
    scene: Telling, channel: str
) -> None:
    """The channel refused the notice, so it was sent directly or not at all."""
    begin(scene, channel)
    scene.slack.workspace.scopes |= {"groups:history"}
    watch = watched(Destination(team=TEAM_ID, channel=channel, thread=ROOT))

    assert Trace.NONE is await trace_of(scene.notifier, watch)
    await scene.notifier.tell(watch)
    assert Trace.FOUND is await trace_of(scene.notifier, watch)


@pytest.mark.parametrize("method", [REPLIES, OPEN, HISTORY])
async def test_a_slack_that_does_not_answer_is_asked_later(scene: Telling, method: str) -> None:
    """That proves nothing; a permanent error means that the bot cannot read there."""
    away: list[dict[str, Any]] = [
        {"error": "ratelimited", "retry_after": 60},
        {"error": "fatal_error", "status": 500},
        *({"error": word} for word in ("internal_error", "token_revoked", "No Such Word")),
    ]
    destination = IN_THREAD if method == REPLIES else TO_ASKER
    found = []
    for failure in (*away, {"error": "some_new_word"}):
        scene.slack.fail_next(method, **failure)
        found.append(await trace_of(scene.notifier, watched(destination)))

    assert [*[Trace.AWAY] * len(away), Trace.UNREADABLE] == found


@pytest.mark.parametrize(
    ("answer", "trace"),
    [
        (raw(b"", status=502), Trace.AWAY),
        (answering({"ok": True}), Trace.NONE),
        (answering({"ok": True, "messages": "x", "response_metadata": 3}), Trace.NONE),
        (answering({"ok": True, "messages": [None, {"metadata": 1, "blocks": 2}]}), Trace.NONE),
    ],
    ids=["a bad gateway", "nothing", "another shape", "odd messages"],
)
async def test_odd_answers_are_read_without_trust(answer: Answer, trace: Trace) -> None:
    """For any answer, from Slack or a proxy."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers = {HISTORY: answer, OPEN: answering({"ok": True, "channel": {"id": "D1"}})}

        assert trace is await trace_of(notifier_at(client, who), watched(TO_ASKER))


async def test_where_slack_says_nothing_in_time_it_is_away() -> None:
    """A later retry looks again."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers = {HISTORY: silence, OPEN: answering({"ok": True, "channel": {"id": "D1"}})}
        notifier = notifier_at(client, who, timing=Timing(trace=0.1))

        assert Trace.AWAY is await trace_of(notifier, watched(TO_ASKER))
        slack.answers = {OPEN: silence}
        assert Trace.AWAY is await trace_of(notifier, watched(TO_ASKER))


async def test_only_what_was_written_since_is_read(scene: Telling) -> None:
    """From one minute before the ending on."""
    await trace_of(scene.notifier, watched())

    asked = next(call.arguments for call in scene.slack.calls if call.method == REPLIES)
    assert f"{watched().started_at.timestamp() - 60:.6f}" == asked["oldest"]
    assert "1" == asked["include_all_metadata"]


async def traces(scene: Telling, *watches: Watch) -> list[Trace]:
    """What one search for several notices shows."""
    return [one async for one in scene.notifier.find_sent(watches)]


async def test_one_reading_serves_all_that_are_in_doubt_there(scene: Telling) -> None:
    """A thread, the channel and a direct conversation are read once, however many are in doubt."""
    posted = [watched(id=f"{number:016x}") for number in range(9)]
    lost = [watched(id=f"{number:016x}") for number in range(9, 20)]
    for watch in posted:
        await scene.notifier.tell(watch)
    await scene.notifier.tell(watched(TO_ASKER, id="e" * 16))
    direct = watched(TO_ASKER, id="e" * 16)

    found = await traces(scene, *posted[:5], *lost, *posted[5:], direct)
    nothing, expected = [Trace.NONE] * 11, [Trace.FOUND] * 5
    assert [*expected, *nothing, *expected] == found
    assert (1, 2, 1) == tuple(scene.called(method) for method in (REPLIES, HISTORY, OPEN))


async def test_the_rate_limit_of_reading_is_kept_by_all(scene: Telling) -> None:
    """Where Slack allows one reading a second, each comes when it asks for it."""
    scene.slack.limit(REPLIES, seconds=1.0)
    watches = [watched(id=f"{number:016x}") for number in range(2)]
    await scene.notifier.tell(watches[0])

    both = await asyncio.gather(*(traces(scene, watch) for watch in watches))
    assert [[Trace.FOUND], [Trace.NONE]] == both
    # The second one was refused once.
    assert 3 == scene.called(REPLIES)


async def test_a_slack_that_is_away_is_not_asked_for_each_of_many(scene: Telling) -> None:
    """They are searched for later, all of them."""
    scene.slack.fail_next(REPLIES, error="internal_error")
    watches = [watched(id=f"{number:016x}") for number in range(5)]

    assert [Trace.AWAY] * 5 == await traces(scene, *watches)
    assert 1 == scene.called(REPLIES)


async def test_each_watch_of_a_notice_is_found(scene: Telling) -> None:
    """By the metadata, and without it by the block that is about it."""
    watches = [watched(id=f"{number:016x}") for number in range(3)]
    await scene.notifier.tell(*watches)
    expected = [Trace.FOUND] * 3 + [Trace.NONE]

    assert expected == await traces(scene, *watches, watched(id="f" * 16))
    (message,) = scene.messages
    scene.messages[:] = [replace(message, metadata=None)]
    assert expected == await traces(scene, *watches, watched(id="f" * 16))
