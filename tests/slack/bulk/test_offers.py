"""A list in the file of a mention or a direct message: offered, begun or declined."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings.settings import Mode
from bot.slack.cards.controls import Origin, carrying
from bot.slack.listeners.buttons import offer_on
from tests.slack.listing import DONE, REPORT, press, said
from tests.slack.watching import SWIFT, expect_rings, saying, shown
from tests.support.reading import heading, row_of, seen, where
from tests.support.scene import CHECK, Scene, Stages
from tests.support.wording import BUSY, REFUSED, phrase, say

SCOPES = frozenset({"files:read", "files:write"})
OFFER = say("bulk.offer.title", count=2)
NO_LIST = say("bulk.modal.no_list_title")
LIST: Mapping[str, Any] = {
    "name": "ligacoes.csv",
    "content": b"IDMSG;Fone\r\nSANDBOX-OK;1\r\nSANDBOX-BUSY;2\r\n",
}
EMPTY: File = {"name": "nada.csv", "content": b""}


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot that may read and write files."""
    async with stages.scene(mode, scopes=SCOPES, timing=SWIFT) as scene:
        yield scene


async def mention(ways: Scene, text: str = "", file: File = LIST, **more: Any) -> Message:
    """The answer to a mention with a file."""
    return await ways.comes_of(ways.person.say(f"{BOT_MENTION} {text}", files=[file], **more))


@pytest.mark.parametrize("text", ["", "segue a lista", "lista"])
async def test_a_list_in_a_direct_message_is_offered_and_begun(ways: Scene, text: str) -> None:
    """In the conversation: what was found, how long it takes, and two buttons."""
    offer = await ways.direct(text, files=[LIST])
    assert (ways.person.direct_channel, None, False) == where(offer)
    assert OFFER == heading(offer)
    assert say("bulk.modal.file", file="ligacoes.csv") in seen(offer)
    assert say("bulk.modal.found", count=2) in seen(offer)
    assert say("bulk.modal.to_you") in seen(offer)
    assert ["bulk_begin", "bulk_decline"] == list(row_of(offer))
    assert [] == ways.asked

    await ways.person.click(offer, "bulk_begin")

    report = await said(ways, REPORT)
    assert (ways.person.direct_channel, None, False) == where(report)
    assert {"SANDBOX-OK", "SANDBOX-BUSY"} == set(ways.asked)
    await shown(ways, say("bulk.note.begun_title"))
    assert [] == saying(ways, OFFER)


async def test_a_direct_list_that_was_sent_in_a_thread_stays_in_it(ways: Scene) -> None:
    """The card, the report and the result file."""
    asked = await ways.person.say("SANDBOX-OK", channel=ways.person.direct_channel)
    await ways.slack.wait_for_message()
    offer = await ways.direct("", files=[LIST], thread_ts=asked.ts)
    await ways.person.click(offer, "bulk_begin")

    await said(ways, REPORT)
    await ways.slack.wait_for(lambda: any(one.files for one in ways.slack.messages))
    await said(ways, DONE)
    places = {where(one) for one in ways.slack.messages[1:]}
    assert {(ways.person.direct_channel, asked.ts, False)} == places


async def test_a_direct_list_from_the_menu_of_its_message_comes_in_line(ways: Scene) -> None:
    """The message has no thread yet, and the report begins none."""
    await ways.direct("", files=[LIST])
    await ways.person.message_shortcut(CHECK, ways.slack.said[-1])
    await ways.person.submit(await ways.modal())

    assert (ways.person.direct_channel, None, False) == where(await said(ways, REPORT))


@pytest.mark.parametrize("in_text", [True, False])
async def test_a_list_in_a_mention_is_offered_to_the_asker_and_reported_in_the_thread(
    ways: Scene, *, in_text: bool
) -> None:
    """Others see no row of it before it begins; Slack may name the file in the text only."""
    offer = await mention(ways, "confere essa lista", {**LIST, "in_text": in_text})
    asked = ways.slack.said[-1]
    assert (CHANNEL_ID, True, USER_ID) == (offer.channel, offer.ephemeral, offer.user)
    assert say("bulk.offer.to_thread") in seen(offer)

    await ways.person.click(offer, "bulk_begin")

    report = await said(ways, REPORT)
    assert (CHANNEL_ID, asked.ts) == (report.channel, report.thread_ts)
    await shown(ways, say("bulk.note.begun_title"))
    expect_rings(ways, USER_ID)


async def test_a_list_that_is_declined_is_not_asked_about(ways: Scene) -> None:
    """The buttons go."""
    offer = await ways.direct("", files=[LIST])

    await ways.person.click(offer, "bulk_decline")

    await shown(ways, say("bulk.note.declined_title"))
    assert ([], []) == (ways.asked, saying(ways, OFFER))


async def test_an_offer_that_is_pressed_twice_begins_once(ways: Scene) -> None:
    """Slack sends both clicks before the first has replaced the card."""
    offer = await ways.direct("", files=[LIST])

    await ways.person.click(offer, "bulk_begin")
    with_buttons = replace(offer)
    ways.slack.ledger.messages[
        ways.slack.ledger.messages.index(
            next(one for one in ways.slack.messages if one.ts == offer.ts)
        )
    ] = with_buttons
    await ways.person.click(with_buttons, "bulk_begin")

    await said(ways, REPORT)
    await ways.running.work.idle()
    assert 1 == len(saying(ways, REPORT))


async def test_ids_in_the_words_are_answered_before_the_offer(ways: Scene) -> None:
    """In the thread that the card has begun, so the asker sees it there."""
    card, offer = await ways.come_of(
        ways.person.say(f"{BOT_MENTION} SANDBOX-BUSY e estas", files=[LIST]), 2
    )
    asked = ways.slack.said[-1]

    assert (BUSY, asked.ts) == (heading(card), card.thread_ts)
    assert ((CHANNEL_ID, asked.ts, True), OFFER) == (where(offer), heading(offer))


async def test_a_file_without_a_list_beside_ids_needs_no_word(ways: Scene) -> None:
    """It was read, and holds none; alone it gets one."""
    card = await ways.direct("SANDBOX-BUSY", files=[EMPTY])
    alone = await ways.direct("", files=[EMPTY])
    await ways.running.work.idle()

    assert (BUSY, NO_LIST) == (heading(card), heading(alone))
    assert [card, alone] == ways.slack.messages


async def test_a_file_that_changed_is_offered_anew(ways: Scene) -> None:
    """What was seen is not what would be asked about."""
    offer = await ways.direct("", files=[LIST])
    (file,) = ways.slack.said[-1].files
    stored = ways.slack.files.find(str(file["id"]))
    assert stored is not None
    ways.slack.files._stored[stored.id] = replace(stored, content=b"IDMSG\nSANDBOX-404\n")

    await ways.person.click(offer, "bulk_begin")
    again = await shown(ways, say("bulk.offer.changed"))
    assert [] == ways.asked
    await ways.person.click(again, "bulk_begin")

    await said(ways, REPORT)
    assert ["SANDBOX-404"] == ways.asked


async def test_a_file_that_was_deleted_does_not_begin(ways: Scene) -> None:
    """The offer says so, and has no buttons any more."""
    offer = await ways.direct("", files=[LIST])
    (file,) = ways.slack.said[-1].files
    ways.slack.files.delete(str(file["id"]))

    await ways.person.click(offer, "bulk_begin")

    told = await shown(ways, NO_LIST)
    assert phrase("file.deleted").search(seen(told))
    assert {} == row_of(told)
    ways.expect_refusals("files.info: file_deleted")


async def test_a_file_that_slack_withholds_for_a_moment_can_be_begun_again(ways: Scene) -> None:
    """The buttons stay."""
    offer = await ways.direct("", files=[LIST])
    ways.slack.fail_next("files.info", error="internal_error")

    await ways.person.click(offer, "bulk_begin")
    again = await shown(ways, NO_LIST)
    await ways.person.click(again, "bulk_begin")

    await said(ways, REPORT)
    assert {"SANDBOX-OK", "SANDBOX-BUSY"} == set(ways.asked)


async def test_a_file_that_takes_long_is_read_while_a_note_says_so(
    mode: Mode, stages: Stages
) -> None:
    """The offer replaces the note."""
    async with stages.scene(mode, scopes=SCOPES, timing=replace(SWIFT, first_look=0.0)) as ways:
        await ways.direct("", files=[LIST])
        await shown(ways, OFFER)
        await ways.running.work.idle()

        assert 1 == len(ways.slack.messages)


@pytest.mark.parametrize("text", ["", "segue a lista", "SANDBOX-BUSY e estas"])
async def test_without_the_scope_a_sentence_says_what_works(
    mode: Mode, stages: Stages, text: str
) -> None:
    """Also beside an id, since the file would be passed over without a word."""
    async with stages.scene(mode, timing=SWIFT) as ways:
        count = 2 if "SANDBOX" in text else 1
        said = ways.person.say(text, channel=ways.person.direct_channel, files=[LIST])
        told = (await ways.come_of(said, count))[-1]

        assert say("file.no_permission", scope="files:read") in seen(told)
        assert NO_LIST == heading(told)
        ways.slack.refusals.clear()


async def test_an_email_in_a_conversation_is_read_where_it_stands(
    mode: Mode, stages: Stages
) -> None:
    """Subject and body, without a scope and without a call."""
    body = "Não recebi. IDMSG: SANDBOX-BUSY"
    email: File = {"name": "x", "mode": "email", "subject": "Re: SANDBOX-OK", "plain_text": body}
    async with stages.scene(mode, timing=SWIFT) as ways:
        by_mention = await mention(ways, "", email)
        by_menu = await ways.comes_of(ways.person.message_shortcut(CHECK, ways.slack.said[-1]))

        assert heading(by_menu) == heading(by_mention)
        assert ["SANDBOX-OK", "SANDBOX-BUSY"] == ways.asked
        assert [] == [call for call in ways.slack.calls if call.method.startswith("files.")]


async def test_an_email_without_ids_gets_its_own_sentence(ways: Scene) -> None:
    """It is no wrong spreadsheet."""
    told = await ways.direct("", files=[{"name": "Oi", "mode": "email", "plain_text": "Oi!"}])

    assert say("file.page", files="`Oi`") in seen(told)


async def test_an_edit_offers_a_list_only_once(ways: Scene) -> None:
    """The same file is in the message still."""
    await ways.direct("segue", files=[LIST])

    await ways.nothing_comes_of(ways.person.edit(ways.slack.said[-1], "segue a lista"))


async def test_who_may_not_look_up_learns_nothing_of_the_file(mode: Mode, stages: Stages) -> None:
    """One refusal, and nothing is downloaded."""
    async with stages.scene(mode, scopes=SCOPES, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        told = await ways.direct("SANDBOX-BUSY", files=[LIST])
        await ways.running.work.idle()

        assert ([told], REFUSED) == (ways.slack.messages, heading(told))
        assert [] == [call for call in ways.slack.calls if call.method.startswith("files.")]


@pytest.mark.parametrize("channels", [frozenset(), frozenset({CHANNEL_ID})], ids=["all", "one"])
async def test_a_form_that_was_closed_leaves_an_offer(
    mode: Mode, stages: Stages, channels: frozenset[str]
) -> None:
    """As a direct message to the person who has closed it; it begins where the form would have.

    So that channel decides whether it may.
    """
    async with stages.scene(
        mode,
        scopes=SCOPES,
        timing=replace(SWIFT, first_look=0.0),
        allowed_channels=channels,
    ) as ways:
        ways.slack.fail_next("views.update", error="not_found")
        message = await ways.person.say("the calls", files=[LIST])
        await ways.person.message_shortcut(CHECK, message)
        offer = await shown(ways, OFFER)
        assert ways.person.direct_channel == offer.channel

        await ways.person.click(offer, "bulk_begin")

        report = await said(ways, REPORT)
        assert (CHANNEL_ID, message.ts) == (report.channel, report.thread_ts)
        expect_rings(ways, USER_ID)


async def test_a_forged_press_begins_nothing(ways: Scene) -> None:
    """Neither a value of no offer, nor one that the bot did not sign, of which it says so."""
    offer = await ways.direct("", files=[LIST])
    value = json.loads(row_of(offer)["bulk_begin"]["value"])
    changed = [json.dumps({**value, name: "C0LOBBY0001"}) for name in value]
    unsigned = carrying(Origin(channel=CHANNEL_ID), file=value["file"], checked=value["checked"])
    ways.slack.calls.clear()

    await press(ways.person, offer, "bulk_begin", "x")
    for forged in (unsigned, *changed):
        note = await ways.comes_of(press(ways.person, offer, "bulk_begin", forged))
        assert say("outdated.title") == heading(note)
    await ways.running.work.idle()

    assert [] == [call for call in ways.slack.calls if call.method.startswith("files.")]
    assert [] == ways.asked


@given(value=st.none() | st.text() | st.dictionaries(st.text(max_size=9), st.integers()))
def test_a_value_that_is_none_of_ours_offers_nothing(value: object) -> None:
    """As text or as JSON; the value of a button is untrusted."""
    assert offer_on(value) is None
    assert offer_on(json.dumps(value)) is None
    assert offer_on(json.dumps({"file": value})) is None or isinstance(value, str)
