"""Everything that one user currently sees in the loopback Slack, as JSON for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from bot.demo.playground.seed_data import TOPICS
from bot.fake_slack.payloads.objects import shown_message, shown_view
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Message, UserMessage, time_order
from bot.fake_slack.state.workspace import BOT_USER_ID, TEAM_NAME, Profile

MOST_MESSAGES: Final = 300
_MOST_COMPLAINTS: Final = 5
# No faults: the bot answers by response_url where it is no member, and in a direct message if the
# user has closed the modal.
_NO_FAULTS: Final = (": not_in_channel", "views.update: not_found")

Json = dict[str, Any]


def surroundings(slack: LoopbackSlack) -> Json:
    """The workspace's users and channels, which are the same for every user and never change."""
    return {
        "bot": BOT_USER_ID,
        "team": TEAM_NAME,
        "people": {one.id: _person(one) for one in slack.workspace.people.values()},
        "rooms": list(_rooms(slack)),
    }


def snapshot(slack: LoopbackSlack, user: str) -> Json:
    """Messages, and the App Home and modals on this user's screen."""
    home = slack.home_of(user)
    return {
        "me": user,
        "direct": slack.workspace.direct(user).id,
        "messages": [_message(slack, one) for one in _visible(slack, user)],
        "home": None if home is None else shown_view(home),
        "modals": [shown_view(one) for one in slack.modals_of(user)],
        "complaints": _complaints(slack)[-_MOST_COMPLAINTS:],
    }


def traffic(slack: LoopbackSlack) -> Json:
    """The traffic since the last action."""
    return {
        "action": slack.wire.action,
        "exchanges": [asdict(one) for one in slack.wire.exchanges],
    }


def _complaints(slack: LoopbackSlack) -> list[str]:
    lines = (line.removesuffix(" {}") for line in (*slack.refusals, *slack.warnings))
    return [line for line in lines if not line.endswith(_NO_FAULTS)]


def _person(profile: Profile) -> Json:
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
    for one in sorted(everything, key=time_order):
        if one.channel in rooms:
            rooms[one.channel].append(one)
    newest = (one for room in rooms.values() for one in room[-MOST_MESSAGES:])
    return sorted(newest, key=time_order)


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
    """A file as users see it; unlike apps, they see all of it in a shared channel, too."""
    stored = slack.files.find(file_id)
    if stored is None or stored.deleted:
        return {"id": file_id, "name": "", "size": 0, "gone": True}
    return {"id": file_id, "name": stored.name, "size": len(stored.content), "gone": False}
