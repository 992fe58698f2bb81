"""Lists in files, each read in a process of its own that is killed where it takes too long.

Reading is work of the processor, and whoever sent the file decides how much of it. In a process it
holds up nobody, and it can be ended: a thread cannot.
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
from bot.domain.timing import Timing
from bot.services.reading_process import LONGEST_LINE, Answer

_log = structlog.get_logger(__name__)

_AT_ONCE: Final = 2
# Several times what the dearest file takes.
_CPU_SECONDS: Final = 3
_MIB: Final = 256
# Without the packages beside the standard library, and without what the environment says.
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv.pop(1));"
    "from bot.services.reading_process import main; main()"
)
# What some systems need to start a Python at all.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")


class StillReadingError(Exception):
    """A file of the same person is being read."""


class FileReading:
    """Reads the lists in files: one at a time for a person, and two for all.

    Args:
        timing: how long one may take.
        command: what reads a file; it is called with the limits.
    """

    def __init__(self, *, timing: Timing = Timing(), command: Sequence[str] = ()) -> None:
        self._seconds = timing.reading
        self._command = tuple(command) or _own_command()
        # A semaphore serves its waiters in order.
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._people: set[str] = set()

    @contextmanager
    def turn_of(self, person: str) -> Iterator[None]:
        """What this person asked for is done within the block, and no more at the same time.

        Raises:
            StillReadingError: it is their turn already.
        """
        if person in self._people:
            raise StillReadingError
        self._people.add(person)
        try:
            yield
        finally:
            self._people.remove(person)

    async def read(self, content: bytes, *, max_ids: int) -> IdList:
        """The list in a file.

        Raises:
            UnreadableListError: it holds none; `TOO_MUCH_WORK` where reading it came to no end.
        """
        async with self._room:
            try:
                async with asyncio.timeout(self._seconds), self._started(max_ids) as process:
                    return await _answer_of(process, content)
            except UnreadableListError:
                raise
            except (OSError, EOFError, ValueError) as error:
                # What it was doing then is not said: that would be somebody's own words.
                _log.warning("a file was not read to its end", error=type(error).__name__)
                raise UnreadableListError(ListProblem.TOO_MUCH_WORK) from None

    @asynccontextmanager
    async def _started(self, max_ids: int) -> AsyncIterator[Process]:
        """The process, which is gone at the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *(str(max_ids), str(_CPU_SECONDS), str(_MIB)),
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
    """What the process makes of the file.

    Raises:
        UnreadableListError: there is no list in it.
        EOFError: the process died.
        OSError: the same.
        ValueError: it gave something else than an answer.
    """
    into, out = process.stdin, process.stdout
    if into is None or out is None:
        raise EOFError
    into.write(content)
    into.close()
    answer = Answer()
    while line := await out.readline():
        answer.take(line)
        # Others first: a list of many lines comes in many parts.
        await asyncio.sleep(0)
    await process.wait()
    return answer.result()


def _own_command() -> tuple[str, ...]:
    checkout = str(Path(bot.__file__).parents[1])
    return (sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, checkout)
