"""Slack's answer shows when a post missed its thread; the post is then deleted."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import bot.slack
from bot.domain.jobs.job import PostedCard
from bot.domain.timing import Timing
from bot.fake_slack.methods.chat import ChatMethods
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.ledger import UserMessage
from bot.fake_slack.state.workspace import CHANNEL_ID, PRIVATE_CHANNEL_ID, TEAM_ID, USER_ID
from bot.slack.api.posted import Threads
from tests.slack.notifying import ASKED, connected
from tests.support.rough_slack import answering, in_turn, raw, rough_slack, silence

DELETE, LINK = "chat.delete", "chat.getPermalink"
DIRECT = f"D{USER_ID[1:]}"
PROMPT = Timing(first_deletion=0.01)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`Threads` and the loopback Slack, with one existing thread."""

    slack: LoopbackSlack
    threads: Threads

    def post(self, thread: str | None = ASKED.ts, channel: str = CHANNEL_ID) -> dict[str, Any]:
        """Post to a thread as the bot does; return Slack's answer."""
        wanted = {} if thread is None else {"thread_ts": thread}
        posting = ChatMethods(self.slack.ledger, self.slack.workspace)
        return posting.post({"channel": channel, "text": "secret words", **wanted})

    async def landed(self, answer: object, thread: str | None = ASKED.ts, **where: str) -> bool:
        """Whether the post is in its thread."""
        arguments = {"channel": CHANNEL_ID, "thread_ts": thread} | where
        return await self.threads.landed(arguments, answer)

    @property
    def called(self) -> list[str]:
        """The methods that were called, in order."""
        return [call.method for call in self.slack.calls]


@asynccontextmanager
async def threading(timing: Timing = PROMPT) -> AsyncIterator[Scene]:
    """Make `Threads` at a loopback Slack."""
    async with (
        running_slack() as slack,
        connected(slack.api_url, slack.bot_token) as client,
    ):
        slack.said.append(ASKED)
        yield Scene(slack=slack, threads=Threads(client, timing=timing))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """`Threads` without delays."""
    async with threading() as running:
        yield running


async def test_what_stands_in_its_thread_stays(scene: Scene) -> None:
    """And so does a post without a thread; Slack gets no further calls."""
    assert await scene.landed(scene.post())
    assert await scene.landed(scene.post(None), None)

    assert ([], 2) == (scene.called, len(scene.slack.messages))


async def test_what_landed_in_the_channel_is_deleted(scene: Scene) -> None:
    """The thread's first message was deleted, and it had no replies."""
    scene.slack.said.clear()

    assert not await scene.landed(scene.post())
    assert ([DELETE], []) == (scene.called, scene.slack.messages)


async def test_what_landed_in_another_thread_is_deleted(scene: Scene) -> None:
    """The readers of that thread did not ask."""
    assert not await scene.landed(scene.post(), "1795579300.000002")
    assert ([DELETE], []) == (scene.called, scene.slack.messages)


async def test_one_persons_own_conversation_is_no_place_to_delete_from(scene: Scene) -> None:
    """In a direct message only the asker reads a post outside of its thread."""
    scene.slack.workspace.direct(USER_ID)
    answer = scene.post(channel=DIRECT)

    assert "thread_ts" not in answer["message"]
    assert await scene.landed(answer, channel=DIRECT)
    assert await scene.threads.exists(DIRECT, ASKED.ts)
    assert ([], 1) == (scene.called, len(scene.slack.messages))


async def test_an_answer_without_the_message_is_judged_by_its_address(scene: Scene) -> None:
    """The permalink names the thread; a post that cannot be placed is deleted."""
    answers = [scene.post()]
    scene.slack.said.append(replace(ASKED, ts="1795579300.000009"))
    answers.append(scene.post("1795579300.000009"))
    answers.append(scene.post(None))
    bare = [{name: one[name] for name in ("channel", "ts")} for one in answers]

    assert [True, False, False] == [await scene.landed(one) for one in bare]
    scene.slack.fail_next(LINK)
    assert not await scene.landed(bare[0])
    assert [] == scene.slack.messages


@pytest.mark.parametrize("missing", ["channel", "ts"])
async def test_what_landed_elsewhere_is_deleted_whatever_the_answer_leaves_out(
    scene: Scene, missing: str
) -> None:
    """The channel is the one that was asked for, and the message has its time stamp, too."""
    scene.slack.said.clear()
    answer = {name: value for name, value in scene.post().items() if name != missing}

    assert not await scene.landed(answer)
    assert [] == scene.slack.messages


@pytest.mark.parametrize("answer", [{"ok": True}, {"message": []}, {"ts": 5}, [], None])
async def test_what_cannot_be_found_again_is_reported_and_counts_as_elsewhere(
    scene: Scene, answer: object, log: io.StringIO
) -> None:
    """For any answer of Slack's, the log asks an operator to look for the post."""
    assert not await scene.landed(answer)

    assert [] == scene.called
    assert '"error"' in log.getvalue()
    assert "no_ts" in log.getvalue()


@pytest.mark.parametrize(
    "failure",
    [
        {"error": "ratelimited", "retry_after": 0},
        {"error": "internal_error"},
        {"error": "fatal_error", "status": 503},
        {"error": "some_new_word"},
    ],
)
async def test_a_deletion_that_fails_is_tried_again(scene: Scene, failure: dict[str, Any]) -> None:
    """Until the message is deleted."""
    scene.slack.said.clear()
    scene.slack.fail_next(DELETE, times=2, **failure)

    assert not await scene.landed(scene.post())
    assert ([DELETE] * 3, []) == (scene.called, scene.slack.messages)


async def test_what_is_gone_already_is_deleted(scene: Scene, log: io.StringIO) -> None:
    """The answer to an earlier deletion was lost, or a user deleted the post first."""
    card = PostedCard(channel=CHANNEL_ID, ts=scene.post()["ts"])
    scene.slack.messages.clear()
    await scene.threads.take_back(card)

    assert [DELETE] == scene.called
    assert "was not deleted" not in log.getvalue()
    scene.slack.refusals.clear()


async def test_a_deletion_that_never_succeeds_is_an_error_in_the_log(log: io.StringIO) -> None:
    """The log has the reason, and nothing of the post."""
    async with threading(Timing(deletion=0.0)) as scene:
        scene.slack.said.clear()
        scene.slack.fail_next(DELETE, error="cant_delete_message")

        assert not await scene.landed(scene.post())
    assert [DELETE] == scene.called
    assert "cant_delete_message" in log.getvalue()
    assert "secret words" not in log.getvalue()


async def test_a_deletion_without_an_answer_is_tried_again() -> None:
    """It is unknown whether the post was deleted."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client:
        slack.answers[DELETE] = in_turn(raw(b"<html>"), answering({"ok": True}))
        await Threads(client, timing=PROMPT).take_back(PostedCard(channel="C1", ts="1.1"))

    assert [DELETE] * 2 == slack.calls


def test_only_what_looks_where_it_lands_posts_for_threads() -> None:
    """Code that posts to threads later on must check where its posts land, too."""
    names = (
        "chat.postMessage",
        "chat_postMessage",
        "completeUploadExternal",
        "chat.scheduleMessage",
    )
    posting = {
        path.name: text
        for path in Path(bot.slack.__file__).parent.rglob("*.py")
        if any(f'{name}"' in (text := path.read_text()) or f"{name}(" in text for name in names)
    }

    assert {"post_once.py", "reply.py", "upload.py"} == {*posting}
    assert all(".landed(" in text or ".exists(" in text for text in posting.values())


async def test_nobody_waits_for_a_deletion_that_slack_puts_off() -> None:
    """The next delivery channel is tried in the meantime."""
    timing = Timing(slack_call=0.05, first_deletion=0.01, deletion=7_200.0)
    async with threading(timing) as scene:
        scene.slack.said.clear()
        scene.slack.fail_next(DELETE, error="ratelimited", retry_after=3_600, times=100)

        assert not await scene.landed(scene.post())
        assert 1 == len(scene.slack.messages)


async def test_whoever_is_cut_off_leaves_the_deletion_running(scene: Scene) -> None:
    """A time limit or shutdown may cancel the caller."""
    scene.slack.fail_next(DELETE, error="internal_error")
    card = PostedCard(channel=CHANNEL_ID, ts=scene.post()["ts"])
    taking = asyncio.create_task(scene.threads.take_back(card))
    await scene.slack.wait_for(lambda: bool(scene.called))
    taking.cancel()

    await scene.slack.wait_for(lambda: not scene.slack.messages)
    with pytest.raises(asyncio.CancelledError):
        await taking


async def test_a_thread_stands_as_long_as_slack_does_not_deny_it(scene: Scene) -> None:
    """Slack reports nothing for a private channel without the bot, nor during an outage."""
    scene.slack.said.append(
        UserMessage(channel=PRIVATE_CHANNEL_ID, ts=ASKED.ts, user=USER_ID, team=TEAM_ID, text="x")
    )
    for word in ("internal_error", "ratelimited", "unknown_method"):
        scene.slack.fail_next(LINK, error=word)
    away = [await scene.threads.exists(CHANNEL_ID, ASKED.ts) for _ in range(3)]
    private = await scene.threads.exists(PRIVATE_CHANNEL_ID, ASKED.ts)
    asked = len(scene.called)

    assert ([True] * 3, True) == (away, private)
    assert [True, False] == [
        await scene.threads.exists(CHANNEL_ID, ts) for ts in (ASKED.ts, "1795579300.000002")
    ]
    assert [True, True] == [await scene.threads.exists(CHANNEL_ID, none) for none in (None, "")]
    assert asked + 2 == len(scene.called)
    scene.slack.refusals.clear()


async def test_a_slack_that_says_nothing_does_not_deny_a_thread() -> None:
    """No answer, and answers of other shapes."""
    timing = Timing(thread_look=0.1)
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client:
        threads = Threads(client, timing=timing)
        for answer in (silence, answering([]), answering({"ok": True, "permalink": 7})):
            slack.answers[LINK] = answer
            assert await threads.exists(CHANNEL_ID, ASKED.ts)
            assert not await threads.contains(PostedCard(channel=CHANNEL_ID, ts="1.1"), ASKED.ts)
