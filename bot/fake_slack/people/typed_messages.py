"""Messages that users write: the channel check, their blocks and files, and edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.fake_slack.rules.shown_blocks import typed_blocks
from bot.fake_slack.state.file_shelf import IN_TEXT, File, FileShelf
from bot.fake_slack.state.ledger import Ledger, UserMessage
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import SLACKBOT_ID, Channel, Workspace


def place_to_write(workspace: Workspace, user: str, channel: str) -> Channel:
    """The channel, if the user is in it; Slackbot is everywhere.

    Raises:
        NotPossibleError: they are not.
    """
    place = workspace.channels.get(channel)
    if place is None or user not in {*place.members, SLACKBOT_ID}:
        raise NotPossibleError(f"{user} is not in {channel}")
    return place


def made_message(
    ledger: Ledger, shelf: FileShelf, message: UserMessage, files: Sequence[File]
) -> UserMessage:
    """Add the message with its blocks and files to the conversation.

    Of a file that is given as `in_text` the message has only an element in its rich text.
    """
    attached = [(given, shelf.attach(message, given)) for given in files]
    named = [str(file["id"]) for given, file in attached if _is_in_text(given)]
    made = replace(
        message,
        blocks=message.blocks or typed_blocks(message.text, message.ts, files=named),
        files=tuple(file for given, file in attached if not _is_in_text(given)),
    )
    ledger.said.append(made)
    ledger.notify()
    return made


def _is_in_text(given: File) -> bool:
    return not isinstance(given, str) and bool(given.get(IN_TEXT))


def edited_message(ledger: Ledger, message: UserMessage, text: str) -> UserMessage:
    """Replace the text of a message."""
    edited_ts = ledger.next_ts()
    blocks = typed_blocks(text, edited_ts)
    return ledger.replace_said(message, text=text, blocks=blocks, edited_ts=edited_ts)
