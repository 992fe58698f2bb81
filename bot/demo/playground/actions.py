"""User actions that the page requests: validated, then performed as Slack's client would."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.demo.stage import COMMAND
from bot.fake_slack.people.person import Person
from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.ledger import Ack, Message, UserMessage, View
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import BOT_MENTION, BOT_NAME
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT

MOST_CHARACTERS: Final = 12_000
_MOST_OF_AN_ID: Final = 255
_MOST_FIELDS: Final = 50
_MOST_FILES: Final = 10
_TABS: Final = frozenset({"home", "messages"})
_NAMED: Final = re.compile(rf"(?<!\w)@{BOT_NAME}(?!\w)")

Result = dict[str, Any]
Given = Mapping[str, Any]
Action = Callable[[Person, Given], Awaitable[Result]]


class UnreadableError(Exception):
    """The request is not a valid action."""


async def do(person: Person, given: Given) -> Result:
    """Perform an action; returns the acknowledgement, and the errors of a submitted modal.

    Raises:
        UnreadableError: it is not a valid action.
        NotPossibleError: Slack's client would not allow it.
    """
    action = _ACTIONS.get(_text(given, "do"))
    if action is None:
        raise UnreadableError
    person.slack.wire.begin()
    return await action(person, given)


def stored(typed: str) -> str:
    """A typed text as Slack stores it: `&<>` escaped, the bot's name as a mention."""
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NAMED.sub(BOT_MENTION, escaped)


async def _command(person: Person, given: Given) -> Result:
    channel = _text(given, "channel")
    text = stored(_text(given, "text", most=MOST_CHARACTERS, least=0))
    if person.user not in _members(person, channel):
        raise NotPossibleError(f"{person.user} is not in {channel}")
    return _acknowledged(await person.command(COMMAND, text, channel=channel))


async def _say(person: Person, given: Given) -> Result:
    files = _files(given.get("files", []))
    text = stored(_text(given, "text", most=MOST_CHARACTERS, least=0 if files else 1))
    channel = _text(given, "channel")
    thread_ts = _text(given, "thread_ts", least=0) or None
    if thread_ts is not None:
        _message(person, {"channel": channel, "ts": thread_ts})
    message = await person.say(text, channel=channel, thread_ts=thread_ts, files=files)
    acks = [
        ack for event in person.slack.events if event.id == message.event_id for ack in event.acks
    ]
    return {"ts": message.ts} | (_acknowledged(acks[-1]) if acks else {})


async def _shortcut(person: Person, given: Given) -> Result:
    message = _message(person, given)
    return _acknowledged(await person.message_shortcut(MESSAGE_SHORTCUT, message))


async def _global_shortcut(person: Person, _given: Given) -> Result:
    return _acknowledged(await person.global_shortcut(GLOBAL_SHORTCUT))


async def _click(person: Person, given: Given) -> Result:
    on: Message | View
    if "view" in given:
        on = _view(person, given)
    else:
        found = _message(person, given)
        if not isinstance(found, Message):
            raise NotPossibleError("people's messages have no buttons")
        on = found
    ack = await person.click(
        on,
        _text(given, "action_id"),
        block_id=_text(given, "block_id"),
        value=_value(given.get("value")),
    )
    return _acknowledged(ack)


async def _submit(person: Person, given: Given) -> Result:
    values = given.get("values")
    if not isinstance(values, Mapping) or len(values) > _MOST_FIELDS:
        raise UnreadableError
    checked = {name: _value(value) for name, value in values.items()}
    done = await person.submit(_view(person, given), checked)
    return _acknowledged(done.ack) | {"action": done.action, "errors": dict(done.errors)}


async def _close(person: Person, given: Given) -> Result:
    acks = await person.close(_view(person, given))
    return _acknowledged(acks[-1]) if acks else {}


async def _home(person: Person, given: Given) -> Result:
    tab = _text(given, "tab")
    if tab not in _TABS:
        raise UnreadableError
    ack = await person.open_home(tab)
    return {} if ack is None else _acknowledged(ack)


_ACTIONS: Final[Mapping[str, Action]] = {
    "command": _command,
    "say": _say,
    "shortcut": _shortcut,
    "global_shortcut": _global_shortcut,
    "click": _click,
    "submit": _submit,
    "close": _close,
    "home": _home,
}


def _acknowledged(ack: Ack) -> Result:
    return {"status": ack.status, "seconds": ack.seconds}


def _text(given: Given, name: str, *, most: int = _MOST_OF_AN_ID, least: int = 1) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or not least <= len(value) <= most or not _is_whole(value):
        raise UnreadableError
    return value


def _is_whole(text: str) -> bool:
    """Whether it can be encoded: JSON can contain a lone surrogate, UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(given: object) -> list[File]:
    """The files of a message: their names, and their bytes in base64."""
    if not isinstance(given, list) or len(given) > _MOST_FILES:
        raise UnreadableError
    return [_file(one) for one in given]


def _file(given: object) -> File:
    if not isinstance(given, Mapping):
        raise UnreadableError
    content = given.get("content")
    if not isinstance(content, str):
        raise UnreadableError
    try:
        return {"name": _text(given, "name"), "content": b64decode(content, validate=True)}
    except ValueError:
        raise UnreadableError from None


def _value(value: object) -> object:
    """A valid value of an element: None, a text, or a list of texts."""
    texts = value if isinstance(value, list) else [value]
    fits = all(
        isinstance(one, str) and len(one) <= MOST_CHARACTERS and _is_whole(one) for one in texts
    )
    if value is not None and (not fits or len(texts) > _MOST_FIELDS):
        raise UnreadableError
    return value


def _members(person: Person, channel: str) -> frozenset[str]:
    place = person.slack.workspace.channels.get(channel)
    return frozenset() if place is None else place.members


def _message(person: Person, given: Given) -> Message | UserMessage:
    ledger = person.slack.ledger
    channel, ts = _text(given, "channel"), _text(given, "ts")
    found = ledger.find(channel, ts) or ledger.find_said(channel, ts)
    if found is None:
        raise NotPossibleError(f"the message {ts} is gone")
    return found


def _view(person: Person, given: Given) -> View:
    found = person.slack.open_views.find(_text(given, "view"))
    if found is None:
        raise NotPossibleError("that view is gone")
    return found
