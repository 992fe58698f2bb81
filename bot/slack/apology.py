"""What a person is told when a listener broke: that it did, and a number to give to the admins."""

from __future__ import annotations

from typing import Any

from bot.services.languages import Languages
from bot.slack.notes import Notes
from bot.slack.replies import Place, Replies
from bot.slack.style import Styles


class Apologies:
    """Answers the request whose listener broke, if it can be answered."""

    def __init__(self, *, languages: Languages, styles: Styles, replies: Replies) -> None:
        self._languages = languages
        self._styles = styles
        self._replies = replies

    async def apologise(self, body: dict[str, Any], reference: str) -> None:
        """Tell the person; `reference` stands in the log beside the traceback."""
        response_url = body.get("response_url")
        if not isinstance(response_url, str):
            return
        user, team = str(body.get("user_id", "")), str(body.get("team_id", ""))
        style = self._styles.private(self._languages.catalog_for(team, user))
        place = Place(response_url=response_url, channel=str(body.get("channel_id", "")), user=user)
        notes = Notes(style, str(body.get("command", "")))
        await self._replies.to_person(place, notes.broken(reference))
