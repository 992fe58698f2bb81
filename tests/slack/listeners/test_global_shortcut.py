"""The global shortcut: a modal from anywhere, with the answer in it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind, Outcome
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID, SHARED_CHANNEL_ID
from bot.settings.settings import Mode
from tests.support.reading import heading, in_view, row_of, seen, where
from tests.support.scene import ASK, WITH_NOTE, Scene, Stages, playing
from tests.support.wording import ANSWERED, BUSY, REFUSED, say

# No wait before the update: the gateway is slower than the acknowledgement.
AT_ONCE = replace(WITH_NOTE, modal_ack=0.0)


async def submitted(bot: Scene, ids: str) -> Outcome:
    """Open the modal and submit these ids; return its next content."""
    await bot.person.global_shortcut(ASK)
    return (await bot.person.submit(await bot.modal(), {"ids": ids})).action


@pytest.mark.both_modes
async def test_an_id_is_answered_in_the_modal(bot: Scene) -> None:
    """The whole card with its buttons; no message is posted."""
    outcome = await submitted(bot, "SANDBOX-BUSY share")
    view = await bot.modal_showing(BUSY)

    assert Outcome.UPDATED == outcome
    assert "SANDBOX-BUSY" in in_view(view)
    assert ["customer", "share", "details"] == [*row_of(view)]
    assert [] == bot.slack.messages


@pytest.mark.both_modes
@pytest.mark.parametrize("way", ["customer", "details"])
async def test_what_a_button_of_the_answer_shows_lies_over_it(bot: Scene, way: str) -> None:
    """Closed, it shows the answer again."""
    await submitted(bot, "SANDBOX-BUSY")
    view = await bot.modal_showing(BUSY)

    await bot.press(view, way)
    name = "customer_card.title" if way == "customer" else "details.title"
    await bot.slack.wait_for(lambda: len(bot.slack.modals_of(bot.person.user)) > 1)
    *_, pushed = bot.slack.modals_of(bot.person.user)
    await bot.person.close(pushed)

    assert say(name) in in_view(pushed)
    assert [view] == bot.slack.modals_of(bot.person.user)
    assert [] == bot.slack.messages


async def test_the_other_language_replaces_the_reply_over_the_answer(bot: Scene) -> None:
    """The stack of modals does not grow."""
    await submitted(bot, "SANDBOX-BUSY")
    await bot.press(await bot.modal_showing(BUSY), "customer")
    await bot.slack.wait_for(lambda: len(bot.slack.modals_of(bot.person.user)) > 1)

    await bot.person.click(await bot.modal(), "customer_in_pt-BR")
    await bot.modal_showing(say("language.own_name"))

    assert 2 == len(bot.slack.modals_of(bot.person.user))


async def test_an_answer_in_a_modal_stays_in_it_if_nothing_can_lie_over_it(bot: Scene) -> None:
    """Slack takes three modals at most, and each soon after a click."""
    await submitted(bot, "SANDBOX-BUSY")
    view = await bot.modal_showing(BUSY)
    bot.slack.fail_next("views.push", error="push_limit_reached")

    await bot.press(view, "details")

    assert [view.id] == [(await bot.modal_showing(say("details.title"))).id]


@pytest.mark.both_modes
@pytest.mark.parametrize("channel", [CHANNEL_ID, CHANNEL_WITHOUT_BOT_ID])
async def test_an_answer_in_a_modal_is_shared_where_the_person_wants(
    bot: Scene, channel: str
) -> None:
    """Also where the bot is not a member; the modal shows the answer again."""
    await submitted(bot, "SANDBOX-BUSY")
    view = await bot.modal_showing(BUSY)
    await bot.press(view, "share")
    await bot.slack.wait_for(lambda: len(bot.slack.modals_of(bot.person.user)) > 1)

    shared = await bot.comes_of(bot.person.submit(await bot.modal(), {"place": channel}))

    assert ((channel, None, False), BUSY) == (where(shared), heading(shared))
    assert say("card.shared_by", user="ana") in seen(shared)
    assert [view] == bot.slack.modals_of(bot.person.user)


async def test_no_channel_with_another_organisation_is_offered(bot: Scene) -> None:
    """Customers' calls get there only by who asks there."""
    await bot.press(await bot.direct("SANDBOX-BUSY"), "share")
    form = await bot.modal_showing(say("modal.where"))

    with pytest.raises(NotPossibleError, match="does not offer"):
        await bot.person.submit(form, {"place": SHARED_CHANNEL_ID})


async def test_an_answer_is_not_shared_where_nobody_may_ask(mode: Mode, stages: Stages) -> None:
    """Only the user reads the refusal there."""
    async with stages.scene(mode, allowed_channels=frozenset({"D0ANA000001"})) as bot:
        card = await bot.direct("SANDBOX-BUSY")
        await bot.press(card, "share")
        await bot.modal_showing(say("modal.where"))
        form = {"place": CHANNEL_ID}

        told = await bot.comes_of(bot.person.submit(await bot.modal(), form))

        assert ((CHANNEL_ID, None, True), REFUSED) == (where(told), heading(told))


async def test_a_quick_answer_is_what_the_acknowledgement_shows(bot: Scene) -> None:
    """The answer comes from the cache; no later update could be overwritten."""
    await bot.answer("SANDBOX-BUSY")
    await submitted(bot, "SANDBOX-BUSY")

    assert BUSY in in_view(await bot.modal())
    assert "views.update" not in [call.method for call in bot.slack.calls]


async def test_eleven_become_a_list_to_begin(bot: Scene) -> None:
    """The modal for lists replaces this one, with all ids; the gateway gets no request yet."""
    eleven = " ".join(f"SANDBOX-{number}" for number in range(400, 411))

    assert Outcome.UPDATED == await submitted(bot, eleven)
    assert say("bulk.modal.found", count=11) in in_view(await bot.modal())
    assert [] == bot.asked


async def test_a_slow_gateway_is_said_in_the_modal_before_the_answer(
    mode: Mode, stages: Stages
) -> None:
    """Slack waits three seconds for an acknowledgement, which contains the note."""
    async with stages.scene(mode, timing=AT_ONCE) as bot:
        await submitted(bot, "SANDBOX-SLOW-0.25")

        assert say("working.title") in in_view(await bot.modal())
        assert ANSWERED in in_view(await bot.modal_showing(ANSWERED))


async def test_a_modal_that_was_closed_meanwhile_is_answered_directly(
    mode: Mode, stages: Stages
) -> None:
    """The answer is not lost, and can be shared from there."""
    async with stages.scene(mode, timing=AT_ONCE) as bot:
        bot.slack.fail_next("views.update", error="not_found")

        card = await bot.comes_of(submitted(bot, "SANDBOX-OK"))

        assert (bot.person.direct_channel, None, False) == where(card)
        assert ANSWERED == heading(card)
        await bot.press(card, "share")
        form = await bot.modal_showing(say("modal.where"))
        shared = await bot.comes_of(bot.person.submit(form, {"place": CHANNEL_ID}))
        assert ((CHANNEL_ID, None, False), ANSWERED) == (where(shared), heading(shared))


async def test_an_expired_trigger_is_answered_directly(mode: Mode) -> None:
    """Slack took more than three seconds to deliver; a note shows how to ask."""
    passed = 0.0
    async with playing(mode, clock=lambda: time.time() + passed) as bot:
        asking = Interactions(slack=bot.slack, user=bot.person.user, team=bot.person.team)
        payload = asking.global_shortcut(ASK)
        passed = 4.0

        told = await bot.comes_of(bot.person.deliver(Kind.INTERACTIVE, payload))

        assert (bot.person.direct_channel, None, False) == where(told)
        assert say("help.usage_title") == heading(told)
        bot.expect_refusals("views.open: expired_trigger_id")
