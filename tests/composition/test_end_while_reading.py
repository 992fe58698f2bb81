"""The end of the bot while a file is read: in time, and nobody is left without a word."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.workspace import USER_ID
from bot.services import file_reading
from bot.settings.settings import Mode
from tests.composition.test_end_of_work import IMPATIENT, Ending, ending
from tests.support.hostile_files import HOSTILE
from tests.support.reading import heading, in_view
from tests.support.running_process import PATIENCE_SECONDS, running
from tests.support.scene import CHECK
from tests.support.wording import say

# What is promised of the end.
IN_TIME = timedelta(seconds=10)
APOLOGY = say("broken.title")
LIST: File = {"name": "list.csv", "content": b"SANDBOX-OK\n"}
# The third and all after it wait in line.
PEOPLE = [USER_ID, "U0READING01", "U0READING02"]

# Reads as ever, but for ever where there is a file of this name.
READER = """
import os, sys, time
blocked, *sys.path[:] = eval(sys.argv.pop(1))
print(os.getpid(), file=open(blocked + ".pid", "a"))
while os.path.exists(blocked):
    time.sleep(0.01)
from bot.services.reading_process import main
main()
"""


@dataclass(frozen=True, kw_only=True)
class Block:
    """While its file is there, no list is read."""

    file: Path

    def put(self) -> None:
        """From now on."""
        self.file.touch()

    def lift(self) -> None:
        """Until now."""
        self.file.unlink()

    @property
    def readers(self) -> list[int]:
        """The processes that were started."""
        pids = self.file.with_suffix(".pid")
        return [int(pid) for pid in pids.read_text().split()] if pids.exists() else []

    async def started(self, count: int) -> None:
        """Wait until there were so many."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.readers) < count:  # noqa: ASYNC110 - a process makes the file
                await asyncio.sleep(0.01)

    async def gone(self) -> None:
        """Wait until none of the processes is left; the loop collects them after it killed them."""
        assert self.readers
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(map(_is_there, self.readers)):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Block:
    """It stands."""
    made = Block(file=tmp_path / "blocked")
    made.put()
    known = repr([str(made.file), *sys.path])
    command = (sys.executable, "-I", "-S", "-c", READER, known)
    monkeypatch.setattr(file_reading, "_own_command", lambda: command)
    return made


async def choose(bot: Ending) -> None:
    """The shortcut on a message with a file."""
    bot.slack.workspace.scopes.add("files:read")
    message = await bot.person.say("the calls", files=[LIST])
    await bot.person.message_shortcut(CHECK, message)


def modal(bot: Ending) -> str:
    """All that stands in the form before the person."""
    return in_view(bot.slack.modals_of(bot.person.user)[-1])


async def test_a_form_that_says_that_a_file_is_read_says_that_the_bot_ends(block: Block) -> None:
    """The person looks at it, so nothing is said elsewhere."""
    async with ending(Mode.HTTP, replace(IMPATIENT, first_look=0.0)) as bot:
        await choose(bot)
        await bot.slack.wait_for(lambda: bool(bot.slack.modals_of(bot.person.user)))
        assert say("bulk.modal.reading_title") in modal(bot)
        await block.started(1)
        await bot.begin()
        told = modal(bot)

    assert APOLOGY in told
    assert [] == bot.headings
    await block.gone()


async def test_before_there_is_a_form_the_end_is_said_in_the_thread(block: Block) -> None:
    """As for every look-up that is under way."""
    async with ending(Mode.HTTP, replace(IMPATIENT, first_look=60.0)) as bot:
        await choose(bot)
        await block.started(1)
        await bot.begin()

    assert [APOLOGY] == bot.headings
    await block.gone()


async def test_a_list_that_was_to_begin_says_that_the_bot_ends(block: Block) -> None:
    """It is read once more before it begins, which the end cuts off; the form may be closed."""
    async with ending(Mode.HTTP, IMPATIENT) as bot:
        block.lift()
        await choose(bot)
        await bot.slack.wait_for(lambda: "submit" in str(bot.slack.modals_of(bot.person.user)))
        (view,) = bot.slack.modals_of(bot.person.user)
        block.put()
        await bot.person.submit(view)
        await block.started(2)
        await bot.begin()
        told = [*map(in_view, bot.slack.modals_of(bot.person.user)), *bot.headings]

    assert any(APOLOGY in one for one in told)
    await block.gone()


@pytest.mark.usefixtures("empty_folder")
async def test_sigterm_ends_a_process_that_reads_the_dearest_files() -> None:
    """With 0 and in time; each of those who wait sees what became of their file."""
    data = HOSTILE["one character is eighteen"](5_000_000)
    changes = {"DATABASE_URL": "sqlite:///:memory:", "BOT_LOG_FORMAT": "json"}
    async with running(Mode.HTTP, **changes) as bot, asyncio.timeout(PATIENCE_SECONDS):
        bot.slack.workspace.scopes.add("files:read")
        message = await bot.person.say("the calls", files=[{"name": "x.csv", "content": data}])
        for person in PEOPLE:
            await bot.person.as_user(person).message_shortcut(CHECK, message)
        await bot.slack.wait_for(lambda: bot.slack.file_transfer.downloads > 0)
        bot.process.terminate()
        _, err = await bot.process.communicate()

    log = [json.loads(line) for line in err.decode().splitlines()]
    stopping, stopped = (
        next(line for line in log if event == line["event"]) for event in ("stopping", "stopped")
    )
    moments = [datetime.fromisoformat(line["timestamp"]) for line in (stopping, stopped)]
    told = [in_view(view) for person in PEOPLE for view in bot.slack.modals_of(person)]
    told += [heading(message) for message in bot.slack.messages]
    outcomes = (say("list.problem.too_much_work"), APOLOGY)
    assert 0 == bot.process.returncode
    assert moments[1] - moments[0] < IN_TIME
    assert len(PEOPLE) == sum(any(outcome in one for outcome in outcomes) for one in told)
    assert [] == [line for line in log if line["level"] in {"error", "critical"}]
