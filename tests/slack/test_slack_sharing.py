"""`share`: the card that a whole channel reads, and the slow gateway before it."""

from __future__ import annotations

import pytest
from scene import Scene, heading, playing, seen

from bot.demo.loopback.workspace import CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID
from bot.settings import Mode

LONG_ID = "abcdefghijklmnopqrstuvw"


@pytest.mark.parametrize("typed", ["SANDBOX-OK share", "share SANDBOX-OK"])
async def test_share_shows_the_card_to_the_channel_and_nothing_else(bot: Scene, typed: str) -> None:
    """One public message, named after who shared it without ringing, and no private part."""
    card = await bot.answer(typed)

    assert not card.ephemeral
    assert "✅ The call was answered and the message played: 85 seconds." == heading(card)
    assert "Shared by @ana" in seen(card)
    assert ["in_channel"] == [post.body["response_type"] for post in bot.slack.posts]
    assert [card] == bot.slack.messages


async def test_the_portuguese_word_shares_too(mode: Mode) -> None:
    """`compartilhar` is `share`."""
    async with playing(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-OK compartilhar")

    assert not card.ephemeral
    assert "Compartilhado por @ana" in seen(card)


async def test_a_shared_card_masks_phone_numbers(bot: Scene) -> None:
    """A phone number that was asked for as an id is masked for the channel, report included."""
    card = await bot.answer("5511987654321 share")

    assert "98765" not in f"{card.text} {seen(card)}"
    assert "+55 (11) *****-4321" in seen(card)


async def test_a_shared_card_shortens_long_ids(bot: Scene) -> None:
    """The channel sees both ends of an id, the asker alone the whole of it."""
    public = await bot.answer(f"{LONG_ID} share")
    private = await bot.answer(LONG_ID)

    assert LONG_ID not in f"{public.text} {seen(public)}"
    assert "abcd…tuvw" in seen(public)
    assert LONG_ID in seen(private)


async def test_what_only_the_asker_should_read_is_not_shared(bot: Scene) -> None:
    """Bad words beside a shared id are told to the asker alone."""
    await bot.type("SANDBOX-OK +55 (11) 98765-4321 share")
    await bot.settled(2)

    public = [message for message in bot.slack.messages if not message.ephemeral]
    private = [message for message in bot.slack.messages if message.ephemeral]
    assert ["98765" in seen(message) for message in public] == [False]
    assert ["98765" in seen(message) for message in private] == [True]


async def test_several_ids_are_shared_as_one_public_answer(bot: Scene) -> None:
    """The compact answer can be shared as well."""
    card = await bot.answer("SANDBOX-OK SANDBOX-BUSY share")

    assert not card.ephemeral
    assert "Shared by @ana" in seen(card)


@pytest.mark.parametrize("channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID])
async def test_sharing_works_where_the_bot_is_no_member(bot: Scene, channel: str) -> None:
    """The response URL speaks anywhere."""
    card = await bot.answer("SANDBOX-OK share", channel=channel)

    assert (channel, False) == (card.channel, card.ephemeral)
    assert [] == [call for call in bot.slack.calls if call.method.startswith("chat.")]


@pytest.mark.notes
async def test_a_slow_gateway_shows_that_work_goes_on_and_that_message_becomes_the_card(
    bot: Scene,
) -> None:
    """After a second there is a note; the card replaces it, so that one message stays."""
    note = await bot.answer("SANDBOX-SLOW-1.3")
    await bot.settled(2)

    working, answer = (post.body for post in bot.slack.posts)
    assert "Asking the gateway" in heading(note)
    assert "replace_original" not in working
    assert answer["replace_original"] is True
    assert ["✅ The call was answered and the message played: 85 seconds."] == [
        heading(message) for message in bot.slack.messages
    ]
    assert note.ts == bot.slack.messages[0].ts


@pytest.mark.notes
async def test_a_quick_gateway_shows_no_note(bot: Scene) -> None:
    """Within the first second there is only the card."""
    await bot.answer("SANDBOX-SLOW-0.3")

    assert 1 == len(bot.slack.posts)


@pytest.mark.notes
async def test_a_slow_shared_answer_leaves_the_public_card_standing(bot: Scene) -> None:
    """The note to the asker is replaced by one that points to the channel; the card stays."""
    await bot.answer("SANDBOX-SLOW-1.2 share")
    await bot.settled(3)

    public = [heading(message) for message in bot.slack.messages if not message.ephemeral]
    private = [heading(message) for message in bot.slack.messages if message.ephemeral]
    assert ["✅ The call was answered and the message played: 85 seconds."] == public
    assert ["The answer is in the channel now."] == private
