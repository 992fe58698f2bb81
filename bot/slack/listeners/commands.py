"""The slash command. It does not work in threads: that is Slack's rule."""

from __future__ import annotations

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.domain.input.query import parse_query
from bot.services.records import Surface
from bot.slack.blocks.mrkdwn import plain_text
from bot.slack.context import ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.replies.channels import ReplyTarget

_ANY_COMMAND: Final = re.compile(r"/.+")


class CommandListener:
    """Answers `/voicestatus …`, whatever name the command was given in the manifest."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind the listener. The manifest routes no other command here, so any name is ours."""
        app.command(_ANY_COMMAND, middleware=[ack_first])(self.on_command)

    async def on_command(self, command: dict[str, Any]) -> None:
        """Answer one command; its acknowledgement has already left."""
        self._context.work.track()
        asker = await self._context.people.asker(command)
        place = ReplyTarget(
            response_url=str(command.get("response_url") or ""),
            channel=asker.channel,
            user=asker.user,
        )
        request = await self._context.requests.private(
            asker,
            Surface.COMMAND,
            place,
            command=str(command.get("command", "")),
            name=str(command.get("user_name") or ""),
            trigger_id=str(command.get("trigger_id") or ""),
        )
        query = parse_query(plain_text(str(command.get("text") or "")))
        await self._context.queries.answer(request, query)
