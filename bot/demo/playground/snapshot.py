"""All that one person can see in the loopback Slack at this moment, as JSON for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from bot.demo.playground.seed_data import TOPICS
from bot.fake_slack.payloads.objects import shown_message, shown_view
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Message, UserMessage
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_NAME

MOST_MESSAGES: Final = 300
_MOST_COMPLAINTS: Final = 5
# Where it is no member the bot asks, is told so, and takes another way: no fault of a card.
_NO_FAULT: Final = "not_in_channel"

Json = dict[str, Any]


def sight(slack: LoopbackSlack, user: str) -> Json:
    """Conversations, messages, the App Home and the modals that this person has before them."""
    home = slack.home_of(user)
    return {
        "me": user,
        "bot": BOT_USER_ID,
        "team": TEAM_NAME,
        "people": {one.id: _person(one.id, slack) for one in slack.workspace.people.values()},
        "rooms": list(_rooms(slack)),
        "direct": slack.workspace.direct(user).id,
        "messages": [_message(slack, one) for one in _visible(slack, user)],
        "home": None if home is None else shown_view(home),
        "modals": [shown_view(one) for one in slack.modals_of(user)],
        "complaints": _complaints(slack)[-_MOST_COMPLAINTS:],
    }


def overheard(slack: LoopbackSlack) -> Json:
    """What went over the wire since the last action."""
    return {
        "action": slack.wire.action,
        "exchanges": [asdict(one) for one in slack.wire.exchanges],
    }


def _complaints(slack: LoopbackSlack) -> list[str]:
    lines = (line.removesuffix(" {}") for line in (*slack.refusals, *slack.warnings))
    return [line for line in lines if _NO_FAULT not in line]


def _person(user: str, slack: LoopbackSlack) -> Json:
    profile = slack.workspace.people[user]
    return {"name": profile.name, "real_name": profile.real_name, "is_bot": profile.is_bot}


def _rooms(slack: LoopbackSlack) -> Iterator[Json]:
    for channel, topic in TOPICS.items():
        place = slack.workspace.channels[channel]
        yield {
            "id": place.id,
            "name": place.name,
            "topic": topic,
            "has_bot": BOT_USER_ID in place.members,
        }


def _visible(slack: LoopbackSlack, user: str) -> list[Message | UserMessage]:
    """The newest messages of each conversation, oldest first."""
    bots = (one for one in slack.messages if not one.ephemeral or one.user == user)
    everything: list[Message | UserMessage] = [*bots, *slack.said]
    rooms: dict[str, list[Message | UserMessage]] = {
        room: [] for room in (*TOPICS, slack.workspace.direct(user).id)
    }
    for one in sorted(everything, key=_moment):
        if one.channel in rooms:
            rooms[one.channel].append(one)
    newest = (one for room in rooms.values() for one in room[-MOST_MESSAGES:])
    return sorted(newest, key=_moment)


def _moment(message: Message | UserMessage) -> tuple[int, ...]:
    return tuple(map(int, message.ts.split(".")))


def _message(slack: LoopbackSlack, message: Message | UserMessage) -> Json:
    return {
        "blocks": [],
        **shown_message(slack.ledger, message),
        "channel": message.channel,
        "reply_to": message.thread_ts,
        "ephemeral": isinstance(message, Message) and message.ephemeral,
        "files": [_file(slack, str(one["id"])) for one in message.files],
    }


def _file(slack: LoopbackSlack, file_id: str) -> Json:
    """A file as people see it, who know more of it than an app in a shared channel."""
    stored = slack.files.find(file_id)
    if stored is None or stored.deleted:
        return {"id": file_id, "name": "", "size": 0, "gone": True}
    return {"id": file_id, "name": stored.name, "size": len(stored.content), "gone": False}
