"""Slack's repeated deliveries are answered once; the answer to a late one says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID
from bot.settings.settings import Mode
from tests.support.reading import heading, seen
from tests.support.scene import COMMAND, Scene, playing
from tests.support.wording import ANSWERED, BUSY, EN, say

TWO_HOURS = 2 * 60 * 60
LATE = say("hint.late")
MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))


def event_with(bot: Scene, event_id: str, **changes: Any) -> dict[str, Any]:
    """The last event with these changes, as an event of its own."""
    payload = dict(bot.slack.events[-1].payload)
    return payload | {"event_id": event_id, "event": {**payload["event"], **changes}}


async def another_post(bot: Scene) -> dict[str, Any]:
    """The last event, about a post of its own."""
    ts = (await bot.person.say("a post")).ts
    return event_with(bot, f"Ev{ts}", ts=ts, event_ts=ts)


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


@pytest.mark.parametrize("ask", [Scene.mention, Scene.direct])
async def test_one_post_under_many_event_ids_is_answered_once(
    bot: Scene, ask: Callable[[Scene, str], Awaitable[Message]]
) -> None:
    """Slack has sent the same post as several events; a command and a greeting count as ids do."""
    for text in ("SANDBOX-OK", "help", "bom dia"):
        await ask(bot, text)
        events = [event_with(bot, f"Ev{text}{number}") for number in range(4)]

        async def all_of_them(events: list[dict[str, Any]] = events) -> None:
            for event in events:
                await bot.person.deliver(Kind.EVENT, event)

        await bot.nothing_comes_of(all_of_them())


@pytest.mark.both_modes
async def test_an_edit_is_answered_for_what_is_new_in_it(bot: Scene) -> None:
    """Another word asks nothing; another id is asked once, and only that one."""
    await bot.mention("SANDBOX-OK avisar")
    said = bot.slack.said[-1]

    await bot.nothing_comes_of(bot.person.edit(said, f"{BOT_MENTION} SANDBOX-OK avisar, please"))
    both = f"{BOT_MENTION} SANDBOX-BUSY and SANDBOX-OK"
    card = await bot.comes_of(bot.person.edit(said, both))
    await bot.nothing_comes_of(bot.person.edit(said, f"{both}!"))
    await bot.nothing_comes_of(bot.person.edit(said, f"{BOT_MENTION} thank you"))

    assert (BUSY, said.ts) == (heading(card), card.thread_ts)
    assert ["SANDBOX-OK", "SANDBOX-BUSY"] == [one for one in bot.asked if one != "SANDBOX-404"]


async def test_a_mention_that_an_edit_adds_is_a_question(bot: Scene) -> None:
    """The bot has not heard of the post before."""
    said = await bot.person.say("SANDBOX-BUSY")

    card = await bot.comes_of(bot.person.edit(said, f"{BOT_MENTION} SANDBOX-BUSY"))

    assert (BUSY, said.ts) == (heading(card), card.thread_ts)


async def test_a_command_that_an_edit_corrects_is_run(bot: Scene) -> None:
    """It was not answered before; the same one is not run again."""
    await bot.direct("explain 486")
    said = bot.slack.said[-1]

    note = await bot.comes_of(bot.person.edit(said, "explain 404"))
    await bot.nothing_comes_of(bot.person.edit(said, "explain  404"))

    assert say("explain.text", code="404", title=EN.sip(404).title) == heading(note)


async def test_of_a_long_list_an_edit_asks_only_what_it_adds(bot: Scene) -> None:
    """One id is looked up, and not offered as a list again."""
    await bot.direct(MANY)

    card = await bot.comes_of(bot.person.edit(bot.slack.said[-1], f"{MANY} SANDBOX-BUSY"))

    assert BUSY == heading(card)


async def test_a_change_of_a_post_of_days_ago_asks_nothing(bot: Scene) -> None:
    """What was answered then is forgotten, and Slack changes posts by itself, too."""
    await bot.direct("help", seconds_ago=25 * 60 * 60)

    await bot.nothing_comes_of(bot.person.edit(bot.slack.said[-1], "SANDBOX-BUSY"))


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
    payload = await another_post(bot) | {"event_time": moment}

    note = await bot.comes_of(bot.person.deliver(Kind.EVENT, payload))

    assert (say("help.title"), False) == (heading(note), LATE in seen(note))


async def test_an_event_whose_id_cannot_be_encoded_is_answered_once(bot: Scene) -> None:
    """JSON can contain a lone surrogate, UTF-8 cannot."""
    await bot.mention("help")
    payload = await another_post(bot) | {"event_id": "Ev\ud800"}

    note = await bot.comes_of(bot.person.deliver(Kind.EVENT, payload))
    await bot.nothing_comes_of(bot.person.deliver(Kind.EVENT, payload, retry_attempt=1))

    assert say("help.title") == heading(note)


async def test_what_came_in_time_is_not_marked(bot: Scene) -> None:
    """A shorter delay is not worth a remark."""
    card = await bot.mention("SANDBOX-BUSY", seconds_ago=TWO_HOURS - 60)

    assert LATE not in seen(card)
