"""Alerts to the admins: a direct message to each, in their own language."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from bot.domain.alerts import Alert
from bot.slack.api.web_client import SlackClient
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.cards.notes import Notes
from bot.slack.replies.reply import Reply
from bot.slack.replies.routes import ReplyTarget, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAlerts:
    """Sends direct messages to the configured admins.

    Attributes:
        admins: ids of Slack users.
        team: the workspace whose language choices apply.
        command: the slash command's name, for the texts.
    """

    admins: Collection[str]
    team: str
    styles: AudienceStyles
    slack: SlackClient
    command: str

    async def send(self, alert: Alert) -> bool:
        """Send the alert to every admin; return whether Slack took one of the messages.

        The messages are sent concurrently, each with a time limit, so that one that hangs does not
        delay the result.
        """
        return any(
            await asyncio.gather(*(self._send_to(one, alert) for one in sorted(self.admins)))
        )

    async def _send_to(self, admin: str, alert: Alert) -> bool:
        # `Reply` waits for Slack to recover; the alert has to be delivered or repeated later.
        with suppress(TimeoutError):
            async with asyncio.timeout(self.slack.timing.posting):
                style = await self.styles.at(admin, team=self.team, person=admin)
                notes = Notes(style, self.command)
                target = ReplyTarget(channel="", user=admin)
                reply = Reply(self.slack, Route.DIRECT, target, notes)
                return await reply.show(alert_note(alert, notes))
        return False


def alert_note(alert: Alert, notes: Notes) -> Message:
    """The text of an alert: what is wrong, and what to do."""
    name = f"admin.{alert.trouble.value}"
    values = {"code": code_span(alert.code), "error": code_span(alert.detail)}
    return note(
        notes.say(name), notes.say(f"{name}_body", **values), small=[notes.say("admin.once")]
    )
