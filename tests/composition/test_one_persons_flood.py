"""However much one person asks at once, another's single id is looked up next."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bot.fake_slack.state.workspace import OTHER_USER_ID
from bot.settings.settings import Mode
from tests.support.reading import heading
from tests.support.scene import COMMAND, playing
from tests.support.wording import EN

LIMITS: dict[str, Any] = {"gateway_requests_per_second": 20, "gateway_timeout_seconds": 2}


async def test_a_flood_delays_nobody_else() -> None:
    """Thirty commands of ten ids; beyond what fits into the deadline they are answered at once."""
    async with playing(Mode.HTTP, **LIMITS) as bot:
        tens = [" ".join(f"SANDBOX-OK.{row}{one}" for one in range(10)) for row in range(30)]
        flood = [asyncio.create_task(bot.type(ten)) for ten in tens]
        refused = EN.error("own_look_ups").heading
        await bot.slack.wait_for(
            lambda: any(refused in json.dumps(one.blocks) for one in bot.slack.messages)
        )
        before = len(bot.asked)
        bruno = bot.person.as_user(OTHER_USER_ID)
        await bruno.command(COMMAND, "SANDBOX-BUSY")
        await bot.slack.wait_for(lambda: "SANDBOX-BUSY" in bot.asked)
        # One was about to start, and users take turns.
        assert bot.asked.index("SANDBOX-BUSY") - before <= 3
        await asyncio.gather(*flood)
        await bot.running.work.idle()
        (card,) = [one for one in bot.slack.messages if one.user == OTHER_USER_ID]
    assert EN.sip(486).heading in heading(card)
