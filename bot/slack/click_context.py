"""A click as a question: who pressed, on whose card, and where the answer can go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.jobs.watch import PostedCard
from bot.slack.api.payload import first_action, part
from bot.slack.cards.buttons import Row, row_of
from bot.slack.cards.modals import answer
from bot.slack.context import ListenerContext
from bot.slack.replies.channels import OpenView, ReplyTarget
from bot.slack.replies.requests import Request


async def clicked(
    context: ListenerContext, body: Mapping[str, Any], *, in_place: bool = False
) -> Request:
    """The question of a click; in a modal it is answered there.

    Args:
        context: where questions are made.
        body: what Slack sent.
        in_place: the answer takes the place of the message, or else stands beside it.
    """
    container, user = part(body, "container"), part(body, "user")
    asker = await context.people.asker(body)
    place = ReplyTarget(
        channel=asker.channel,
        user=asker.user,
        response_url=str(body.get("response_url") or ""),
        thread_ts=str(container.get("thread_ts") or ""),
    )
    who = {"command": context.command, "name": str(user.get("name") or user.get("username") or "")}
    if container.get("type") == "view":
        catalog = (await context.requests.personal_style(asker)).catalog
        view = OpenView(
            id=str(container.get("view_id") or ""), draw=lambda message: answer(catalog, message)
        )
        return await context.requests.clicked_in_view(asker, place, view=view, **who)
    row, shared_by = row_of(first_action(body).get("block_id"))
    return await context.requests.clicked(
        asker,
        place,
        row=_read_by(row, container),
        shared_by=shared_by,
        in_place=in_place,
        **who,
    )


def posted_card(body: Mapping[str, Any]) -> PostedCard | None:
    """The card that was clicked on, if it is a message that can be changed later."""
    container = part(body, "container")
    ts, channel = container.get("message_ts"), container.get("channel_id")
    if container.get("type") != "message" or container.get("is_ephemeral") or not (ts and channel):
        return None
    return PostedCard(channel=str(channel), ts=str(ts))


def _read_by(row: Row | None, container: Mapping[str, Any]) -> Row:
    """Who reads the card; whatever is not certainly for one person alone is for all."""
    if row is Row.DIRECT:
        return Row.DIRECT
    private = bool(container.get("is_ephemeral")) or row is Row.PRIVATE
    return Row.PRIVATE if private else Row.PUBLIC
