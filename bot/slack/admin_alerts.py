"""Alerts to the admins: a direct message to each, in their own language."""

from __future__ import annotations

from collections.abc import Collection

from bot.services.alarm import Alert
from bot.services.languages import Languages
from bot.slack.gateway_notes import alert_note
from bot.slack.replies import Replies
from bot.slack.ways import Place


class AdminAlerts:
    """Writes to the admins whom the operator named.

    Args:
        admins: ids of Slack users.
        team: the workspace in which they chose their language.
        command: the slash command's name, for the texts.
    """

    def __init__(
        self,
        *,
        admins: Collection[str],
        team: str,
        languages: Languages,
        replies: Replies,
        command: str,
    ) -> None:
        self._admins = sorted(admins)
        self._team = team
        self._languages = languages
        self._replies = replies
        self._command = command

    async def tell(self, alert: Alert) -> bool:
        """Write to every admin; whether one of them was reached."""
        reached = [await self._tell_one(admin, alert) for admin in self._admins]
        return any(reached)

    async def _tell_one(self, admin: str, alert: Alert) -> bool:
        catalog = await self._languages.of_person(self._team, admin)
        reply = self._replies.directly(Place(channel="", user=admin))
        return await reply.show(alert_note(alert, catalog, self._command))
