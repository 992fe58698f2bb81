"""The global shortcut: a modal from anywhere, with the answer in it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind, Outcome
from bot.settings.settings import Mode
from tests.support.reading import heading, in_view, row_of, where
from tests.support.scene import ASK, WITH_NOTE, Scene, Stages, playing
from tests.support.wording import ANSWERED, BUSY, say

# No wait before the update: the gateway is slower than the acknowledgement.
AT_ONCE = replace(WITH_NOTE, modal_ack=0.0)


async def submitted(bot: Scene, ids: str) -> Outcome:
    """Open the modal and submit these ids; return its next content."""
    await bot.person.global_shortcut(ASK)
    return (await bot.person.submit(await bot.modal(), {"ids": ids})).action


@pytest.mark.both_modes
async def test_an_id_is_answered_in_the_modal(bot: Scene) -> None:
    """The whole card without buttons, which need a conversation; no message is posted."""
    outcome = await submitted(bot, "SANDBOX-BUSY share")
    view = await bot.modal_showing(BUSY)

    assert Outcome.UPDATED == outcome
    assert "SANDBOX-BUSY" in in_view(view)
    assert "actions" not in [block["type"] for block in view.content["blocks"]]
    assert [] == bot.slack.messages


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
    """The answer is not lost; a direct message has no button to share."""
    async with stages.scene(mode, timing=AT_ONCE) as bot:
        bot.slack.fail_next("views.update", error="not_found")

        card = await bot.comes_of(submitted(bot, "SANDBOX-OK"))

        assert (bot.person.direct_channel, None, False) == where(card)
        assert ANSWERED == heading(card)
        assert "share" not in row_of(card)


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
