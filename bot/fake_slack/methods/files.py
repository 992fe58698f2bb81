"""files.info, files.delete, and the two methods of an upload.

https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.fake_slack.methods.chat import TIME_STAMP, place_to_speak
from bot.fake_slack.methods.method import (
    Answer,
    Arguments,
    Method,
    arguments,
    invalid_arguments,
    needed,
)
from bot.fake_slack.rules.message_rules import Content, note_content
from bot.fake_slack.state.file_shelf import FileShelf, StoredFile
from bot.fake_slack.state.ledger import Ledger, Message
from bot.fake_slack.state.refusals import RefusedError
from bot.fake_slack.state.workspace import BOT_USER_ID, Channel, Workspace

READ = "files:read"
WRITE = "files:write"
COMPLETE = "files.completeUploadExternal"
SHARING = ("files", "channel_id", "thread_ts", "initial_comment")


class FileMethods:
    """The files methods."""

    def __init__(self, ledger: Ledger, workspace: Workspace, shelf: FileShelf) -> None:
        self._ledger = ledger
        self._workspace = workspace
        self._shelf = shelf

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "files.info": Method(
                answer=self.info, arguments=arguments("file", "count", "page"), scope=READ
            ),
            "files.delete": Method(answer=self.delete, arguments=arguments("file"), scope=WRITE),
            "files.getUploadURLExternal": Method(
                answer=self.begin_upload,
                arguments=arguments("filename", "length", "alt_txt", "snippet_type"),
                scope=WRITE,
                takes_json=False,
            ),
            COMPLETE: Method(
                answer=self.complete_upload, arguments=arguments(*SHARING), scope=WRITE
            ),
        }

    def info(self, given: Arguments) -> Answer:
        """Describe a file that the bot can see."""
        stored = self._shelf.find(needed(given, "file"))
        if stored is None or not self._shelf.is_seen_by_bot(stored):
            raise RefusedError("file_not_found")
        if stored.deleted:
            raise RefusedError("file_deleted")
        return {"file": dict(stored.described), "comments": []}

    def delete(self, given: Arguments) -> Answer:
        """Delete a file of the bot, and the messages that contained only this file."""
        stored = self._shelf.find(needed(given, "file"))
        if stored is None or stored.deleted:
            raise RefusedError("file_not_found" if stored is None else "file_deleted")
        if stored.described["user"] != BOT_USER_ID:
            raise RefusedError("cant_delete_file")
        self._shelf.delete(stored.id)
        self._ledger.messages[:] = [
            one
            for one in self._ledger.messages
            if one.text or one.blocks or [file["id"] for file in one.files] != [stored.id]
        ]
        self._ledger.notify()
        return {}

    def begin_upload(self, given: Arguments) -> Answer:
        """Issue the upload URL for a file of this name and length."""
        name, length = needed(given, "filename"), needed(given, "length")
        if not length.isascii() or not length.isdigit() or int(length) == 0:
            raise _invalid("length")
        file_id, address = self._shelf.begin_upload(name, int(length))
        return {"upload_url": address, "file_id": file_id}

    def complete_upload(self, given: Arguments) -> Answer:
        """Turn uploads into files, and share them if a channel is given."""
        wanted = _files(given.get("files"))
        if not all(self._shelf.is_received(file_id) for file_id in wanted):
            raise RefusedError("file_not_found")
        place = self._place(given)
        stored = [
            self._shelf.finish_upload(file_id, title, place.id if place else "")
            for file_id, title in wanted.items()
        ]
        if place is not None:
            self._share(place, stored, given)
        self._ledger.notify()
        return {"files": [dict(one.described) for one in stored]}

    def _place(self, given: Arguments) -> Channel | None:
        channel, thread_ts = given.get("channel_id"), given.get("thread_ts")
        if not channel:
            return None
        # Unlike chat.postMessage, files.completeUploadExternal accepts no user id as channel.
        if channel in self._workspace.people:
            raise RefusedError("channel_not_found")
        place = place_to_speak(self._workspace, str(channel), public_without_member=False)
        if thread_ts and not TIME_STAMP.fullmatch(str(thread_ts)):
            raise RefusedError("invalid_thread_ts")
        return place

    def _share(self, place: Channel, stored: list[StoredFile], given: Arguments) -> None:
        text = str(given.get("initial_comment") or "")
        note_content(self._ledger, COMPLETE, Content(text=text, blocks=()))
        message = Message(
            channel=place.id,
            ts=self._ledger.next_ts(),
            text=text,
            blocks=(),
            thread_ts=self._ledger.thread_for(place.id, given.get("thread_ts") or None),
            files=tuple(one.described for one in stored),
        )
        self._ledger.messages.append(message)
        for one in stored:
            self._shelf.note_share(one.id, place, message)


def _files(given: object) -> Mapping[str, str]:
    """The ids and titles in `files`: a list of objects, or the JSON of one."""
    found: Any = given
    if isinstance(given, str):
        try:
            found = json.loads(given)
        except ValueError:
            raise _invalid("files") from None
    if not isinstance(found, list) or not found:
        raise _invalid("files")
    if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in found):
        raise _invalid("files")
    return {one["id"]: str(one.get("title") or "") for one in found}


def _invalid(name: str) -> RefusedError:
    return invalid_arguments(f"invalid value for: {name}")
