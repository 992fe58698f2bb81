"""The message shortcut where the message does not say what is asked: a modal, then the thread."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from listing import REPORT, said
from scene import heading
from watching import expect_rings
from ways import ANSWERED, BUSY, CHECK, INVITE, Ways, in_view, visiting, where

from bot.demo.loopback.ledger import View
from bot.demo.loopback.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    USER_ID,
)
from bot.demo.person import Outcome
from bot.settings import Mode

MANY = " ".join(f"SANDBOX-{number}" for number in range(400, 411))


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


def filled_in(view: View) -> str:
    """What stands in the modal's field when it opens."""
    fields = [block["element"] for block in view.content["blocks"] if block["type"] == "input"]
    return str(fields[0].get("initial_value", ""))


async def opened(ways: Ways, text: str, **where_else: str) -> tuple[View, str]:
    """The modal that a message with this text opens, and the message's time stamp."""
    said = await ways.person.say(text, **where_else)  # type: ignore[arg-type]
    await ways.person.message_shortcut(CHECK, said)
    return await ways.modal(), said.ts


@pytest.mark.parametrize(
    ("text", "remark", "found"),
    [
        ("nobody called me", "I found no IDMSG in this message.", ""),
        ("call +55 (11) 98765-4321 again", "I found no IDMSG in this message.", ""),
        ("is it 20230001234567?", "I am not sure that these are IDMSGs.", "20230001234567"),
        (MANY, "This message holds 11 IDMSGs; I check up to 10", MANY.replace(" ", "\n")),
    ],
    ids=["none", "a phone number", "doubtful", "too many"],
)
async def test_what_is_not_clear_opens_a_modal_with_what_was_found(
    ways: Ways, text: str, remark: str, found: str
) -> None:
    """The person sees what was found, and nobody is asked before they have looked at it."""
    view, _ = await opened(ways, text)

    assert remark in in_view(view)
    assert found == filled_in(view)
    assert ([], []) == (ways.asked, ways.slack.messages)


async def test_the_modal_speaks_the_persons_language(mode: Mode) -> None:
    """The modal is for one person, whatever the channel reads."""
    async with visiting(mode, scopes={"users:read"}) as ways:
        bruno = ways.person.as_user(OTHER_USER_ID)
        await bruno.message_shortcut(CHECK, await ways.person.say("nobody called me"))
        view = await ways.modal(bruno)

    assert "Não encontrei nenhum IDMSG nesta mensagem." in in_view(view)
    assert "Status da chamada" == view.content["title"]["text"]


async def test_what_was_corrected_is_answered_in_the_messages_thread(ways: Ways) -> None:
    """The modal closes, the card stands where the question came up."""
    view, ts = await opened(ways, "is it 20230001234567?")

    before = len(ways.slack.messages)
    submission = await ways.person.submit(view, {"ids": "SANDBOX-BUSY"})
    card = await ways.slack.wait_for_message(before + 1)

    assert Outcome.CLOSED == submission.action
    assert (CHANNEL_ID, ts, False) == where(card)
    assert BUSY == heading(card)


async def test_several_typed_ids_become_a_list(ways: Ways) -> None:
    """Separated by lines, blanks or commas."""
    view, ts = await opened(ways, "nobody called me")

    card = await ways.comes_of(ways.person.submit(view, {"ids": "SANDBOX-BUSY\nSANDBOX-OK, id:X1"}))

    assert ("3 calls: 1 answered, 1 not completed, 1 not found", ts) == (
        heading(card),
        card.thread_ts,
    )


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("+55 (11) 98765-4321", "+55 (11) 98765-4321: it looks like a phone number."),
        ("X" * 41, "it is longer than 40 characters."),
        ("help", "Please type at least one IDMSG."),
    ],
    ids=["phone", "too long", "no id"],
)
async def test_errors_stand_in_the_modal_which_stays_open(
    ways: Ways, typed: str, error: str
) -> None:
    """What was typed can be corrected and submitted again."""
    view, ts = await opened(ways, "nobody called me")

    refused = await ways.person.submit(view, {"ids": typed})
    card = await ways.comes_of(ways.person.submit(view, {"ids": "SANDBOX-OK"}))

    assert Outcome.ERRORS == refused.action
    assert refused.errors["ids"].endswith(error)
    assert (ANSWERED, ts) == (heading(card), card.thread_ts)


async def test_a_message_of_many_ids_becomes_a_list_that_is_reported_in_its_thread(
    ways: Ways,
) -> None:
    """One press puts them into the form for lists, and one begins."""
    view, ts = await opened(ways, MANY)
    await ways.person.click(view, "bulk_open")
    form = await ways.modal_showing("*11 calls are looked up.*")
    await ways.person.submit(form)

    report = await said(ways, REPORT)
    assert (CHANNEL_ID, ts, False) == where(report)
    expect_rings(ways, USER_ID)


async def test_a_reply_in_a_thread_is_answered_there_after_the_modal(ways: Ways) -> None:
    """The modal remembers the thread."""
    root = await ways.person.say("hello")
    view, _ = await opened(ways, "nobody called me", thread_ts=root.ts)

    card = await ways.comes_of(ways.person.submit(view, {"ids": "SANDBOX-OK"}))

    assert (CHANNEL_ID, root.ts, False) == where(card)


async def test_where_the_bot_is_no_member_the_person_gets_the_card_and_the_way_to_more(
    ways: Ways,
) -> None:
    """A modal brings no response URL, so a direct message is what is left."""
    view, _ = await opened(ways, "nobody called me", channel=CHANNEL_WITHOUT_BOT_ID)

    card = await ways.comes_of(ways.person.submit(view, {"ids": "SANDBOX-OK"}))

    assert (ways.person.direct_channel, ANSWERED) == (card.channel, heading(card))
    assert INVITE in card.text
    ways.expect_refusals("chat.postMessage: not_in_channel", "chat.postEphemeral: not_in_channel")


async def test_a_closed_modal_asks_nobody(ways: Ways) -> None:
    """Whoever closes it wanted no answer."""
    view, _ = await opened(ways, "nobody called me")

    await ways.nothing_comes_of(ways.person.close(view))

    assert ["SANDBOX-404"] == ways.asked


async def test_a_modal_that_slack_does_not_open_is_no_silence(ways: Ways) -> None:
    """The trigger lives three seconds; after that the person is told how to ask."""
    said = await ways.person.say("nobody called me")
    ways.slack.fail_next("views.open", error="expired_trigger_id")

    told = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

    assert (CHANNEL_ID, None, True) == where(told)
    assert "What would you like to know?" == heading(told)


async def test_somebody_who_may_not_ask_gets_no_modal(mode: Mode) -> None:
    """The refusal comes before anything is typed."""
    async with visiting(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        said = await ways.person.say("nobody called me")
        told = await ways.comes_of(ways.person.message_shortcut(CHECK, said))

        assert ("You may not look calls up here", True) == (heading(told), told.ephemeral)
        assert [] == ways.slack.modals_of(ways.person.user)
