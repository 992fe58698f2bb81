"""Many answers in one channel, and a Slack that takes one message a second there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID
from bot.settings.settings import Mode
from tests.slack.watching import end_waiting, mentioned, notices, until, waiting
from tests.support.reading import heading
from tests.support.scene import UNHURRIED, Scene, playing
from tests.support.wording import BUSY

POST = "chat.postMessage"
# As in a real bot.
PACED = replace(UNHURRIED, pace=1.03, slack_call=5.0)


async def ask(bot: Scene, count: int) -> None:
    """So many people ask at once."""
    await asyncio.gather(*(bot.person.say(f"{BOT_MENTION} SANDBOX-BUSY") for _ in range(count)))


async def test_answers_that_slack_refuses_follow_one_by_one() -> None:
    """Each in its thread, as soon as Slack takes it, and with few refusals."""
    async with playing(Mode.HTTP, timing=PACED) as bot:
        bot.slack.limit(POST, seconds=1.0)
        await ask(bot, 3)
        await bot.slack.wait_for(lambda: len(bot.slack.messages) == 3)
        posts = sum(call.method == POST for call in bot.slack.calls)
        where = {(one.channel, one.ephemeral) for one in bot.slack.messages}
        assert ({(CHANNEL_ID, False)}, True) == (where, posts <= 3 + 3)
        assert len({one.thread_ts for one in bot.slack.messages}) == 3


async def test_who_would_wait_too_long_is_answered_privately() -> None:
    """The thread gets as many answers as Slack takes within the time of one call."""
    async with playing(Mode.HTTP, timing=replace(PACED, slack_call=1.5)) as bot:
        bot.slack.limit(POST, seconds=1.0)
        await ask(bot, 4)
        await bot.slack.wait_for(lambda: len(bot.slack.messages) == 4)
        private = [one for one in bot.slack.messages if one.ephemeral]
        assert 1 <= len(private) < 4
        assert {BUSY} == {heading(one) for one in bot.slack.messages}


async def test_an_answer_goes_before_notices_that_wait() -> None:
    """Although they fell due first."""
    timing = replace(PACED, pace=0.5, gather=0.0)
    async with playing(Mode.HTTP, timing=timing, watch_intervals_seconds=(0.05,)) as bot:
        for _ in range(4):
            await mentioned(bot, f"{waiting()} watch")
        await until(lambda: len({one.idmsg for one in bot.gateway_requests}) == 4)
        end_waiting(bot)
        await until(lambda: len(notices(bot)) == 1)
        await ask(bot, 1)
        await until(lambda: len(notices(bot)) == 4)
        answer = next(n for n, one in enumerate(bot.slack.messages) if heading(one) == BUSY)
        after = bot.slack.messages[answer:]
        assert 2 <= sum(one.metadata is not None for one in after)
        bot.slack.pings.clear()
