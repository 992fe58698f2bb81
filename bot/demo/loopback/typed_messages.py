"""What becomes of a message that a person writes: its blocks and files, and where it may stand."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from bot.demo.loopback.ledger import Ledger, UserMessage
from bot.demo.loopback.refusals import NotPossibleError
from bot.demo.loopback.shown_blocks import typed_blocks
from bot.demo.loopback.workspace import TEAM_DOMAIN, Channel, Workspace

# A file is its name, or some fields of Slack's file object, the name among them.
File: TypeAlias = str | Mapping[str, Any]


def place_to_write(workspace: Workspace, user: str, channel: str) -> Channel:
    """The channel, if the person is in it.

    Raises:
        NotPossibleError: they are not.
    """
    place = workspace.channels.get(channel)
    if place is None or user not in place.members:
        raise NotPossibleError(f"{user} is not in {channel}")
    return place


def made_message(ledger: Ledger, message: UserMessage, files: Sequence[File]) -> UserMessage:
    """The message with its blocks and files, as it now stands in the conversation."""
    made = replace(
        message,
        blocks=message.blocks or typed_blocks(message.text, message.ts),
        files=tuple(_file(ledger, message, given) for given in files),
    )
    ledger.said.append(made)
    ledger.ring()
    return made


def edited_message(ledger: Ledger, message: UserMessage, text: str) -> UserMessage:
    """The message with another text in its place."""
    edited_ts = ledger.next_ts()
    blocks = typed_blocks(text, edited_ts)
    return ledger.replace_said(message, text=text, blocks=blocks, edited_ts=edited_ts)


def _file(ledger: Ledger, message: UserMessage, given: File) -> Mapping[str, Any]:
    fields = {"name": given} if isinstance(given, str) else dict(given)
    name = str(fields["name"])
    identifier = f"F{ledger.next_number():010d}"
    address = f"https://{TEAM_DOMAIN}.slack.com/files/{message.user}/{identifier}/{name}"
    second = int(float(message.ts))
    described = {
        "id": identifier,
        "created": second,
        "timestamp": second,
        "title": name,
        "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "filetype": PurePosixPath(name).suffix.lstrip(".") or "binary",
        "user": message.user,
        "user_team": message.team,
        "size": 1_024,
        "mode": "hosted",
        "is_external": False,
        "url_private": address,
        "permalink": address,
        "file_access": "visible",
    }
    return described | fields
