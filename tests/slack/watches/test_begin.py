"""Starting a watch on every surface, and its ending there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    SHARED_CHANNEL_ID,
)
from bot.settings.settings import Mode
from tests.slack.watching import (
    BEGUN,
    TOLD,
    buttons_of,
    end_waiting,
    expect_rings,
    mentioned,
    notices,
    shown,
    waiting,
    watching,
)
from tests.support.reading import heading, in_view, row_of, seen, where
from tests.support.scene import ASK, CHECK, COMMAND, Scene, Stages
from tests.support.wording import ANSWERED, PT, REFUSED, phrase, say, verdict

PENDING = verdict("024")
DIRECTLY, IN_THREAD = say("watch.directly"), say("watch.in_thread")


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot with short intervals between look-ups."""
    async with watching(stages, mode) as scene:
        yield scene


async def by_command(ways: Scene, idmsg: str) -> Message:
    """The card for a command."""
    return await ways.answer(idmsg)


async def by_sharing(ways: Scene, idmsg: str) -> Message:
    """The card that a command shares."""
    return await ways.answer(f"{idmsg} share")


async def by_direct_message(ways: Scene, idmsg: str) -> Message:
    """The card in a direct message."""
    person = ways.person
    return await ways.comes_of(person.say(idmsg, channel=person.direct_channel))


async def by_shortcut(ways: Scene, idmsg: str) -> Message:
    """The card in the thread of a message."""
    said = await ways.person.say(f"where is {idmsg}?")
    return await ways.comes_of(ways.person.message_shortcut(CHECK, said))


Asking = Callable[[Scene, str], Awaitable[Message]]
SURFACES: dict[str, Asking] = {
    "command": by_command,
    "shared": by_sharing,
    "mention": mentioned,
    "direct message": by_direct_message,
    "message shortcut": by_shortcut,
}


@pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)
async def test_a_card_without_a_status_has_the_button(ways: Scene, ask: Asking) -> None:
    """And no other card has it; on a public card only the asker sees it."""
    card = await ask(ways, "SANDBOX-FOREVER")
    final = await ask(ways, "SANDBOX-BUSY")

    assert (True, False) == ("watch" in row_of(card), "watch" in row_of(final))
    if not card.ephemeral and not card.channel.startswith("D"):
        assert [ways.person.user] == row_of(card)["watch"]["visible_to_user_ids"]


async def test_a_list_with_a_pending_call_has_the_button_once(ways: Scene) -> None:
    """It watches the calls without a status."""
    card = await ways.answer(f"SANDBOX-OK SANDBOX-FOREVER {waiting()} SANDBOX-001")

    await ways.press(card, "watch")
    note = await shown(ways, say("watch.title", count=2))

    assert say("watch.hindered.final", idmsg="SANDBOX-OK") in seen(note)
    assert say("watch.hindered.refused", idmsg="SANDBOX-001") in seen(note)


async def test_one_click_on_a_private_card_brings_the_answer_in_a_direct_message(
    ways: Scene,
) -> None:
    """With the whole id; the bot does not try to update the ephemeral card."""
    idmsg = waiting()
    card = await ways.answer(idmsg)
    await ways.person.click(card, "card_watch")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert DIRECTLY in seen(note)
    assert (CHANNEL_ID, None, True) == where(note)
    assert (ways.person.direct_channel, None, False) == where(told)
    assert ANSWERED in seen(told)
    assert say("card.sandbox") in seen(told)
    assert idmsg in seen(told)
    assert "customer" in row_of(told)
    assert [] == [call for call in ways.slack.calls if call.method == "chat.update"]


async def test_a_click_on_a_card_in_a_thread_brings_the_answer_there_and_updates_the_card(
    ways: Scene,
) -> None:
    """With a mention and a shortened id; the thread has none of the private notes."""
    idmsg = waiting()
    card = await mentioned(ways, idmsg)
    await ways.person.click(card, "card_watch")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)
    changed = await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert IN_THREAD in seen(note)
    assert (CHANNEL_ID, card.thread_ts, True) == where(note)
    assert where(card) == where(told) == where(changed)
    assert f"<@{ways.person.user}>" in told.text
    assert idmsg not in f"{told.text} {seen(told)} {changed.text} {seen(changed)}"
    assert f"|{say('notice.to_card')}>" in seen(told)
    assert ({}, False) == (buttons_of(told), "watch" in row_of(changed))
    expect_rings(ways, ways.person.user)


async def test_in_the_conversation_with_the_bot_the_answer_comes_in_its_thread(
    ways: Scene,
) -> None:
    """A direct message needs no mention, and shows the whole id."""
    idmsg = waiting()
    card = await by_direct_message(ways, idmsg)
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)
    changed = await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert where(card) == where(told) == where(changed)
    assert idmsg in seen(told)


async def test_a_card_in_a_modal_can_be_watched_there(ways: Scene) -> None:
    """The modal says so; the notice is a direct message."""
    await ways.person.global_shortcut(ASK)
    await ways.person.submit(await ways.modal(), {"ids": waiting()})
    view = await ways.modal_showing(PENDING)

    await ways.person.click(view, "card_watch")
    view = await ways.modal_showing(BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert DIRECTLY in in_view(view)
    assert (ways.person.direct_channel, None, False) == where(told)


async def test_the_time_can_be_chosen_in_a_modal_as_well(ways: Scene) -> None:
    """Each click shows its result in the modal."""
    await ways.person.global_shortcut(ASK)
    await ways.person.submit(await ways.modal(), {"ids": f"watch {waiting()}"})
    view = await ways.modal_showing(BEGUN)

    await ways.person.click(view, "watch_limit_240")
    view = await ways.modal_showing(say("watch.limit.30"))
    await ways.person.click(view, "watch_stop")
    await ways.modal_showing(say("watch.stopped_title", count=1))


async def test_the_word_does_what_the_button_does(ways: Scene) -> None:
    """In a command, for the asker only."""
    await ways.type(f"avisar {waiting()}")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert (CHANNEL_ID, None, True) == where(note)
    assert (ways.person.direct_channel, None, False) == where(told)


async def test_the_word_in_a_mention_watches_for_the_thread_and_tells_the_asker_alone(
    ways: Scene,
) -> None:
    """The bot posted the card, so it updates it with the status."""
    card = await mentioned(ways, f"{waiting()} avisar!")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)
    await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert (CHANNEL_ID, card.thread_ts, True) == where(note)
    assert where(card) == where(told)
    expect_rings(ways, ways.person.user)


async def test_the_word_in_a_direct_message_is_answered_in_its_thread(ways: Scene) -> None:
    """The card, the note that it is watched, and the notice."""
    card = await by_direct_message(ways, f"{waiting()} watch")
    note = await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert where(card) == where(note) == where(told)


async def test_the_word_beside_share_shares_the_card_and_watches(ways: Scene) -> None:
    """The channel sees the card; only the asker sees that they watch the call."""
    card = await ways.answer(f"{waiting()} share watch")
    note = await shown(ways, BEGUN)

    assert (PENDING, False) == (heading(card), card.ephemeral)
    assert note.ephemeral


@pytest.mark.parametrize("ask", [by_command, mentioned, by_direct_message])
async def test_what_is_final_already_is_answered_at_once_and_not_watched(
    ways: Scene, ask: Asking
) -> None:
    """The card says so, and no notice follows."""
    card = await ask(ways, "SANDBOX-OK watch")

    assert ANSWERED == heading(card)
    assert say("watch.needless.final") in seen(card)
    assert say("watches.none_title") in heading(await ways.answer("watches"))
    assert 2 == len(ways.slack.messages)


async def test_a_bot_that_is_refused_does_not_watch(ways: Scene) -> None:
    """The card says who must act."""
    card = await ways.answer("SANDBOX-001 watch")

    assert say("watch.needless.refused") in seen(card)


async def test_a_look_up_that_failed_is_watched_if_that_is_what_was_typed(ways: Scene) -> None:
    """The next look-up may succeed."""
    await ways.type("SANDBOX-FAULT-forbidden watch")

    await shown(ways, BEGUN)


async def test_a_late_click_shows_the_status_in_the_place_of_the_card(ways: Scene) -> None:
    """A call that has got its status is not watched."""
    card = await ways.answer(waiting())
    end_waiting(ways)

    await ways.person.click(card, "card_watch")
    await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert say("watches.none_title") in heading(await ways.answer("watches"))
    assert 2 == len(ways.slack.messages)


async def test_a_button_that_is_pressed_twice_watches_once(ways: Scene) -> None:
    """The second click shows until when, and there is one notice."""
    idmsg = waiting()
    card = await mentioned(ways, idmsg)
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    await ways.person.click(card, "card_watch")
    again = await shown(ways, phrase("watch.yours", idmsg=idmsg, where=IN_THREAD))
    listed = await ways.answer("watches")
    end_waiting(ways)
    await shown(ways, TOLD)

    assert say("watch.already_title") == heading(again)
    assert {} == buttons_of(again)
    assert 1 == seen(listed).count(f"`{idmsg}`")
    assert 1 == len(notices(ways))
    ways.slack.pings.clear()


async def test_the_note_in_a_direct_message_ends_with_the_watch(ways: Scene) -> None:
    """It is on the card, which becomes the answer; a line leads to it, and no copy follows."""
    card = await by_direct_message(ways, waiting())
    await ways.person.click(card, "card_watch")
    note = await ways.latest(card, lambda m: BEGUN in seen(m))
    end_waiting(ways)
    told = await shown(ways, TOLD)
    changed = await ways.latest(card, lambda m: heading(m) == ANSWERED)

    assert (True, False) == ("watch_stop" in buttons_of(note), "watch" in row_of(note))
    assert (False, False) == (BEGUN in seen(changed), "watch_stop" in buttons_of(changed))
    assert (1, {}) == (len(told.blocks), buttons_of(told))


async def test_an_id_that_the_gateway_does_not_know_gets_one_more_look(ways: Scene) -> None:
    """In a minute, which the note says; no longer time is offered."""
    await ways.type("SANDBOX-023 watch")
    note = await shown(ways, phrase("watch.once_more", idmsg="SANDBOX-023", where=DIRECTLY))
    (watch,) = await ways.running.stores.watches.latest(9, only_open=True)

    assert ["watch_stop"] == [one for one in buttons_of(note) if one.startswith("watch_")]
    assert timedelta(minutes=1) == watch.due_at - watch.started_at


async def test_two_people_in_a_thread_get_one_answer(ways: Scene) -> None:
    """A note says to the second user that the answer will be posted."""
    said, idmsg = await ways.person.say("where is it?"), waiting()
    await ways.person.say(f"{BOT_MENTION} {idmsg} watch", thread_ts=said.ts)
    await shown(ways, BEGUN)
    bruno = ways.person.as_user(OTHER_USER_ID)
    await bruno.say(f"{BOT_MENTION} {idmsg} watch", thread_ts=said.ts)
    note = await shown(ways, phrase("watch.anothers", idmsg=idmsg, where=IN_THREAD))
    listed = await ways.answer("watches", user=OTHER_USER_ID)
    end_waiting(ways)
    await shown(ways, TOLD)

    assert (OTHER_USER_ID, True) == (note.user, note.ephemeral)
    assert say("watches.none_title") == heading(listed)
    assert 1 == len(notices(ways))
    expect_rings(ways, ways.person.user)


async def test_a_thread_in_which_the_bot_cannot_write_sends_the_answer_directly(
    ways: Scene,
) -> None:
    """A response URL posts cards in channels without the bot."""
    idmsg = waiting()
    said = await ways.person.say(idmsg, channel=CHANNEL_WITHOUT_BOT_ID)
    card = await ways.comes_of(ways.person.message_shortcut(CHECK, said))
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert (ways.person.direct_channel, None, False) == where(told)
    assert say("notice.moved") in seen(told)
    assert idmsg in seen(told)
    await ways.slack.wait_for(lambda: len(ways.slack.refusals) == 3)
    assert {"not_in_channel"} == {line.split(": ")[1].split()[0] for line in ways.slack.refusals}
    ways.slack.refusals.clear()


async def test_everything_speaks_the_language_of_its_reader_at_the_time_of_telling(
    ways: Scene,
) -> None:
    """A user who changes the language while waiting gets the notice in the new one."""
    card = await ways.answer(waiting())
    await ways.person.click(card, "card_watch")
    await shown(ways, BEGUN)
    await ways.answer("lang pt")
    end_waiting(ways)
    told = await shown(ways, say("notice.status", PT))

    assert verdict("ok:85.00", PT) in seen(told)


async def test_in_portuguese_button_note_and_answer_are_so(mode: Mode, stages: Stages) -> None:
    """In a channel's thread, too, in the bot's language."""
    async with watching(stages, mode, bot_language="pt-BR") as ways:
        card = await mentioned(ways, waiting())
        assert say("button.watch", PT) == row_of(card)["watch"]["text"]["text"]
        await ways.person.click(card, "card_watch")
        note = await shown(ways, say("watch.in_thread", PT))
        end_waiting(ways)
        told = await shown(ways, say("notice.status", PT))
        expect_rings(ways, ways.person.user)

    assert say("watch.stop", PT) in seen(note)
    assert verdict("ok:85.00", PT) in seen(told)


async def test_an_answer_in_a_shared_channel_hides_phone_numbers(
    mode: Mode, stages: Stages
) -> None:
    """An IDMSG with one is masked publicly; only the asker sees it whole."""
    async with watching(stages, mode, watch_limit_minutes=0.001) as ways:
        text = f"{BOT_MENTION} id:11987654321"
        card = await ways.comes_of(ways.person.say(text, channel=SHARED_CHANNEL_ID))
        await ways.person.click(card, "card_watch")
        note = await shown(ways, BEGUN)
        told = await shown(ways, phrase("notice.limit"))
        expect_rings(ways, ways.person.user)

    assert "11987654321" in seen(note)
    assert "98765" not in f"{told.text} {seen(told)}"
    assert "4321" in seen(told)


async def test_a_refused_person_starts_nothing_by_button_or_word(
    mode: Mode, stages: Stages
) -> None:
    """Not even with another user's button."""
    idmsg = waiting()
    async with watching(stages, mode, allowed_users=frozenset({OTHER_USER_ID})) as ways:
        note = await ways.answer(f"{idmsg} watch")
        assert REFUSED == heading(note)
        bruno = ways.person.as_user(OTHER_USER_ID)
        card = await ways.comes_of(bruno.command(COMMAND, idmsg))
        assert "watch" in row_of(card)
        assert [idmsg] == ways.asked
