"""The global shortcut: a modal from anywhere, and the answer in it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from scene import heading
from ways import ANSWERED, ASK, BUSY, REFUSED, REFUSED_PT, Ways, in_view, row_of, visiting, where

from bot.demo.loopback.interactions import Interactions
from bot.demo.loopback.workspace import GUEST_USER_ID, OTHER_USER_ID, STRANGER_USER_ID
from bot.demo.person import Kind, Outcome, Person
from bot.settings import Mode

TEN = " ".join(f"SANDBOX-failed.{number}" for number in range(480, 490))


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


async def submitted(ways: Ways, ids: str, person: Person | None = None) -> Outcome:
    """Open the modal and submit these ids; what became of it at once."""
    asking = person or ways.person
    await asking.global_shortcut(ASK)
    return (await asking.submit(await ways.modal(asking), {"ids": ids})).action


async def test_one_id_is_answered_in_the_modal(ways: Ways) -> None:
    """The whole card, without buttons, which have no place to answer in."""
    outcome = await submitted(ways, "SANDBOX-BUSY")
    view = await ways.modal_showing(BUSY)

    assert Outcome.UPDATED == outcome
    assert "SANDBOX-BUSY" in in_view(view)
    assert "actions" not in [block["type"] for block in view.content["blocks"]]
    assert [] == ways.slack.messages


async def test_ten_ids_are_answered_as_a_list(ways: Ways) -> None:
    """As many as one command takes."""
    await submitted(ways, TEN)

    assert "10 calls: 10 not completed" in in_view(await ways.modal_showing("10 calls"))
    assert 10 == len(ways.asked)


async def test_eleven_become_a_list_to_begin(ways: Ways) -> None:
    """The form for lists takes the modal's place, with all of them in it; nobody is asked yet."""
    assert Outcome.UPDATED == await submitted(ways, f"{TEN} SANDBOX-OK")
    assert "*11 calls are looked up.*" in in_view(await ways.modal())
    assert [] == ways.asked


async def test_a_quick_answer_is_never_covered_by_its_acknowledgement(ways: Ways) -> None:
    """An answer from the cache is what the modal goes on showing."""
    await ways.answer("SANDBOX-BUSY")

    for _ in range(5):
        await submitted(ways, "SANDBOX-BUSY")
        assert BUSY in in_view(await ways.modal())
        await ways.person.close(await ways.modal())


@pytest.mark.notes
async def test_a_slow_gateway_is_said_in_the_modal_before_the_answer(ways: Ways) -> None:
    """Slack waits three seconds for an acknowledgement; the note comes with it."""
    await submitted(ways, "SANDBOX-SLOW-1.2")
    waiting = in_view(await ways.modal())
    view = await ways.modal_showing(ANSWERED)

    assert "Asking the gateway" in waiting
    assert ANSWERED in in_view(view)


@pytest.mark.notes
async def test_a_modal_that_was_closed_meanwhile_is_answered_directly(ways: Ways) -> None:
    """The answer is never lost; between two there is nobody to share with."""
    await submitted(ways, "SANDBOX-SLOW-1.2")
    card = await ways.comes_of(ways.person.close(await ways.modal()))

    assert (ways.person.direct_channel, None, False) == where(card)
    assert ANSWERED == heading(card)
    assert "share" not in row_of(card)
    ways.expect_refusals("views.update: not_found")


async def test_the_word_share_has_nobody_to_share_with(ways: Ways) -> None:
    """There is no channel; the answer stays in the modal."""
    await submitted(ways, "SANDBOX-BUSY share")

    await ways.modal_showing(BUSY)
    assert [] == ways.slack.messages


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"allowed_users": frozenset({OTHER_USER_ID})}, "not on the list"),
        ({"allowed_channels": frozenset({"C0ELSEWHERE"})}, "only in certain channels"),
    ],
    ids=["user", "channel"],
)
async def test_a_refusal_stands_in_the_modal(
    mode: Mode, changes: dict[str, Any], reason: str
) -> None:
    """It does not go on saying that the gateway is asked."""
    async with visiting(mode, **changes) as ways:
        await submitted(ways, "SANDBOX-BUSY")
        view = await ways.modal_showing(REFUSED)

        assert reason in in_view(view)
        assert ([], []) == (ways.asked, ways.slack.messages)


async def test_somebody_of_another_organisation_is_refused_in_the_modal(ways: Ways) -> None:
    """The payload tells whose they are, although it names no channel."""
    carla = ways.person.as_user(STRANGER_USER_ID)
    await submitted(ways, "SANDBOX-BUSY", carla)

    assert "own organisation" in in_view(await ways.modal_showing(REFUSED, carla))


async def test_a_guest_is_answered(ways: Ways) -> None:
    """Guests of the workspace are its members."""
    dora = ways.person.as_user(GUEST_USER_ID)
    await submitted(ways, "SANDBOX-BUSY", dora)

    assert BUSY in in_view(await ways.modal_showing(BUSY, dora))


async def test_the_modal_speaks_portuguese(mode: Mode) -> None:
    """Labels, errors, refusals."""
    changes: dict[str, Any] = {"bot_language": "pt-BR", "allowed_users": frozenset({OTHER_USER_ID})}
    async with visiting(mode, **changes) as ways:
        await ways.person.global_shortcut(ASK)
        view = await ways.modal()
        refused = await ways.person.submit(view, {"ids": "+55 (11) 98765-4321"})
        await ways.person.submit(view, {"ids": "SANDBOX-OK"})

        await ways.modal_showing(REFUSED_PT)
    assert "Consultar" == view.content["submit"]["text"]
    assert "parece um número de telefone." in refused.errors["ids"]


async def test_an_expired_trigger_is_answered_directly(mode: Mode) -> None:
    """Slack took more than three seconds to deliver; the person is told how to ask."""
    passed = 0.0
    async with visiting(mode, clock=lambda: time.time() + passed) as ways:
        asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
        payload = asking.global_shortcut(ASK)
        passed = 4.0

        told = await ways.comes_of(ways.person.deliver(Kind.INTERACTIVE, payload))

        assert (ways.person.direct_channel, None, False) == where(told)
        assert "`/voicestatus IDMSG`" in told.text
        ways.expect_refusals("views.open: expired_trigger_id")
