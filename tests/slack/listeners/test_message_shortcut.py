"""The message shortcut: ids are answered in the message's thread, possibly after a modal."""

from __future__ import annotations

import pytest

from bot.fake_slack.people.person import Outcome
from bot.fake_slack.state.ledger import View
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    GUEST_USER_ID,
    OTHER_USER_ID,
    USER_ID,
)
from bot.settings.settings import Mode
from tests.slack.listing import REPORT, said
from tests.slack.watching import SWIFT, expect_rings
from tests.support.reading import carried, heading, in_view, row_of, seen, where
from tests.support.scene import CHECK, Scene, Stages
from tests.support.wording import ANSWERED, BUSY, INVITE, REFUSED, say, sums

LONG_ID = "MPG0002361804740000000001"
MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))
ONLY_BRUNO = frozenset({OTHER_USER_ID})


@pytest.mark.both_modes
async def test_the_id_in_a_message_becomes_a_card_in_its_thread(bot: Scene) -> None:
    """Found in any place, in a sentence or in a file name; phone numbers are ignored."""
    in_text = await bot.person.say("IDMSG: SANDBOX-BUSY, phone +55 11 98765-4321")
    in_name = await bot.person.say("", files=["SANDBOX-BUSY.txt"])
    for message in (in_text, in_name):
        card = await bot.comes_of(bot.person.message_shortcut(CHECK, message))

        assert ((CHANNEL_ID, message.ts, False), BUSY) == (where(card), heading(card))
        assert ["SANDBOX-BUSY"] == carried(card)


async def test_several_ids_become_a_compact_list(bot: Scene) -> None:
    """One message in the thread, for up to ten ids, each once."""
    ten = MANY.rpartition(" ")[0]
    card = await bot.shortcut(f"{ten}, SANDBOX-400")

    assert (CHANNEL_ID, bot.slack.said[-1].ts, False) == where(card)
    assert sums({"gateway_error": 10}) == heading(card)


async def test_a_reply_in_a_thread_is_answered_in_that_thread(bot: Scene) -> None:
    """Under the first message, for any author and asker; only the asker sees the buttons."""
    root = await bot.person.say("nobody called me")
    reply = await bot.person.as_user(OTHER_USER_ID).say("SANDBOX-BUSY", thread_ts=root.ts)
    dora = bot.person.as_user(GUEST_USER_ID)

    card = await bot.comes_of(dora.message_shortcut(CHECK, reply))

    assert (CHANNEL_ID, root.ts, False) == where(card)
    assert [GUEST_USER_ID] == row_of(card)["customer"]["visible_to_user_ids"]


async def test_in_the_conversation_with_the_bot_it_works_too(bot: Scene) -> None:
    """Direct messages have the shortcut as well."""
    await bot.direct("explain SANDBOX-BUSY")
    message = bot.slack.said[-1]

    card = await bot.comes_of(bot.person.message_shortcut(CHECK, message))

    assert ((message.channel, message.ts, False), BUSY) == (where(card), heading(card))


async def test_a_public_answer_shortens_long_ids(bot: Scene) -> None:
    """Only the buttons' values have the whole id."""
    card = await bot.shortcut(LONG_ID)

    assert LONG_ID not in f"{card.text} {seen(card)}"
    assert [LONG_ID] == carried(card)


@pytest.mark.parametrize("text", ["SANDBOX-BUSY", "nobody called me"])
async def test_somebody_who_may_not_ask_is_told_so_alone(
    mode: Mode, stages: Stages, text: str
) -> None:
    """A message without replies has no thread to show it in; no modal opens."""
    async with stages.scene(mode, allowed_users=ONLY_BRUNO) as bot:
        told = await bot.shortcut(text)

        assert (CHANNEL_ID, None, True) == where(told)
        assert (REFUSED, USER_ID) == (heading(told), told.user)
        assert ([], []) == (bot.asked, bot.slack.modals_of(USER_ID))


def filled_in(view: View) -> str:
    """The initial content of the modal's field."""
    fields = [block["element"] for block in view.content["blocks"] if block["type"] == "input"]
    return str(fields[0].get("initial_value", ""))


async def opened(bot: Scene, text: str, **where_else: str) -> tuple[View, str]:
    """The modal for a message with this text, and the message's `ts`."""
    message = await bot.person.say(text, **where_else)  # type: ignore[arg-type]
    await bot.person.message_shortcut(CHECK, message)
    return await bot.modal(), message.ts


@pytest.mark.parametrize(
    ("text", "remark", "found"),
    [
        ("call +55 (11) 98765-4321 again", say("modal.none"), ""),
        ("is it 20230001234567?", say("modal.doubtful"), "20230001234567"),
        (MANY, say("modal.many", count=11, limit=10), MANY.replace(" ", "\n")),
    ],
    ids=["none", "doubtful", "many"],
)
async def test_what_is_not_clear_opens_a_modal_with_what_was_found(
    bot: Scene, text: str, remark: str, found: str
) -> None:
    """The user sees the ids found, and confirms them before the gateway gets a request."""
    view, _ = await opened(bot, text)

    assert remark in in_view(view)
    assert found == filled_in(view)
    assert ([], []) == (bot.asked, bot.slack.messages)


async def test_errors_stand_in_the_modal_until_they_are_corrected(bot: Scene) -> None:
    """Then it closes, and the card is posted in the message's thread."""
    view, ts = await opened(bot, "is it 20230001234567?")

    refused = await bot.person.submit(view, {"ids": "+55 (11) 98765-4321"})
    before = len(bot.slack.messages)
    closed = await bot.person.submit(view, {"ids": "SANDBOX-BUSY"})
    card = await bot.slack.wait_for_message(before + 1)

    assert [Outcome.ERRORS, Outcome.CLOSED] == [refused.action, closed.action]
    where_to_find = say("problem.where_to_find").replace("`", "")
    problem = f"+55 (11) 98765-4321: {say('problem.phone')} {where_to_find}"
    assert {"ids": problem} == refused.errors
    assert ((CHANNEL_ID, ts, False), BUSY) == (where(card), heading(card))


async def test_a_reply_in_a_thread_is_answered_there_after_the_modal(bot: Scene) -> None:
    """`private_metadata` has the thread."""
    root = await bot.person.say("hello")
    view, _ = await opened(bot, "nobody called me", thread_ts=root.ts)

    card = await bot.comes_of(bot.person.submit(view, {"ids": "SANDBOX-OK\nstatus, id:X2"}))

    assert (CHANNEL_ID, root.ts, False) == where(card)
    assert sums({"answered": 1, "gateway.023": 1}) == heading(card)


async def test_a_message_of_many_ids_becomes_a_list_that_is_reported_in_its_thread(
    mode: Mode, stages: Stages
) -> None:
    """One click replaces the modal by the one for lists, and one starts the list."""
    async with stages.scene(mode, timing=SWIFT) as bot:
        view, ts = await opened(bot, MANY)
        await bot.person.click(view, "bulk_open")
        form = await bot.modal_showing(say("bulk.modal.found", count=11))
        assert view.id == form.id
        await bot.person.submit(form)

        assert (CHANNEL_ID, ts, False) == where(await said(bot, REPORT))
        expect_rings(bot, USER_ID)


async def test_where_the_bot_is_no_member_a_modal_leaves_a_direct_message(bot: Scene) -> None:
    """A modal has no response URL; a note says how to invite the bot."""
    view, _ = await opened(bot, "nobody called me", channel=CHANNEL_WITHOUT_BOT_ID)

    card = await bot.comes_of(bot.person.submit(view, {"ids": "SANDBOX-OK"}))

    assert (bot.person.direct_channel, ANSWERED) == (card.channel, heading(card))
    assert INVITE in card.text
    bot.expect_refusals("chat.postMessage: not_in_channel", "chat.postEphemeral: not_in_channel")


async def test_a_closed_modal_asks_nobody(bot: Scene) -> None:
    """The user did not want an answer."""
    view, _ = await opened(bot, "nobody called me")

    await bot.nothing_comes_of(bot.person.close(view))

    assert ["SANDBOX-404"] == bot.asked


async def test_a_modal_that_slack_does_not_open_is_no_silence(bot: Scene) -> None:
    """A `trigger_id` expires after three seconds; then a note shows how to ask."""
    bot.slack.fail_next("views.open", error="expired_trigger_id")

    told = await bot.shortcut("nobody called me")

    assert ((CHANNEL_ID, None, True), say("help.usage_title")) == (where(told), heading(told))


async def test_the_ids_of_a_modal_that_slack_does_not_open_are_offered_in_a_message(
    bot: Scene,
) -> None:
    """A new click has a new `trigger_id`."""
    bot.slack.fail_next("views.open", error="expired_trigger_id")
    ids = [f"MPG{number:012}" for number in range(11)]

    told = await bot.shortcut(" ".join(ids))
    await bot.person.click(told, "bulk_open")

    modal = str((await bot.modal()).content)
    assert say("too_many.title", count="11", limit=10) == heading(told)
    assert [] == [idmsg for idmsg in ids if idmsg not in modal]
