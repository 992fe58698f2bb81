"""How a watch is asked for, on every surface, and how it ends there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from scene import COMMAND, heading, seen
from watching import BEGUN, TOLD, buttons_of, expect_rings, mentioned, notices, shown, watching
from ways import ANSWERED, ASK, CHECK, Ways, in_view, row_of, where

from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    SHARED_CHANNEL_ID,
)
from bot.settings import Mode

PENDING = "⏳ No status yet. That is not a failure."
DIRECTLY = "as soon as it has a final status I tell you in a direct message"
IN_THREAD = "as soon as it has a final status I tell you in this thread"
FINAL = "There is nothing to watch: this status is final."
LONG_WAIT = "SANDBOX-PENDING-900"


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot whose watches look often, in both modes."""
    async with watching(mode) as scene:
        yield scene


async def by_command(ways: Ways, idmsg: str) -> Message:
    """The card of a command."""
    return await ways.answer(idmsg)


async def by_sharing(ways: Ways, idmsg: str) -> Message:
    """The card that a command shares."""
    return await ways.answer(f"{idmsg} share")


async def by_direct_message(ways: Ways, idmsg: str) -> Message:
    """The card in the conversation with the bot."""
    person = ways.person
    return await ways.comes_of(person.say(idmsg, channel=person.direct_channel))


async def by_shortcut(ways: Ways, idmsg: str) -> Message:
    """The card in the thread of a message."""
    said = await ways.person.say(f"where is {idmsg}?")
    return await ways.comes_of(ways.person.message_shortcut(CHECK, said))


Asking = Callable[[Ways, str], Awaitable[Message]]
SURFACES: dict[str, Asking] = {
    "command": by_command,
    "shared": by_sharing,
    "mention": mentioned,
    "direct message": by_direct_message,
    "message shortcut": by_shortcut,
}
BY_ALL = pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)


@BY_ALL
@pytest.mark.parametrize(
    ("idmsg", "offered"),
    [
        ("SANDBOX-FOREVER", True),
        ("SANDBOX-023", True),
        ("SANDBOX-BUSY", False),
        ("SANDBOX-850", False),
        ("SANDBOX-900", False),
        ("SANDBOX-FAULT-forbidden", False),
    ],
)
async def test_a_card_without_a_status_has_the_button(
    ways: Ways, ask: Asking, idmsg: str, offered: bool
) -> None:
    """Where waiting is the next step, and nowhere else; on public cards for the asker alone."""
    card = await ask(ways, idmsg)

    assert offered is ("watch" in row_of(card))
    if offered and not card.ephemeral and not card.channel.startswith("D"):
        assert [ways.person.user] == row_of(card)["watch"]["visible_to_user_ids"]


async def test_a_list_with_a_pending_call_has_the_button_once(ways: Ways) -> None:
    """It watches those of the list that have no status."""
    card = await ways.answer("SANDBOX-OK SANDBOX-FOREVER SANDBOX-PENDING-900 SANDBOX-900")

    await ways.person.click(card, "card_watch")
    note = await shown(ways, "I am watching 2 calls")

    assert "`SANDBOX-OK` has its final status already" in seen(note)
    assert "`SANDBOX-900`: the gateway refuses this bot" in seen(note)


async def test_one_click_on_a_private_card_brings_the_answer_in_a_direct_message(
    ways: Ways,
) -> None:
    """In full; the ephemeral card cannot be changed, and nobody tries to."""
    card = await ways.answer("SANDBOX-PENDING-4")
    await ways.person.click(card, "card_watch")
    note = await shown(ways, BEGUN)
    told = await shown(ways, TOLD)

    assert DIRECTLY in seen(note)
    assert (CHANNEL_ID, None, True) == where(note)
    assert (ways.person.direct_channel, None, False) == where(told)
    assert ANSWERED in seen(told)
    assert "SANDBOX-PENDING-4" in seen(told)
    assert ["refresh", "customer", "details"] == list(row_of(told))
    assert [] == [call for call in ways.slack.calls if call.method == "chat.update"]


async def test_a_click_on_a_card_in_a_thread_brings_the_answer_there_and_updates_the_card(
    ways: Ways,
) -> None:
    """Called by name, the id shortened; what was only for the asker is not in the thread."""
    card = await mentioned(ways, "SANDBOX-PENDING-4")
    await ways.person.click(card, "card_watch")
    note = await shown(ways, BEGUN)
    told = await shown(ways, TOLD)
    changed = await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert IN_THREAD in seen(note)
    assert (CHANNEL_ID, card.thread_ts, True) == where(note)
    assert where(card) == where(told) == where(changed)
    assert f"<@{ways.person.user}>" in told.text
    assert "SANDBOX-PENDING-4" not in f"{told.text} {seen(told)} {changed.text} {seen(changed)}"
    assert [ways.person.user] == row_of(told)["refresh"]["visible_to_user_ids"]
    assert "watch" not in row_of(changed)
    expect_rings(ways, ways.person.user)


async def test_in_the_conversation_with_the_bot_the_answer_comes_in_its_thread(
    ways: Ways,
) -> None:
    """Between two nobody has to be called, and nothing is hidden."""
    card = await by_direct_message(ways, "SANDBOX-PENDING-4")
    await ways.person.click(card, "card_watch")
    told = await shown(ways, TOLD)
    changed = await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert where(card) == where(told) == where(changed)
    assert "SANDBOX-PENDING-4" in seen(told)


async def test_a_card_in_a_modal_can_be_watched_there(ways: Ways) -> None:
    """The modal says so; the answer comes in a direct message."""
    await ways.person.global_shortcut(ASK)
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-PENDING-4"})
    view = await ways.modal_showing(PENDING)

    await ways.person.click(view, "card_watch")
    view = await ways.modal_showing(BEGUN)
    told = await shown(ways, TOLD)

    assert DIRECTLY in in_view(view)
    assert (ways.person.direct_channel, None, False) == where(told)


async def test_the_time_can_be_chosen_in_a_modal_as_well(ways: Ways) -> None:
    """Each click shows its outcome in the modal."""
    await ways.person.global_shortcut(ASK)
    await ways.person.submit(await ways.modal(), {"ids": f"watch {LONG_WAIT}"})
    view = await ways.modal_showing(BEGUN)

    await ways.person.click(view, "watch_limit_240")
    await ways.modal_showing("Watch for 30 min")
    await ways.person.click(ways.slack.modals_of(ways.person.user)[-1], "watch_stop")
    await ways.modal_showing("I have stopped watching this call")


async def test_a_modal_without_anything_to_wait_for_has_no_buttons(ways: Ways) -> None:
    """They would have no message to act on."""
    await ways.person.global_shortcut(ASK)
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-OK"})
    view = await ways.modal_showing(ANSWERED)

    assert [] == [block for block in view.content["blocks"] if block["type"] == "actions"]


@pytest.mark.parametrize(
    "text",
    ["SANDBOX-PENDING-1 watch", "avisar SANDBOX-PENDING-1", "acompanhar SANDBOX-PENDING-1"],
)
async def test_the_word_does_what_the_button_does(ways: Ways, text: str) -> None:
    """Before or after the id, in both languages; by command, for the asker alone."""
    await ways.type(text)
    note = await shown(ways, BEGUN)
    told = await shown(ways, TOLD)

    assert (CHANNEL_ID, None, True) == where(note)
    assert (ways.person.direct_channel, None, False) == where(told)


async def test_the_word_in_a_mention_watches_for_the_thread_and_tells_the_asker_alone(
    ways: Ways,
) -> None:
    """The card is a message of the bot's own and becomes the answer too."""
    card = await mentioned(ways, "SANDBOX-PENDING-1 watch")
    note = await shown(ways, BEGUN)
    told = await shown(ways, TOLD)
    await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert (CHANNEL_ID, card.thread_ts, True) == where(note)
    assert where(card) == where(told)
    expect_rings(ways, ways.person.user)


async def test_the_word_in_a_direct_message_is_answered_in_its_thread(ways: Ways) -> None:
    """All of it: the card, that it is watched, the answer."""
    card = await by_direct_message(ways, "SANDBOX-PENDING-1 watch")
    note = await shown(ways, BEGUN)
    told = await shown(ways, TOLD)

    assert where(card) == where(note) == where(told)


async def test_the_word_beside_share_shares_the_card_and_watches(ways: Ways) -> None:
    """The channel sees the card; that somebody waits is theirs alone."""
    card = await ways.answer(f"{LONG_WAIT} share watch")
    note = await shown(ways, BEGUN)

    assert (PENDING, False) == (heading(card), card.ephemeral)
    assert note.ephemeral


@pytest.mark.parametrize("ask", [by_command, mentioned, by_direct_message])
async def test_what_is_final_already_is_answered_at_once_and_not_watched(
    ways: Ways, ask: Asking
) -> None:
    """The card says so, and nothing more comes."""
    card = await ask(ways, "SANDBOX-OK watch")

    assert ANSWERED == heading(card)
    assert FINAL in seen(card)
    assert "I am watching no call for you" in heading(await ways.answer("watches"))
    assert 2 == len(ways.slack.messages)


async def test_a_bot_that_is_refused_does_not_watch(ways: Ways) -> None:
    """The card says who must act."""
    card = await ways.answer("SANDBOX-001 watch")

    assert "I am not watching it: the gateway refuses this bot" in seen(card)


async def test_a_look_up_that_failed_is_watched_if_that_is_what_was_typed(ways: Ways) -> None:
    """The next look may find out."""
    await ways.type("SANDBOX-FAULT-forbidden watch")

    await shown(ways, BEGUN)


async def test_a_late_click_shows_the_status_in_the_place_of_the_card(ways: Ways) -> None:
    """What got its status meanwhile is not watched."""
    card = await ways.answer("SANDBOX-PENDING-0.3")
    await ways.answer("SANDBOX-SLOW-0.6")

    await ways.person.click(card, "card_watch")
    await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert [] == [m for m in ways.slack.messages if BEGUN in seen(m)]


async def test_a_button_that_is_pressed_twice_watches_once(ways: Ways) -> None:
    """The second click is told until when, and there is one notice."""
    card = await ways.answer("SANDBOX-PENDING-4")
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    await ways.person.click(card, "card_watch")
    again = await shown(ways, "you asked me to watch it before")
    await shown(ways, TOLD)
    await ways.answer("SANDBOX-SLOW-0.6")

    assert "🔔 This is being watched already" == heading(again)
    assert {} == buttons_of(again)
    assert 1 == len(notices(ways))


async def test_two_people_in_a_thread_get_one_answer(ways: Ways) -> None:
    """The second one is told that it is on its way."""
    said = await ways.person.say("where is it?")
    bruno = ways.person.as_user(OTHER_USER_ID)
    for person in (ways.person, bruno):
        text = f"{BOT_MENTION} SANDBOX-PENDING-4 watch"
        await person.say(text, thread_ts=said.ts)
        await shown(ways, BEGUN if person is ways.person else "somebody else asked me")
    note = await shown(ways, "somebody else asked me to watch it before")
    await shown(ways, TOLD)
    await ways.answer("SANDBOX-SLOW-0.6")

    assert (OTHER_USER_ID, True) == (note.user, note.ephemeral)
    assert 1 == len(notices(ways))
    expect_rings(ways, ways.person.user)


async def test_a_thread_in_which_the_bot_cannot_write_sends_the_answer_directly(
    ways: Ways,
) -> None:
    """A card that reached a channel by its response URL has no member behind it."""
    said = await ways.person.say("SANDBOX-PENDING-4", channel=CHANNEL_WITHOUT_BOT_ID)
    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
    await ways.person.click(card, "card_watch")
    told = await shown(ways, TOLD)

    assert (ways.person.direct_channel, None, False) == where(told)
    assert "I could not write in the thread where you asked" in seen(told)
    assert "SANDBOX-PENDING-4" in seen(told)
    await ways.slack.wait_for(lambda: len(ways.slack.refusals) == 3)
    assert {"not_in_channel"} == {line.split(": ")[1].split()[0] for line in ways.slack.refusals}
    ways.slack.refusals.clear()


async def test_everything_speaks_the_language_of_its_reader_at_the_time_of_telling(
    mode: Mode,
) -> None:
    """Who changes the language while waiting is told in the new one."""
    async with watching(mode) as ways:
        card = await ways.answer("SANDBOX-PENDING-4")
        await ways.person.click(card, "card_watch")
        await shown(ways, BEGUN)
        await ways.answer("lang pt")
        told = await shown(ways, "Você me pediu para acompanhar esta chamada")

    assert "A chamada foi atendida" in seen(told)


async def test_in_portuguese_button_note_and_answer_are_so(mode: Mode) -> None:
    """A channel's thread too, in the language of the bot."""
    async with watching(mode, bot_language="pt-BR") as ways:
        card = await mentioned(ways, "SANDBOX-PENDING-4")
        assert "Avisar-me" == row_of(card)["watch"]["text"]["text"]
        await ways.person.click(card, "card_watch")
        note = await shown(ways, "aviso você nesta conversa")
        told = await shown(ways, "ela já tem o status final")
        expect_rings(ways, ways.person.user)

    assert "Não avisar mais" in seen(note)
    assert "A chamada foi atendida" in seen(told)


async def test_an_answer_in_a_shared_channel_hides_phone_numbers(mode: Mode) -> None:
    """An IDMSG that holds one is masked for all; the asker alone sees it whole."""
    async with watching(mode, watch_limit_minutes=0.01) as ways:
        card = await ways.comes_of(
            ways.person.say(f"{BOT_MENTION} id:11987654321", channel=SHARED_CHANNEL_ID)
        )
        await ways.person.click(card, "card_watch")
        note = await shown(ways, BEGUN)
        told = await shown(ways, "Still no status, and that is not a failure")
        expect_rings(ways, ways.person.user)

    assert "11987654321" in seen(note)
    assert "98765" not in f"{told.text} {seen(told)}"
    assert "4321" in seen(told)


async def test_a_refused_person_starts_nothing_by_button_or_word(mode: Mode) -> None:
    """Nor does one by pressing a button that is not theirs."""
    async with watching(mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        note = await ways.answer(f"{LONG_WAIT} watch")
        assert "You may not look calls up here" == heading(note)
        bruno = ways.person.as_user(OTHER_USER_ID)
        card = await ways.comes_of(bruno.command(COMMAND, LONG_WAIT))
        assert "watch" in row_of(card)
        assert [LONG_WAIT] == ways.asked
