"""A list in Slack: a real process, the strict fake Slack, and a gateway that takes 100 ms.

Counted from the moment when the form that begins the list is sent until the report stands in the
thread: reading the file, the durable list, its cards and the report are included. Each list has a
channel of its own, or the pace of a message a second in the channel of the one before would count.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.fake_slack.people.person import Person, person_over_http
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import BOT_USER_ID, USER_ID
from bot.settings.settings import Mode
from tests.support.running_process import environment, first_line, started
from tests.support.scene import CHECK

_PATIENCE_SECONDS: Final = 120.0


async def seconds_in_slack(gateway: str, lists: Sequence[Sequence[str]], at_once: int) -> float:
    """The seconds of the last of these lists of ids; the ones before it warm the process up."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        slack = await stack.enter_async_context(running_slack())
        slack.workspace.scopes |= {"files:read", "files:write"}
        settings = environment(
            slack,
            gateway,
            Mode.HTTP,
            BOT_LOG_LEVEL="WARNING",
            DATABASE_URL=f"sqlite:///{folder}/voicestatus.db",
            GATEWAY_REQUESTS_PER_SECOND="1000",
            GATEWAY_MAX_CONCURRENCY=str(at_once),
        )
        process = await stack.enter_async_context(started(settings))
        _, port = await first_line(process)
        url = f"http://127.0.0.1:{port}/slack/events"
        person = await stack.enter_async_context(person_over_http(slack, url))
        channels = [f"C0LIST{number:05}" for number, _ in enumerate(lists)]
        for channel in channels:
            slack.workspace.add_channel(channel, channel.lower(), (BOT_USER_ID, USER_ID))
        taken = [
            await _list(person, slack, channel, ids)
            for channel, ids in zip(channels, lists, strict=True)
        ]
    return taken[-1]


async def _list(person: Person, slack: LoopbackSlack, channel: str, ids: Sequence[str]) -> float:
    before = _reports(slack)
    content = "\r\n".join(("IDMSG", *ids)).encode()
    message = await person.say(
        "", channel=channel, files=[{"name": "calls.csv", "content": content}]
    )
    await person.message_shortcut(CHECK, message)
    await slack.wait_for(lambda: any(_begins(view) for view in slack.modals_of(person.user)))
    (view,) = filter(_begins, slack.modals_of(person.user))
    began = time.perf_counter()
    await person.submit(view)
    await slack.wait_for(lambda: _reports(slack) > before, _PATIENCE_SECONDS)
    return time.perf_counter() - began


def _begins(view: Any) -> bool:
    """Whether the form has read the file: only then it can be sent."""
    return "submit" in view.content


def _reports(slack: LoopbackSlack) -> int:
    blocks = (block for message in slack.messages for block in message.blocks)
    return sum(str(block.get("block_id", "")).startswith("bulk_report_") for block in blocks)
