"""The process in which one file is read; its arguments are the most ids, seconds and MiB.

The file comes by standard input, the list or what is wrong with the file goes to standard output.
The sender of the file decides how long that takes, so the process sets limits to itself first; it
knows no secret, has no environment, and may be killed at any time.

The way back is JSON, a line for each few hundred lines of the file: nobody has to trust what comes
out of this process, and whoever reads it can do other things in between.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, starmap
from typing import Any, BinaryIO, Final

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import (
    MAX_BYTES,
    IdList,
    IgnoredLine,
    ListProblem,
    UnreadableListError,
)
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.input.message_id import MessageId

# The longest line of the way back, in bytes: so many lines of a file of at most 80 characters,
# each of which is written as twelve at most.
AT_ONCE: Final = 500
LONGEST_LINE: Final = 1 << 20

_POLITE: Final = 5
_MIB: Final = 1 << 20


def main() -> None:
    """Read the file on standard input."""
    max_ids, seconds, mib = map(int, sys.argv[1:])
    # They are meant for the bot, which lets what was begun come to its end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    limit(seconds, mib)
    for line in answer(sys.stdin.buffer, max_ids=max_ids):
        sys.stdout.buffer.write(line)


def answer(file: BinaryIO, *, max_ids: int) -> Iterator[bytes]:
    """The way back: what is wrong with the file, or the list in parts and then an empty part."""
    try:
        given = read_file(file.read(MAX_BYTES + 1), max_ids=max_ids)
    except UnreadableListError as error:
        problem = {"problem": error.problem, "count": error.count, "limit": error.limit}
        yield _line(problem)
        return
    yield _line({"column": given.column, "doubles": given.doubles})
    for ids in _parts(one.value for one in given.ids):
        yield _line({"ids": ids})
    for ignored in _parts([one.number, one.text, one.problem] for one in given.ignored):
        yield _line({"ignored": ignored})
    yield _line({})


class Answer:
    """Puts the way back together again."""

    def __init__(self) -> None:
        self._said: dict[str, Any] = {}
        self._ids: list[MessageId] = []
        self._ignored: list[IgnoredLine] = []
        self._problem: UnreadableListError | None = None
        self._is_whole = False

    def take(self, line: bytes) -> None:
        """Take the next line.

        Raises:
            ValueError: that is no line of the way back.
        """
        try:
            self._take(json.loads(line))
        except (AttributeError, KeyError, RecursionError, TypeError):
            raise ValueError from None

    def result(self) -> IdList:
        """What it says, when it has come to its end.

        Raises:
            EOFError: it broke off.
            UnreadableListError: the file holds no list.
        """
        if self._problem is not None:
            raise self._problem
        if not self._is_whole:
            raise EOFError
        return IdList(ids=tuple(self._ids), ignored=tuple(self._ignored), **self._said)

    def _take(self, part: dict[str, Any]) -> None:
        if "problem" in part:
            problem = ListProblem(part["problem"])
            self._problem = UnreadableListError(
                problem, count=int(part["count"]), limit=int(part["limit"])
            )
        elif "column" in part:
            self._said = {"column": str(part["column"]), "doubles": int(part["doubles"])}
        elif part:
            self._ids += map(MessageId, part.get("ids", ()))
            self._ignored += starmap(_ignored, part.get("ignored", ()))
        self._is_whole = not part


def _ignored(number: int, text: str, problem: str) -> IgnoredLine:
    return IgnoredLine(number=int(number), text=str(text), problem=LineProblem(problem))


def _line(part: dict[str, object]) -> bytes:
    return f"{json.dumps(part)}\n".encode()


def _parts(items: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(items, AT_ONCE)):
        yield part


def limit(seconds: int, mib: int) -> None:
    """So much of the processor and so much memory, and others first; where the system can do so."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415 - there is none on Windows

        limits = {
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_AS: mib * _MIB,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: 0,
        }
        for kind, most in limits.items():
            # macOS refuses some of them.
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
        os.nice(_POLITE)
