"""Who may ask where: the refusal names its reason and whom to turn to; the gateway is not asked."""

from __future__ import annotations

from typing import Any

import pytest
from scene import heading, playing, seen

from bot.demo.loopback.workspace import CHANNEL_ID, PRIVATE_CHANNEL_ID, USER_ID
from bot.settings import Mode


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"allowed_users": "U0BRUNO0001"}, "people"),
        ({"allowed_channels": PRIVATE_CHANNEL_ID}, "channels"),
        ({"allowed_users": USER_ID, "allowed_channels": PRIVATE_CHANNEL_ID}, "channels"),
    ],
    ids=["user", "channel", "user allowed but not here"],
)
async def test_who_may_not_ask_is_refused_with_the_reason(
    mode: Mode, rules: dict[str, Any], reason: str
) -> None:
    """A refusal is private, says why and names the contact."""
    async with playing(mode, bot_support_contact="Ops <x>", **rules) as bot:
        note = await bot.answer("SANDBOX-OK")

    assert note.ephemeral
    assert reason in seen(note)
    assert "Ops &lt;x&gt;" in seen(note)
    assert [] == bot.asked


@pytest.mark.parametrize(
    "rules",
    [
        {"allowed_users": f"U1, {USER_ID}"},
        {"allowed_channels": f"{CHANNEL_ID},C1"},
        {"admin_users": USER_ID, "allowed_users": "U1", "allowed_channels": "C1"},
    ],
    ids=["user", "channel", "admins may anywhere"],
)
async def test_who_may_ask_is_answered(mode: Mode, rules: dict[str, Any]) -> None:
    """The lists let in whom they name."""
    async with playing(mode, **rules) as bot:
        card = await bot.answer("SANDBOX-OK")

    assert heading(card).startswith("✅")


async def test_whoami_tells_why_somebody_is_refused(mode: Mode) -> None:
    """The word works for everybody, and gives the reason before anybody tries in vain."""
    async with playing(mode, allowed_channels=PRIVATE_CHANNEL_ID) as bot:
        refused = await bot.answer("SANDBOX-OK")
        whoami = await bot.answer("whoami")

    reason = seen(refused).split("\n")[1]
    assert reason in seen(whoami)


@pytest.mark.parametrize("typed", ["help", "explain 486", "lang pt", "health"])
async def test_what_needs_no_gateway_is_open_to_everybody(mode: Mode, typed: str) -> None:
    """The dictionary and the help hold nothing of any call."""
    async with playing(mode, allowed_users="U1") as bot:
        note = await bot.answer(typed)

    assert "may not" not in seen(note)
