"""When Slack refuses one way, the answer takes another; it is never lost."""

from __future__ import annotations

from typing import Final

import pytest
from scene import Scene, heading

from bot.demo.loopback.interactions import Interactions
from bot.demo.loopback.workspace import CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, TEAM_ID, USER_ID
from bot.demo.person import Kind

ANSWERED: Final = "✅ The call was answered and the message played: 85 seconds."
DIRECT: Final = f"D{USER_ID[1:]}"


@pytest.mark.parametrize("status", [404, 410, 500, 503])
async def test_a_refused_response_url_gives_way_to_an_ephemeral_message(
    bot: Scene, status: int
) -> None:
    """chat.postEphemeral reaches the asker where the bot is a member."""
    bot.slack.fail_next("response_url", status=status)

    card = await bot.answer("SANDBOX-OK")

    assert (ANSWERED, CHANNEL_ID, USER_ID) == (heading(card), card.channel, card.user)
    assert "chat.postEphemeral" == bot.slack.calls[-1].method


async def test_where_the_bot_is_no_member_a_direct_message_is_the_last_way(bot: Scene) -> None:
    """Neither the response URL nor the channel is open; the person still gets the card."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)

    assert (ANSWERED, DIRECT, False) == (heading(card), card.channel, card.ephemeral)
    bot.slack.refusals.remove("chat.postEphemeral: not_in_channel {}")


async def test_a_refused_ephemeral_message_gives_way_to_a_direct_one(bot: Scene) -> None:
    """Slack's error does not end the search for a way."""
    bot.slack.fail_next("response_url", status=500)
    bot.slack.fail_next("chat.postEphemeral", error="internal_error")

    card = await bot.answer("SANDBOX-OK")

    assert (ANSWERED, DIRECT) == (heading(card), card.channel)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/commands/x", "no address", ""])
async def test_a_response_url_that_leads_nowhere_gives_way_too(bot: Scene, url: str) -> None:
    """Refused connections and unusable addresses are no reason to lose a card."""
    asking = Interactions(slack=bot.slack, user=USER_ID, team=TEAM_ID)
    payload = asking.command("/voicestatus", "SANDBOX-OK", CHANNEL_ID)
    await bot.person.deliver(Kind.COMMAND, payload | {"response_url": url})

    card = await bot.slack.wait_for_message()

    assert (ANSWERED, CHANNEL_ID, USER_ID) == (heading(card), card.channel, card.user)


@pytest.mark.slow
async def test_a_rate_limit_is_waited_for(bot: Scene) -> None:
    """429 with Retry-After on the fallback is obeyed, and the card arrives."""
    bot.slack.fail_next("response_url", status=500)
    bot.slack.fail_next("chat.postEphemeral", error="ratelimited", retry_after=1)

    card = await bot.answer("SANDBOX-OK")

    assert (ANSWERED, CHANNEL_ID) == (heading(card), card.channel)


async def test_a_shared_answer_is_posted_to_the_channel_when_the_url_fails(bot: Scene) -> None:
    """chat.postMessage takes over, as a message for all."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK share")

    assert (ANSWERED, CHANNEL_ID, False) == (heading(card), card.channel, card.ephemeral)


async def test_a_shared_answer_that_no_channel_takes_goes_to_the_asker(bot: Scene) -> None:
    """Where the bot may not post, the person gets the card directly."""
    bot.slack.fail_next("response_url", status=404)

    card = await bot.answer("SANDBOX-OK share", channel=CHANNEL_WITHOUT_BOT_ID)

    assert (ANSWERED, DIRECT) == (heading(card), card.channel)
    bot.slack.refusals.remove("chat.postMessage: not_in_channel {}")


@pytest.mark.notes
async def test_the_card_of_a_slow_look_up_survives_a_url_that_fails_in_between(bot: Scene) -> None:
    """The note went by the URL, the card goes another way."""
    await bot.answer("SANDBOX-SLOW-1.2")
    bot.slack.fail_next("response_url", status=404)

    card = await bot.slack.wait_for_message(2)

    assert (ANSWERED, USER_ID) == (heading(card), card.user)


async def test_when_every_way_is_closed_the_bot_goes_on_answering(bot: Scene) -> None:
    """The next question is answered as if nothing had happened."""
    bot.slack.fail_next("response_url", status=500)
    bot.slack.fail_next("chat.postEphemeral", error="fatal_error")
    bot.slack.fail_next("chat.postMessage", error="fatal_error")
    await bot.type("SANDBOX-OK")
    await bot.slack.wait_for(lambda: "chat.postMessage" == bot.slack.calls[-1].method)

    card = await bot.answer("SANDBOX-OK")

    assert ANSWERED == heading(card)
