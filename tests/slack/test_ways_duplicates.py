"""What Slack delivers again is answered once; what it delivers late is marked so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from scene import COMMAND, heading, seen
from ways import ANSWERED, ASK, BUSY, CHECK, DATABASE, Ways, visiting

from bot.demo.loopback.interactions import Interactions
from bot.demo.loopback.workspace import BOT_MENTION, CHANNEL_ID
from bot.demo.person import Kind
from bot.settings import Mode

LATE = "This question reached me only now, hours after it was asked."
LATE_PT = "Esta pergunta só chegou a mim agora, horas depois de feita."
THREE_HOURS = 3 * 60 * 60


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize("text", ["SANDBOX-OK", "help"])
async def test_a_mention_delivered_four_times_is_answered_once(ways: Ways, text: str) -> None:
    """As HTTP's retries or with Socket Mode's `retry_attempt`; every delivery is acknowledged."""
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}"))

    await ways.nothing_comes_of(ways.person.deliver_again(3))

    assert [True] * 4 == [ack.accepted for ack in ways.slack.events[0].acks]


async def test_a_direct_message_delivered_four_times_is_answered_once(ways: Ways) -> None:
    """The same for what is written to the bot."""
    await ways.comes_of(ways.person.say("SANDBOX-OK", channel=ways.person.direct_channel))

    await ways.nothing_comes_of(ways.person.deliver_again(3))


async def test_repetitions_that_overtake_the_answer_are_none(ways: Ways) -> None:
    """Slack repeats at once where it missed an acknowledgement."""

    async def all_at_once() -> None:
        await ways.person.say(f"{BOT_MENTION} SANDBOX-SLOW-0.3")
        await ways.person.deliver_again(3)

    card = await ways.comes_of(all_at_once())
    await ways.nothing_comes_of(ways.person.deliver_again(1))

    assert ANSWERED == heading(card)


async def test_an_event_in_another_envelope_is_the_same_event(ways: Ways) -> None:
    """The event's id decides."""
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
    payload = ways.slack.events[-1].payload

    await ways.nothing_comes_of(ways.person.deliver(Kind.EVENT, payload, retry_attempt=1))


async def test_two_equal_questions_are_two(ways: Ways) -> None:
    """Somebody may ask again."""
    for _ in range(2):
        await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))

    assert 2 == len(ways.slack.messages)


async def test_a_restart_remembers_what_was_answered(mode: Mode) -> None:
    """The database tells, and not the memory of one process."""
    async with visiting(mode, database_url=DATABASE) as ways:
        await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
        payload = ways.slack.events[-1].payload
    async with visiting(mode, database_url=DATABASE) as ways:
        await ways.nothing_comes_of(ways.person.deliver(Kind.EVENT, payload, retry_attempt=2))


@pytest.mark.parametrize("what", ["command", "click", "message shortcut", "global shortcut"])
async def test_the_same_envelope_is_taken_up_once(what: str) -> None:
    """Socket Mode sends an envelope again whose acknowledgement was lost, whatever is in it."""
    async with visiting(Mode.SOCKET) as ways:
        asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
        card = await ways.answer("SANDBOX-BUSY")
        kind, payload = Kind.INTERACTIVE, {}
        if what == "command":
            kind, payload = Kind.COMMAND, asking.command(COMMAND, "SANDBOX-OK", CHANNEL_ID)
        elif what == "click":
            payload = asking.click_in_message(card, "card_details", None, None)
        elif what == "message shortcut":
            said = await ways.person.say("SANDBOX-OK")
            payload = asking.message_shortcut(CHECK, said, CHANNEL_ID)
        else:
            payload = asking.global_shortcut(ASK)

        async def four_times() -> None:
            for number in range(4):
                ack = await ways.person.delivery.deliver(
                    kind, payload, retry_attempt=number, envelope_id="0000-once"
                )
                assert ack.accepted

        if what == "global shortcut":
            await ways.nothing_comes_of(four_times())
            assert 1 == len(ways.slack.modals_of(ways.person.user))
        else:
            await ways.comes_of(four_times())
            await ways.nothing_comes_of(ways.person.open_home("messages"))


@pytest.mark.parametrize("text", ["SANDBOX-BUSY", "SANDBOX-BUSY SANDBOX-OK", "help", "explain 486"])
async def test_a_question_of_three_hours_ago_is_marked_as_late(ways: Ways, text: str) -> None:
    """Slack repeats for a day what it could not deliver; the answer says so in any case."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}", seconds_ago=THREE_HOURS))

    assert 1 == seen(card).count(LATE)


async def test_a_direct_message_can_be_late_too(mode: Mode) -> None:
    """In the person's language."""
    async with visiting(mode, bot_language="pt-BR") as ways:
        direct = ways.person.direct_channel
        card = await ways.comes_of(
            ways.person.say("SANDBOX-BUSY", channel=direct, seconds_ago=THREE_HOURS)
        )

    assert LATE_PT in seen(card)


@pytest.mark.parametrize("seconds", [0, 60 * 60])
async def test_what_came_in_time_is_not_marked(ways: Ways, seconds: int) -> None:
    """An hour is no delay worth a word."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", seconds_ago=seconds))

    assert (BUSY, False) == (heading(card), LATE in seen(card))
