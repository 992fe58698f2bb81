"""Lists in files, each read in a process of its own that is killed if it takes too long.

The sender of a file decides how much processor time it takes. A process of its own does not block
the event loop, and can be killed: a thread cannot.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

import bot
from bot.domain.id_lists.id_list import IdList, ListProblem, UnreadableListError
from bot.domain.id_lists.list_lines import LONGEST_LINE, ListReader
from bot.domain.timing import Timing

_log = structlog.get_logger(__name__)

_AT_ONCE: Final = 2
# Several times what the most expensive file takes.
_CPU_SECONDS: Final = 3
_MIB: Final = 256
# Without installed packages, and without variables of the environment.
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv.pop(1));"
    "from bot.services.reading_process import main; main()"
)
# Some systems need these to start Python at all.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")


class StillReadingError(Exception):
    """A file of the same user is being read."""


class FileReading:
    """Reads the lists in files: one at a time for a user, and two for all.

    Args:
        timing: the time limit for one file.
        command: the program that reads a file; its arguments are the limits.
    """

    def __init__(self, *, timing: Timing = Timing(), command: Sequence[str] = ()) -> None:
        self._seconds = timing.reading
        self._command = tuple(command) or _own_command()
        # A semaphore serves its waiters in order.
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._users: set[str] = set()

    @contextmanager
    def turn_of(self, user: str) -> Iterator[None]:
        """A block in which one request of this user is served, and no other.

        Raises:
            StillReadingError: another one is being served.
        """
        if user in self._users:
            raise StillReadingError
        self._users.add(user)
        try:
            yield
        finally:
            self._users.remove(user)

    async def read(self, content: bytes, *, max_ids: int, columns: bool = False) -> IdList:
        """The list in a file, with all its columns if they are wanted.

        Raises:
            UnreadableListError: it has none; `TOO_MUCH_WORK` if reading it did not finish.
        """
        async with self._room:
            try:
                starting = self._started(max_ids, int(columns))
                async with asyncio.timeout(self._seconds), starting as process:
                    return await _answer_of(process, content)
            except UnreadableListError:
                raise
            except (OSError, EOFError, ValueError) as error:
                # Only the kind of error is logged: its text might contain words of the file.
                _log.warning("a file was not read to its end", error=type(error).__name__)
                raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None

    @asynccontextmanager
    async def _started(self, max_ids: int, columns: int) -> AsyncIterator[Process]:
        """The process; it has ended by the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *map(str, (max_ids, columns, _CPU_SECONDS, _MIB)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            limit=LONGEST_LINE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


async def _answer_of(process: Process, content: bytes) -> IdList:
    """The list that the process found in the file.

    Raises:
        UnreadableListError: there is no list in it.
        EOFError: the process died.
        OSError: the same.
        ValueError: it wrote an invalid line.
    """
    into, out = process.stdin, process.stdout
    if into is None or out is None:
        raise EOFError
    into.write(content)
    into.close()
    reader = ListReader()
    while line := await out.readline():
        reader.take(line)
        # Let other tasks run: a long list comes in many parts.
        await asyncio.sleep(0)
    await process.wait()
    return reader.result()


def _own_command() -> tuple[str, ...]:
    checkout = str(Path(bot.__file__).parents[1])
    return (sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, checkout)
