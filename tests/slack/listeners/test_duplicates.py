"""Slack's repeated deliveries are answered once; the answer to a late one says so."""

from __future__ import annotations

import pytest

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID
from bot.settings.settings import Mode
from tests.support.reading import heading, seen
from tests.support.scene import COMMAND, Scene, playing
from tests.support.wording import ANSWERED, say

TWO_HOURS = 2 * 60 * 60
LATE = say("hint.late")


@pytest.mark.both_modes
async def test_a_mention_delivered_four_times_is_answered_once(bot: Scene) -> None:
    """By HTTP retries or Socket Mode's `retry_attempt`; each delivery is acknowledged."""
    await bot.mention("SANDBOX-OK")

    await bot.nothing_comes_of(bot.person.deliver_again(3))

    assert [True] * 4 == [ack.accepted for ack in bot.slack.events[0].acks]


async def test_a_direct_message_delivered_four_times_is_answered_once(bot: Scene) -> None:
    """As for mentions."""
    await bot.direct("SANDBOX-OK")

    await bot.nothing_comes_of(bot.person.deliver_again(3))


async def test_repetitions_that_overtake_the_answer_are_none(bot: Scene) -> None:
    """Slack retries immediately if it missed an acknowledgement."""

    async def all_at_once() -> None:
        await bot.person.say(f"{BOT_MENTION} SANDBOX-SLOW-0.2")
        await bot.person.deliver_again(3)

    card = await bot.comes_of(all_at_once())
    await bot.nothing_comes_of(bot.person.deliver_again(1))

    assert ANSWERED == heading(card)


async def test_an_event_in_another_envelope_is_the_same_event() -> None:
    """The event's id counts."""
    async with playing(Mode.SOCKET) as bot:
        await bot.mention("SANDBOX-OK")
        payload = bot.slack.events[-1].payload

        await bot.nothing_comes_of(bot.person.deliver(Kind.EVENT, payload, retry_attempt=1))


async def test_the_same_envelope_is_taken_up_once() -> None:
    """Socket Mode resends an envelope whose acknowledgement was lost, of any type."""
    async with playing(Mode.SOCKET) as bot:
        asking = Interactions(slack=bot.slack, user=bot.person.user, team=bot.person.team)
        payload = asking.command(COMMAND, "SANDBOX-OK", CHANNEL_ID)

        async def four_times() -> None:
            for number in range(4):
                ack = await bot.person.delivery.deliver(
                    Kind.COMMAND, payload, retry_attempt=number, envelope_id="0000-once"
                )
                assert ack.accepted

        await bot.comes_of(four_times())
        await bot.nothing_comes_of(bot.person.open_home("messages"))


async def test_two_equal_questions_are_two(bot: Scene) -> None:
    """A user may ask again."""
    for _ in range(2):
        await bot.mention("SANDBOX-OK")

    assert 2 == len(bot.slack.messages)


async def test_a_restart_remembers_what_was_answered(mode: Mode, sqlite_url: str) -> None:
    """The database remembers it, not the memory of one process."""
    async with playing(mode, database_url=sqlite_url) as bot:
        await bot.mention("SANDBOX-OK")
        payload = bot.slack.events[-1].payload
    async with playing(mode, database_url=sqlite_url) as bot:
        await bot.nothing_comes_of(bot.person.deliver(Kind.EVENT, payload, retry_attempt=2))


@pytest.mark.parametrize("text", ["SANDBOX-BUSY", "SANDBOX-BUSY X1", "help", "+55 11 98765-4321"])
async def test_a_question_of_hours_ago_is_marked_as_late(bot: Scene, text: str) -> None:
    """Slack retries for a day; each kind of answer has the remark."""
    mention = await bot.mention(text, seconds_ago=TWO_HOURS + 60)
    direct = await bot.direct(text, seconds_ago=TWO_HOURS + 60)

    assert [1, 1] == [seen(card).count(LATE) for card in (mention, direct)]


@pytest.mark.parametrize("moment", [int("9" * 400), -int("9" * 400), 1e308, True, 0, "soon", None])
async def test_a_moment_that_cannot_be_one_does_not_count(bot: Scene, moment: object) -> None:
    """The question is answered, and not marked as late."""
    await bot.mention("help")
    payload = dict(bot.slack.events[-1].payload) | {"event_time": moment, "event_id": f"Ev{moment}"}

    note = await bot.comes_of(bot.person.deliver(Kind.EVENT, payload))

    assert (say("help.title"), False) == (heading(note), LATE in seen(note))


async def test_an_event_whose_id_cannot_be_encoded_is_answered_once(bot: Scene) -> None:
    """JSON can contain a lone surrogate, UTF-8 cannot."""
    await bot.mention("help")
    payload = dict(bot.slack.events[-1].payload) | {"event_id": "Ev\ud800"}

    note = await bot.comes_of(bot.person.deliver(Kind.EVENT, payload))
    await bot.nothing_comes_of(bot.person.deliver(Kind.EVENT, payload, retry_attempt=1))

    assert say("help.title") == heading(note)


async def test_what_came_in_time_is_not_marked(bot: Scene) -> None:
    """A shorter delay is not worth a remark."""
    card = await bot.mention("SANDBOX-BUSY", seconds_ago=TWO_HOURS - 60)

    assert LATE not in seen(card)
