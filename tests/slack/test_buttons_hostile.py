"""Clicks that Slack would not send: forged values, people without the right, missing parts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from scene import heading
from ways import ANSWERED, BUSY, Ways, row_of, visiting

from bot.demo.loopback.interactions import Interactions
from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import (
    STRANGER_USER_ID,
)
from bot.demo.person import Kind
from bot.domain.message_id import MessageId
from bot.settings import Mode
from bot.slack.buttons import ids_of


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot with plain settings, in both modes."""
    async with visiting(mode) as scene:
        yield scene


@pytest.mark.parametrize("action", ["refresh", "share", "customer", "details"])
async def test_somebody_who_lost_the_right_is_refused_at_the_button(
    ways: Ways, action: str
) -> None:
    """Access is decided at each click; somebody of another organisation has none."""
    card = await ways.answer("SANDBOX-BUSY")
    payload = forged(ways, card, action, None)
    payload["user"] |= {"id": STRANGER_USER_ID, "team_id": "T0PARTNER01"}

    told = await ways.comes_of(ways.person.deliver(Kind.INTERACTIVE, payload))

    assert "You may not look calls up here" == heading(told)
    assert (BUSY, 1) == (heading(ways.slack.messages[0]), len(ways.asked))


def forged(ways: Ways, card: Message, action: str, value: Any) -> dict[str, Any]:
    """A click whose value was put there by somebody else, unless it is None."""
    asking = Interactions(slack=ways.slack, user=ways.person.user, team=ways.person.team)
    payload = asking.click_in_message(card, f"card_{action}", None, None)
    if value is not None:
        payload["actions"][0]["value"] = value
    return payload


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


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_value_gives_nothing(ways: Ways, value: object) -> None:
    """No look-up, no message, no fault, whichever button carries it."""
    card = await ways.answer("SANDBOX-BUSY")

    async def all_clicks() -> None:
        for action in row_of(card):
            payload = forged(ways, card, action, value)
            await ways.person.deliver(Kind.INTERACTIVE, payload)

    await ways.nothing_comes_of(all_clicks())

    assert ["SANDBOX-BUSY", "SANDBOX-404"] == ways.asked


@pytest.mark.parametrize(
    ("value", "ids"), [(["A1", "b-2"], ("A1", "b-2")), (["x"] * 11, ("x",) * 10)]
)
def test_the_ids_of_a_button_are_read_back(value: list[str], ids: tuple[str, ...]) -> None:
    """At most as many as one question may hold."""
    assert tuple(map(MessageId, ids)) == ids_of(json.dumps(value))


@pytest.mark.parametrize("changes", [{"container": "x"}, {"actions": []}, {"user": None}])
async def test_a_payload_without_its_parts_gives_nothing(
    ways: Ways, changes: dict[str, Any]
) -> None:
    """What Slack never sends does no harm."""
    card = await ways.answer("SANDBOX-BUSY")
    payload = forged(ways, card, "details", "x") | changes

    await ways.person.deliver(Kind.INTERACTIVE, payload)

    again = await ways.answer("SANDBOX-OK")
    assert ANSWERED == heading(again)
