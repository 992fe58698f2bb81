"""The buttons of a card: their effect, who may use them, and forged clicks."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any

import pytest

from bot.domain.call_status import read_result
from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import customer_reply
from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    STRANGER_USER_ID,
)
from bot.settings.settings import Mode
from bot.slack.cards.controls import ids_of
from tests.support.reading import carried, copied, heading, row_of, seen, texts, where
from tests.support.scene import WITH_NOTE, Scene, Stages
from tests.support.wording import (
    ANSWERED,
    BUSY,
    EN,
    INVITE,
    PT,
    REFUSED,
    say,
    sums,
    verdict,
)

LONG_ID = "MPG0002361804740000000001"
BY_ANA = say("card.shared_by", user="ana")


async def refreshed(bot: Scene, card: Message) -> Message:
    """The card after another look."""
    posts = len(bot.slack.posts)
    await bot.press(card, "refresh")
    await bot.settled(posts + 1)
    found = bot.slack.ledger.find(card.channel, card.ts)
    assert found is not None
    return found


@pytest.mark.both_modes
async def test_another_look_replaces_the_card_while_there_is_no_result(bot: Scene) -> None:
    """Each click looks up a pending call; a final result has nothing to look for again."""
    card, final = await bot.answer("SANDBOX-FOREVER"), await bot.answer("SANDBOX-BUSY")
    bot.gateway_requests.clear()

    again = await refreshed(bot, card)

    assert (heading(card), True) == (heading(again), again.ephemeral)
    assert ([again, final], ["SANDBOX-FOREVER"]) == (bot.slack.messages, bot.asked)
    assert ["watch", "share", "customer", "details", "refresh"] == list(row_of(again))
    assert ["customer", "share", "details"] == list(row_of(final))


async def test_refresh_of_a_public_card_in_a_thread_stays_public_and_there(bot: Scene) -> None:
    """The id is shortened, although the button's value has all of it."""
    card = await bot.mention(LONG_ID)

    again = await refreshed(bot, card)

    assert where(card) == where(again)
    assert [LONG_ID] == carried(again)
    assert LONG_ID not in f"{again.text} {seen(again)}"
    assert [bot.person.user] == row_of(again)["watch"]["visible_to_user_ids"]
    assert [again] == bot.slack.messages


async def test_refresh_of_a_list_refreshes_all_of_it(bot: Scene) -> None:
    """The buttons of a list have every id."""
    again = await refreshed(bot, await bot.answer("SANDBOX-BUSY SANDBOX-FOREVER"))

    assert ["SANDBOX-BUSY", "SANDBOX-FOREVER"] == carried(again)
    assert sums({"failed": 1, "pending": 1}) == heading(again)


async def test_refresh_whose_response_url_is_dead_answers_anew(bot: Scene) -> None:
    """No message is replaced, and no answer is lost."""
    card = await bot.answer("SANDBOX-FOREVER")
    bot.slack.fail_next("response_url", status=404, times=2)

    again = await bot.comes_of(bot.press(card, "refresh"))

    assert ((CHANNEL_ID, None, True), heading(card)) == (where(again), heading(again))


async def test_a_slow_refresh_ends_with_the_card_in_its_place(mode: Mode, stages: Stages) -> None:
    """The card replaces the note that the look-up is running."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        await bot.type("SANDBOX-BUSY SANDBOX-024")
        await bot.settled(2)
        (card,) = bot.slack.messages

        await bot.press(card, "refresh")
        await bot.settled(4)

        assert [True] * 2 == [post.body["replace_original"] for post in bot.slack.posts[2:]]
        (again,) = bot.slack.messages
        assert (card.ts, heading(card)) == (again.ts, heading(again))


async def test_share_posts_the_card_and_never_the_typed_command(bot: Scene) -> None:
    """A new public message with the sharer's name; the private card stays."""
    card = await bot.answer(f"{LONG_ID} +55 (11) 98765-4321")

    public = await bot.comes_of(bot.person.click(card, "card_share"))

    shown = f"{public.text} {seen(public)}"
    assert (CHANNEL_ID, None, False) == where(public)
    assert BY_ANA in shown
    assert (False, False, False) == (LONG_ID in shown, "98765" in shown, "/voicestatus" in shown)
    # Not final, because the gateway may not know the id yet; so it can be watched.
    assert ["watch", "customer", "details", "refresh"] == list(row_of(public))
    assert card == bot.slack.messages[0]


async def test_shared_twice_is_shared_once(bot: Scene) -> None:
    """The second click shows a note; another user's card counts separately."""
    card = await bot.answer("SANDBOX-BUSY")
    await bot.comes_of(bot.person.click(card, "card_share"))

    told = await bot.comes_of(bot.person.click(card, "card_share"))
    other = await bot.answer("SANDBOX-BUSY", user=OTHER_USER_ID)
    shared = await bot.comes_of(bot.person.as_user(OTHER_USER_ID).click(other, "card_share"))

    assert (say("working.shared_already"), True) == (heading(told), told.ephemeral)
    assert (BUSY, False) == (heading(shared), shared.ephemeral)


async def test_two_clicks_at_once_share_one_card(bot: Scene) -> None:
    """The second waits for the first, and then shows a note."""
    card = await bot.answer("SANDBOX-BUSY")
    click = functools.partial(bot.person.click, card, "card_share")

    await asyncio.gather(click(), click())
    await bot.running.work.idle()

    assert [(BUSY, False), (say("working.shared_already"), True)] == [
        (heading(one), one.ephemeral) for one in bot.slack.messages[1:]
    ]


async def test_an_ephemeral_card_in_a_thread_is_shared_in_that_thread(bot: Scene) -> None:
    """Slack refused the first post to the thread, so the asker's card has the button."""
    root = await bot.person.say("nobody called me")
    bot.slack.fail_next("chat.postMessage", error="restricted_action")
    card = await bot.mention("SANDBOX-FOREVER", thread_ts=root.ts)
    again = await refreshed(bot, card)

    public = await bot.comes_of(bot.person.click(again, "card_share"))

    assert (CHANNEL_ID, root.ts, True) == where(again)
    assert (CHANNEL_ID, root.ts, False) == where(public)


async def test_what_no_channel_took_goes_to_the_asker_and_can_be_shared_by_another_click(
    bot: Scene,
) -> None:
    """Only a successful share makes later clicks show a note."""
    card = await bot.answer("SANDBOX-OK", channel=CHANNEL_WITHOUT_BOT_ID)
    bot.slack.fail_next("response_url", status=404)
    alone = await bot.comes_of(bot.person.click(card, "card_share"))
    bot.expect_refusals("chat.postMessage: not_in_channel")
    await bot.running.work.idle()

    shared = await bot.comes_of(bot.person.click(card, "card_share"))
    told = await bot.comes_of(bot.person.click(card, "card_share"))

    assert (bot.person.direct_channel, ANSWERED) == (alone.channel, heading(alone))
    assert INVITE in alone.text
    assert ((CHANNEL_WITHOUT_BOT_ID, None, False), ANSWERED) == (where(shared), heading(shared))
    assert say("working.shared_already") == heading(told)


@pytest.mark.parametrize("by", ["word", "button"])
async def test_refresh_of_a_shared_card_says_again_who_shared_it(bot: Scene, by: str) -> None:
    """After any number of refreshes, on the same message, for all readers."""
    if by == "word":
        card = await bot.answer("SANDBOX-FOREVER share")
    else:
        private = await bot.answer("SANDBOX-FOREVER")
        card = await bot.comes_of(bot.person.click(private, "card_share"))

    for _ in range(2):
        card = await refreshed(bot, card)

        assert BY_ANA in seen(card)
        assert not card.ephemeral


async def test_the_reply_to_the_customer_is_by_call(bot: Scene) -> None:
    """Beside the card; its id and reason stand above each text, not in it, and alike ones once."""
    card = await bot.answer("SANDBOX-BUSY SANDBOX-OK SANDBOX-failed.486")
    reply = await bot.comes_of(bot.person.click(card, "card_customer"))

    busy, answered = (customer_reply(read_result(one), EN) for one in ("failed:486", "ok:85"))
    assert (f"{busy}{answered}", True) == (copied(reply), reply.ephemeral)
    shown = [*texts(reply.blocks)]
    assert ["SANDBOX-BUSY", ", ", "SANDBOX-failed.486", busy] == shown[3:7]
    assert "SANDBOX" not in copied(reply)
    assert card == bot.slack.messages[0]


async def test_the_other_language_is_behind_a_button_of_the_reply(bot: Scene) -> None:
    """The user's own first; the other one replaces it, and leads back."""
    card = await bot.answer("SANDBOX-BUSY")
    reply = await bot.comes_of(bot.person.click(card, "card_customer"))
    shown = [copied(reply)]
    for language in ("pt-BR", "en"):
        await bot.person.click(reply, f"customer_in_{language}")
        await bot.latest(reply, lambda one: copied(one) not in shown[-1:])
        (reply,) = bot.slack.messages[1:]
        shown.append(copied(reply))

    english, portuguese = (customer_reply(read_result("failed:486"), one) for one in (EN, PT))
    assert [english, portuguese, english] == shown


async def test_beside_a_card_no_note_says_that_work_goes_on(mode: Mode, stages: Stages) -> None:
    """The answer could not replace it there; an answer in place of the card can."""
    async with stages.scene(mode, timing=WITH_NOTE) as bot:
        await bot.type("SANDBOX-FOREVER")
        card = await bot.slack.wait_for_message()
        card = await bot.latest(card, lambda one: say("working.title") not in one.text)
        posts = len(bot.slack.posts)
        await bot.press(card, "details")
        await bot.running.work.idle()

        assert 1 == len(bot.slack.posts) - posts
        assert say("details.title") == heading(bot.slack.messages[-1])


async def test_details_are_for_the_one_who_clicks(bot: Scene) -> None:
    """With the whole id, in the thread of a public card, which is unchanged."""
    card = await bot.mention(LONG_ID)

    told = await bot.comes_of(bot.press(card, "details"))

    assert (CHANNEL_ID, card.thread_ts, True) == where(told)
    assert say("details.title") == heading(told)
    assert LONG_ID in seen(told)
    assert card == bot.slack.messages[0]


async def test_labels_and_cards_are_in_the_persons_language(bot: Scene) -> None:
    """After a change of language, a refreshed card is in the new one."""
    card = await bot.answer("SANDBOX-FOREVER")
    await bot.answer("lang pt")
    again = await refreshed(bot, card)

    label = row_of(again)["share"]["text"]["text"]
    assert (verdict("024", PT), say("button.share", PT)) == (heading(again), label)


def forged(bot: Scene, card: Message, action: str, value: Any = None) -> dict[str, Any]:
    """A click with a forged value, unless it is `None`."""
    asking = Interactions(slack=bot.slack, user=bot.person.user, team=bot.person.team)
    payload = asking.click_in_message(card, "card_share", None, None)
    payload["actions"][0]["action_id"] = f"card_{action}"
    if value is not None:
        payload["actions"][0]["value"] = value
    return payload


@pytest.mark.parametrize("choice", ["card_none x", "card_details", "card_details 7", "", 7, None])
async def test_a_choice_that_the_menu_does_not_offer_gives_nothing(
    bot: Scene, choice: object
) -> None:
    """Forged, or of another version of the bot."""
    card = await bot.answer("SANDBOX-BUSY")
    payload = forged(bot, card, "more")
    payload["actions"][0]["selected_option"] = {"value": choice}

    await bot.nothing_comes_of(bot.person.deliver(Kind.INTERACTIVE, payload))


async def test_somebody_who_lost_the_right_is_refused_at_each_button(bot: Scene) -> None:
    """Access is checked at each click; users of other organisations have none."""
    card = await bot.answer("SANDBOX-BUSY")
    for action in row_of(card):
        payload = forged(bot, card, action)
        payload["user"] |= {"id": STRANGER_USER_ID, "team_id": "T0PARTNER01"}

        told = await bot.comes_of(bot.person.deliver(Kind.INTERACTIVE, payload))

        assert (action, REFUSED) == (action, heading(told))
    assert (card, ["SANDBOX-BUSY"]) == (bot.slack.messages[0], bot.asked)


HOSTILE = {
    "no JSON": "SANDBOX-OK",
    "no list": '{"a": 1}',
    "no texts": "[1, null]",
    "empty": "[]",
    "too long an id": json.dumps(["X" * 41]),
    "blank": json.dumps(["  "]),
    "invisible": json.dumps(["A\u202eB"]),
    "deep": "[" * 2_000,
    "a number": 7,
    "a huge number": "[" + "9" * 1_990 + "]",
    "lone surrogate": '["\\ud800"]',
}


def test_a_hostile_value_names_no_call() -> None:
    """And raises no error."""
    assert dict.fromkeys(HOSTILE, ()) == {name: ids_of(value) for name, value in HOSTILE.items()}


@pytest.mark.parametrize(
    ("value", "ids"), [(["A1", "b-2"], ("A1", "b-2")), (["x"] * 11, ("x",) * 10)]
)
def test_the_ids_of_a_button_are_read_back(value: list[str], ids: tuple[str, ...]) -> None:
    """At most as many as one question may have."""
    assert tuple(map(MessageId, ids)) == ids_of(json.dumps(value))


async def test_clicks_that_slack_would_not_send_give_nothing(bot: Scene) -> None:
    """No look-up, message or error: values without a call, incomplete payloads."""
    card = await bot.answer("SANDBOX-BUSY")
    without: list[dict[str, Any]] = [{"container": "x"}, {"actions": []}, {"user": None}]

    async def all_clicks() -> None:
        for action in row_of(card):
            payload = forged(bot, card, action, HOSTILE["invisible"])
            assert (await bot.person.deliver(Kind.INTERACTIVE, payload)).accepted
        for parts in without:
            await bot.person.deliver(Kind.INTERACTIVE, forged(bot, card, "details", "x") | parts)

    await bot.nothing_comes_of(all_clicks())

    assert ["SANDBOX-BUSY", "SANDBOX-404"] == bot.asked
