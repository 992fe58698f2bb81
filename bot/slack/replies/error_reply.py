"""What a person is told when a listener broke: that it did, and a number to give to the admins."""

from __future__ import annotations

from typing import Any

from bot.slack.api.payload import part
from bot.slack.cards.notes import Notes
from bot.slack.inbound.people import People
from bot.slack.replies.channels import ReplyTarget
from bot.slack.replies.reply import Replies
from bot.slack.replies.requests import RequestFactory


class ErrorReply:
    """Answers the request whose listener broke, if it can be answered."""

    def __init__(self, *, requests: RequestFactory, people: People, replies: Replies) -> None:
        self._requests = requests
        self._people = people
        self._replies = replies

    async def apologise(self, body: dict[str, Any], reference: str) -> None:
        """Tell the person; `reference` stands in the log beside the traceback."""
        asker = await self._people.asker(body)
        event = part(body, "event")
        place = ReplyTarget(
            channel=asker.channel,
            user=asker.user,
            response_url=str(body.get("response_url") or ""),
            thread_ts=str(event.get("thread_ts") or part(body, "container").get("thread_ts") or ""),
        )
        if not asker.user or ("command" in body and not place.response_url):
            # Slack gives every command a response URL; who sent one without is not known.
            return
        style = await self._requests.personal_style(asker)
        notes = Notes(style, str(body.get("command", "")))
        await self._replies.privately(place).show(notes.broken(reference))
