"""Lists in files: read in processes of their own, which can be ended and know nothing."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.timing import Timing
from bot.services.file_reading import FileReading, StillReadingError
from tests.support.hostile_files import HOSTILE

LIST = b"Nome;IDMSG\nAna;MPG000236180474\nBia;MPG000236180474\nCaio;\nDuda;1,2E+11\n"

# Connects to the test and says what it was given; what the test answers is its answer.
TALKS = """
import os, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as test:
    test.sendall(sys.stdin.buffer.read() + repr(sorted(os.environ)).encode() + b"\\n")
    sys.stdout.buffer.write(test.makefile("rb").readline())
"""


async def test_a_file_is_read_in_a_process() -> None:
    """A list comes back, or what is wrong with the file."""
    reading = FileReading()

    assert read_file(LIST, max_ids=1) == await reading.read(LIST, max_ids=1)
    assert (ListProblem.TOO_MANY_IDS, 2, 1) == await refused(
        reading, b"MPG000236180474\nMPG000236180475\n"
    )


async def test_a_file_is_read_with_its_columns_if_they_are_wanted() -> None:
    """Its rows come back with all their cells."""
    read = await FileReading().read(LIST, max_ids=1, columns=True)

    assert read_file(LIST, max_ids=1, columns=True) == read
    assert read.original is not None
    assert ["Ana", "Bia", "Caio", "Duda"] == [row.cells[0] for row in read.original.rows]


async def refused(reading: FileReading, file: bytes) -> tuple[ListProblem, int, int]:
    """What is wrong with the file."""
    with pytest.raises(UnreadableListError) as raised:
        await reading.read(file, max_ids=1)
    return raised.value.problem, raised.value.count, raised.value.limit


async def test_a_file_that_is_dear_is_refused() -> None:
    """By the budget of work, within the limits of the process."""
    file = HOSTILE["one character is eighteen"](5_000_000)

    assert ListProblem.TOO_MUCH_WORK is (await refused(FileReading(), file))[0]


async def test_of_a_file_that_is_too_large_the_rest_is_not_read() -> None:
    """The process reads one byte more than is permitted."""
    refusal = await refused(FileReading(), bytes(6_000_000))

    assert (ListProblem.TOO_LARGE, 5_000_001, 5_000_000) == refusal


@pytest.mark.parametrize("kind", ["one cell of quotation marks", "one line of quotation marks"])
async def test_what_would_take_much_memory_does_not(kind: str) -> None:
    """A process that had too little would say that it was too much work."""
    file = HOSTILE[kind](5_000_000)

    assert ListProblem.NO_COLUMN is (await refused(FileReading(), file))[0]


# The test gives the path of the packages.
FOUND = "import sys; sys.path += eval(sys.argv.pop(1))\n"


def command(program: str) -> tuple[str, ...]:
    """Another reader of files."""
    return (sys.executable, "-I", "-S", "-c", program)


@pytest.mark.parametrize(
    "program",
    [
        "",
        "raise SystemExit(1)",
        "import os; os.abort()",
        "print('C4NARY')",
        "print('{\"ids\": [1]}')",
        "print('x' * 5_000_000)",
        "import sys; sys.stdin.read()",
        "import sys; sys.stdin.close(); raise ValueError('C4NARY')",
        "from bot.services.reading_process import limit; limit(1, 100); bytes(10**9)",
        "from bot.services.reading_process import limit; limit(1, 100)\nwhile True: pass",
    ],
    ids=[
        *("silence", "an end", "an abort", "a word", "odd values", "a flood", "no answer"),
        *("an error", "memory", "the processor"),
    ],
)
async def test_a_process_that_dies_is_a_file_that_was_too_much(
    program: str, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and nothing of what it said, reaches anybody."""
    reading = FileReading(command=(*command(FOUND + program), repr(sys.path)))

    assert (ListProblem.TOO_MUCH_WORK, 0, 0) == await refused(reading, b"x" * 1_000_000)
    assert "a file was not read to its end" in log.getvalue()
    assert "C4NARY" not in log.getvalue()
    assert ("", "") == capfd.readouterr()


# Looks around while it reads, and is told to end as all processes of a terminal or a container are.
TOLD_TO_END = """
import os, resource, signal
from bot.services import reading_process

read = reading_process.read_file

def looking(data, **how):
    for kind, most in (("CPU", 3), ("AS", 256 << 20), ("CORE", 0), ("FSIZE", 0)):
        assert (most, most) == resource.getrlimit(getattr(resource, f"RLIMIT_{kind}")), kind
    assert os.nice(0) > before
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), number)
    return read(data, **how)

before = os.nice(0)
reading_process.read_file = looking
reading_process.main()
"""


async def test_a_reader_has_limits_and_leaves_the_end_to_the_bot() -> None:
    """Processor, memory, no files; Ctrl-C and SIGTERM are for the bot, which waits for it."""
    reading = FileReading(command=(*command(FOUND + TOLD_TO_END), repr(sys.path)))

    assert read_file(LIST, max_ids=1) == await reading.read(LIST, max_ids=1)


async def test_a_reader_that_cannot_be_started_is_no_traceback() -> None:
    """Where there are too many processes, or too little memory."""
    reading = FileReading(command=("/no/such/python",))

    assert ListProblem.TOO_MUCH_WORK is (await refused(reading, LIST))[0]


@dataclass(kw_only=True)
class Talk:
    """What the readers of a test say, and the way to answer each."""

    port: int = 0
    said: asyncio.Queue[tuple[str, asyncio.StreamWriter]] = field(default_factory=asyncio.Queue)
    open: int = 0
    most: int = 0
    gone: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note what a reader says, and its end."""
        self.open += 1
        self.most = max(self.most, self.open)
        said = (await reader.readline()).decode().strip()
        self.said.put_nowait((said, writer))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        self.open -= 1
        self.gone.put_nowait(said)
        writer.close()

    def reading(self, timing: Timing = Timing()) -> FileReading:
        """Files are read by whoever talks to the test."""
        return FileReading(timing=timing, command=(*command(TALKS), str(self.port)))


@asynccontextmanager
async def talking() -> AsyncIterator[Talk]:
    """Listen."""
    talk = Talk()
    server = await asyncio.start_server(talk.hear, "127.0.0.1", 0)
    async with server, asyncio.timeout(60):
        talk.port = server.sockets[0].getsockname()[1]
        yield talk


NO_IDS = json.dumps({"problem": "no_ids", "count": 0, "limit": 0}).encode() + b"\n"


async def test_two_files_are_read_at_once_and_the_third_waits_in_line() -> None:
    """First come, first served."""
    async with talking() as talk:
        reading = talk.reading()
        tasks = [asyncio.create_task(refused(reading, b"%d" % n)) for n in range(4)]
        heard = [await talk.said.get() for _ in range(2)]
        order = sorted(said[0] for said, _ in heard)
        for place in range(2):
            heard[place][1].write(NO_IDS)
            heard.append(await talk.said.get())
            order.append(heard[-1][0][0])
        for _, writer in heard[2:]:
            writer.write(NO_IDS)
        problems = await asyncio.gather(*tasks)

    assert (["0", "1", "2", "3"], 2) == (order, talk.most)
    assert [(ListProblem.NO_IDS, 0, 0)] * 4 == problems


async def test_a_process_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token, and no variable that changes what Python does."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-C4NARY")
    monkeypatch.setenv("PYTHONPATH", "/tmp")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib")
    async with talking() as talk:
        task = asyncio.create_task(refused(talk.reading(), b"list"))
        said, writer = await talk.said.get()
        writer.write(NO_IDS)
        await task

    # What Python sets itself where the locale says nothing.
    assert {"LD_LIBRARY_PATH"} == set(eval(said.removeprefix("list"))) - {"LC_CTYPE"}


async def test_a_reader_that_takes_too_long_is_killed() -> None:
    """And somebody else's file is read."""
    async with talking() as talk:
        reading = talk.reading(Timing(reading=0.5))
        answers = [await refused(reading, b"list")]
        talk.gone.get_nowait()
        answers.append(await refused(reading, b"list"))

    assert [(ListProblem.TOO_MUCH_WORK, 0, 0)] * 2 == answers


async def test_a_reader_whose_answer_nobody_waits_for_is_killed() -> None:
    """Where the person's request or the whole bot ends."""
    async with talking() as talk:
        task = asyncio.create_task(talk.reading().read(b"list", max_ids=1))
        await talk.said.get()
        task.cancel()
        await asyncio.wait({task})
        await talk.gone.get()

    assert task.cancelled()


async def test_a_person_has_one_turn_at_a_time() -> None:
    """Others have theirs; it is over with the block, however that ends."""
    reading = FileReading()
    with reading.turn_of("U1"), reading.turn_of("U2"):
        for _ in range(2):
            with pytest.raises(StillReadingError), reading.turn_of("U1"):
                pass
    with pytest.raises(ZeroDivisionError), reading.turn_of("U1"):
        raise ZeroDivisionError
    with reading.turn_of("U1"):
        pass
