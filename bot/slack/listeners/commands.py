"""The slash command. Slack does not offer slash commands in threads.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import re
from typing import Final

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.query import parse_query
from bot.services.records import Surface
from bot.slack.blocks.mrkdwn import plain_text
from bot.slack.context import Body, ListenerContext
from bot.slack.inbound.running_listeners import ack_first

_ANY_COMMAND: Final = re.compile(r"/.+")


class CommandListener:
    """Answers `/voicestatus …`, under the name that the manifest gives it."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the listener to any name: Slack sends only the command in the manifest."""
        app.command(_ANY_COMMAND, middleware=[ack_first])(self._context.listener(self.on_command))

    async def on_command(self, asker: Asker, body: Body) -> None:
        """Answer one command, which is acknowledged already."""
        request = await self._context.requests.make(asker, body, Surface.COMMAND)
        query = parse_query(plain_text(str(body.get("text") or "")))
        await self._context.queries.answer(request, query)
