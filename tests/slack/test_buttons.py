"""The buttons of a card: what each does, for whom, and what a hostile value comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from scene import copied, heading, seen
from ways import ANSWERED, BUSY, BUSY_PT, INVITE, Ways, carried, row_of, visiting, where

from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    PRIVATE_CHANNEL_ID,
)
from bot.demo.person import NotPossibleError
from bot.settings import Mode

LONG_ID = "MPG0002361804740000000001"
KEPT = "saved from that look-up, because it is final"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


async def refreshed(ways: Ways, card: Message) -> Message:
    """The card after a click on Refresh."""
    posts = len(ways.slack.posts)
    await ways.person.click(card, "card_refresh")
    await ways.settled(posts + 1)
    found = ways.slack.ledger.find(card.channel, card.ts)
    assert found is not None
    return found


async def test_refresh_puts_the_same_card_in_its_place_and_says_that_it_rests_on_the_cache(
    ways: Ways,
) -> None:
    """A final status is not asked for again."""
    card = await ways.answer("SANDBOX-BUSY")

    again = await refreshed(ways, card)

    assert (KEPT in seen(card), KEPT in seen(again)) == (False, True)
    assert (BUSY, True) == (heading(again), again.ephemeral)
    assert [again] == ways.slack.messages
    assert ["SANDBOX-BUSY"] == ways.asked


async def test_refresh_asks_again_while_there_is_no_status(ways: Ways) -> None:
    """A pending call is asked for at each click."""
    card = await ways.answer("SANDBOX-FOREVER")

    await refreshed(ways, card)

    assert ["SANDBOX-FOREVER"] * 2 == ways.asked


async def test_refresh_of_a_public_card_in_a_thread_stays_public_and_there(ways: Ways) -> None:
    """With the id shortened, though the button carries the whole of it."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {LONG_ID}"))

    again = await refreshed(ways, card)

    assert where(card) == where(again)
    assert [LONG_ID] == carried(again)
    assert LONG_ID not in f"{again.text} {seen(again)}"
    assert [ways.person.user] == row_of(again)["refresh"]["visible_to_user_ids"]
    assert [again] == ways.slack.messages


async def test_refresh_of_a_list_refreshes_all_of_it(ways: Ways) -> None:
    """The buttons of a list carry every id."""
    card = await ways.answer("SANDBOX-BUSY SANDBOX-OK")

    again = await refreshed(ways, card)

    assert ["SANDBOX-BUSY", "SANDBOX-OK"] == carried(again)
    assert "2 calls: 1 answered, 1 not completed" == heading(again)


async def test_refresh_whose_response_url_is_dead_answers_anew(ways: Ways) -> None:
    """Nothing is replaced, nothing is lost."""
    card = await ways.answer("SANDBOX-BUSY")
    ways.slack.fail_next("response_url", status=404, times=2)

    again = await ways.comes_of(ways.person.click(card, "card_refresh"))

    assert (CHANNEL_ID, BUSY, True) == (again.channel, heading(again), again.ephemeral)


async def test_a_slow_refresh_ends_with_the_card_in_its_place(ways: Ways) -> None:
    """The note that work goes on is taken over by the card."""
    card = await ways.answer("SANDBOX-SLOW-1.2 SANDBOX-FOREVER")
    posts = len(ways.slack.posts)

    await ways.person.click(card, "card_refresh")
    await ways.settled(posts + 1)

    assert "2 calls" in heading(ways.slack.messages[-1])
    assert 1 == len(ways.slack.messages)


async def test_share_posts_the_card_and_never_the_typed_command(ways: Ways) -> None:
    """A new message for all, named after who shared it; the private card stays."""
    card = await ways.answer(f"{LONG_ID} +55 (11) 98765-4321")

    public = await ways.comes_of(ways.person.click(card, "card_share"))

    assert (CHANNEL_ID, None, False) == where(public)
    shown = f"{public.text} {seen(public)}"
    assert "Shared by @ana" in shown
    assert (False, False, False) == (LONG_ID in shown, "98765" in shown, "/voicestatus" in shown)
    # The gateway may not know the id yet, so that it can be watched.
    assert ["refresh", "watch", "customer", "details"] == list(row_of(public))
    assert card == ways.slack.messages[0]


async def test_shared_twice_is_shared_once(ways: Ways) -> None:
    """The second click is told so; another person's card is another."""
    card = await ways.answer("SANDBOX-BUSY")
    await ways.comes_of(ways.person.click(card, "card_share"))

    told = await ways.comes_of(ways.person.click(card, "card_share"))
    other = await ways.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
    shared = await ways.comes_of(ways.person.as_user(OTHER_USER_ID).click(other, "card_share"))

    assert ("You shared this answer already.", True) == (heading(told), told.ephemeral)
    assert (BUSY, False) == (heading(shared), shared.ephemeral)


async def test_an_ephemeral_card_in_a_thread_is_shared_in_that_thread(ways: Ways) -> None:
    """The thread took no post at first; the card for the asker alone has the button."""
    root = await ways.person.say("nobody called me")
    ways.slack.fail_next("chat.postMessage", error="restricted_action")
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY", thread_ts=root.ts))
    again = await refreshed(ways, card)

    public = await ways.comes_of(ways.person.click(again, "card_share"))

    assert (CHANNEL_ID, root.ts, True) == where(again)
    assert (CHANNEL_ID, root.ts, False) == where(public)


@pytest.mark.parametrize("channel", [CHANNEL_WITHOUT_BOT_ID, PRIVATE_CHANNEL_ID])
async def test_share_works_where_the_bot_is_no_member(ways: Ways, channel: str) -> None:
    """Each click brings a response URL."""
    card = await ways.answer("SANDBOX-OK", channel=channel)

    public = await ways.comes_of(ways.person.click(card, "card_share"))

    assert (channel, None, False) == where(public)
    assert ANSWERED == heading(public)


async def test_what_cannot_be_shared_goes_to_the_asker_with_the_way_to_do_it(ways: Ways) -> None:
    """Neither the URL nor the channel takes it."""
    card = await ways.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)
    ways.slack.fail_next("response_url", status=404)

    told = await ways.comes_of(ways.person.click(card, "card_share"))

    assert (ways.person.direct_channel, ANSWERED) == (told.channel, heading(told))
    assert INVITE in told.text
    ways.expect_refusals("chat.postMessage: not_in_channel")


async def test_what_no_channel_took_can_be_shared_by_another_click(ways: Ways) -> None:
    """It counts as shared once it is; then, and not before, a click is one too many."""
    card = await ways.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)
    ways.slack.fail_next("response_url", status=404)
    await ways.comes_of(ways.person.click(card, "card_share"))
    ways.expect_refusals("chat.postMessage: not_in_channel")
    # The bot learns that it failed a moment after the person does.
    await asyncio.sleep(0.5)

    shared = await ways.comes_of(ways.person.click(card, "card_share"))
    told = await ways.comes_of(ways.person.click(card, "card_share"))

    assert (ANSWERED, CHANNEL_WITHOUT_BOT_ID, False) == (
        heading(shared),
        shared.channel,
        shared.ephemeral,
    )
    assert "You shared this answer already." == heading(told)


@pytest.mark.parametrize("by", ["word", "button"])
async def test_refresh_of_a_shared_card_says_again_who_shared_it(ways: Ways, by: str) -> None:
    """However often it is refreshed, in the same place, for all."""
    if by == "word":
        card = await ways.answer("SANDBOX-BUSY share")
    else:
        private = await ways.answer("SANDBOX-BUSY")
        card = await ways.comes_of(ways.person.click(private, "card_share"))

    for _ in range(2):
        posts = len(ways.slack.posts)
        await ways.person.click(card, "card_refresh")
        await ways.settled(posts + 1)
        card = await ways.latest(card, lambda shown: KEPT in seen(shown))

        assert "Shared by @ana" in seen(card)
        assert (BUSY, False) == (heading(card), card.ephemeral)


@pytest.mark.parametrize(
    ("user", "first", "second"),
    [(None, "Hello. We tried", "Olá, tudo bem?"), (OTHER_USER_ID, "Olá, tudo bem?", "Hello. We")],
    ids=["English", "Portuguese"],
)
async def test_the_reply_for_the_customer_comes_in_both_languages(
    mode: Mode, user: str | None, first: str, second: str
) -> None:
    """The person's own first; without id and without code, beside the card."""
    async with visiting(mode, scopes={"users:read"}) as ways:
        person = ways.person.as_user(user or ways.person.user)
        card = await ways.answer("SANDBOX-BUSY", user=person.user)
        reply = await ways.comes_of(person.click(card, "card_customer"))

    texts = copied(reply)
    assert (True, 0) == (reply.ephemeral, texts.index(first))
    assert second in texts
    assert ("SANDBOX" in texts, "486" in texts) == (False, False)


async def test_the_reply_for_a_list_has_each_text_once(ways: Ways) -> None:
    """Two busy calls have one text a language."""
    card = await ways.answer("SANDBOX-BUSY SANDBOX-failed.486 SANDBOX-OK")

    reply = await ways.comes_of(ways.person.click(card, "card_customer"))

    assert 1 == copied(reply).count("showed as busy")
    assert 1 == copied(reply).count("was answered")


@pytest.mark.parametrize(
    ("idmsg", "lines"),
    [
        (
            "SANDBOX-BUSY",
            ["failed:486", "486 Busy Here", "RFC 3261 §21.4.24", "Q.850", "17"],
        ),
        ("SANDBOX-OK", ["ok:85.00"]),
        ("SANDBOX-850", ["850"]),
        ("SANDBOX-FAULT-forbidden", ["http_status HTTP 403"]),
    ],
)
async def test_details_are_what_an_engineer_asks_for(
    ways: Ways, idmsg: str, lines: list[str]
) -> None:
    """Raw result, reason phrase, source, Q.850 where it is known; for the one who clicks."""
    card = await ways.answer(idmsg)

    told = await ways.comes_of(ways.person.click(card, "card_details"))

    assert ("Details for an engineer", True) == (heading(told), told.ephemeral)
    for line in (idmsg, *lines):
        assert line in seen(told)
    assert card == ways.slack.messages[0]


async def test_details_of_a_public_card_show_the_whole_id_to_the_asker_alone(ways: Ways) -> None:
    """In the thread of the card."""
    card = await ways.comes_of(ways.person.say(f"{BOT_MENTION} {LONG_ID}"))

    told = await ways.comes_of(ways.person.click(card, "card_details"))

    assert (CHANNEL_ID, card.thread_ts, True) == where(told)
    assert LONG_ID in seen(told)


async def test_buttons_of_a_public_card_are_the_askers(ways: Ways) -> None:
    """Slack shows them to nobody else, and an ephemeral card to nobody else at all."""
    public = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY"))
    private = await ways.answer("SANDBOX-BUSY")
    bruno = ways.person.as_user(OTHER_USER_ID)

    for card in (public, private):
        with pytest.raises(NotPossibleError):
            await bruno.click(card, "card_refresh")


async def test_labels_and_cards_are_in_the_persons_language(mode: Mode) -> None:
    """Refreshed after a change of language, a card speaks the new one."""
    async with visiting(mode) as ways:
        card = await ways.answer("SANDBOX-BUSY")
        await ways.answer("lang pt")
        again = await refreshed(ways, card)

    assert (BUSY_PT, "Compartilhar") == (heading(again), row_of(again)["share"]["text"]["text"])
