"""Alerts to the admins: a direct message to each, in their own language."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.services.alarm import Alert
from bot.services.languages import Languages
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.replies.channels import ReplyTarget
from bot.slack.replies.reply import Replies


class AdminAlerts:
    """Sends direct messages to the configured admins.

    Args:
        admins: ids of Slack users.
        team: the workspace whose language choices apply.
        command: the slash command's name, for the texts.
        timing: the time limits.
    """

    def __init__(
        self,
        *,
        admins: Collection[str],
        team: str,
        languages: Languages,
        replies: Replies,
        command: str,
        timing: Timing = Timing(),
    ) -> None:
        self._admins = sorted(admins)
        self._team = team
        self._languages = languages
        self._replies = replies
        self._command = command
        self._seconds = timing.posting

    async def tell(self, alert: Alert) -> bool:
        """Send the alert to every admin; return whether Slack took one of the messages.

        The messages are sent concurrently, each with a time limit, so that one that hangs does not
        delay the result.
        """
        return any(await asyncio.gather(*(self._tell_one(one, alert) for one in self._admins)))

    async def _tell_one(self, admin: str, alert: Alert) -> bool:
        reply = self._replies.directly(ReplyTarget(channel="", user=admin))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                catalog = await self._languages.of_person(self._team, admin)
                return await reply.show(alert_note(alert, catalog, self._command))
        return False


def alert_note(alert: Alert, catalog: Catalog, command: str) -> Message:
    """The text of an alert: what is wrong, and what to do."""
    name = f"admin.{alert.trouble.value}"
    body = catalog.say(
        f"{name}_body",
        code=code_span(alert.code),
        error=code_span(alert.detail),
        command=code_span(command),
    )
    return note(catalog.say(name), body, small=[catalog.say("admin.once")])
