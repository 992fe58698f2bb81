"""`voicestatus data erase` beside a real process that works for the person."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any, Final

import pytest

from bot.fake_slack.state.ledger import Message
from bot.fake_slack.state.workspace import OTHER_USER_ID, TEAM_ID, USER_ID
from bot.settings.settings import Mode
from tests.slack.listing import REPORT
from tests.support.reading import seen
from tests.support.running_process import Running, environment, running
from tests.support.scene import HASH_KEY

pytestmark = pytest.mark.matrix

PERSON: Final = ("--team", TEAM_ID, "--user", USER_ID)
# At 20 a second, the person's list would take longer than the test.
LONG, SHORT = 400, 30


def listed(count: int, prefix: str) -> dict[str, Any]:
    """A file of so many calls."""
    ids = "\n".join(f"SANDBOX-ok.{prefix}{number}" for number in range(count))
    return {"name": f"{prefix}.csv", "content": f"IDMSG\n{ids}\n".encode()}


async def begin(of: Running, user: str, file: dict[str, Any]) -> Message:
    """Begin the list in a direct message; its progress card."""
    person, count = of.person.as_user(user), len(of.slack.messages)
    await person.say("", channel=person.direct_channel, files=[file])
    await of.slack.wait_for_message(count + 1)
    offer = of.slack.messages[-1]
    await person.click(offer, "bulk_begin")
    name = str(file["name"])
    await of.slack.wait_for(lambda: any(name in one.text for one in cards(of, user)))
    return next(one for one in cards(of, user) if name in one.text)


def cards(of: Running, user: str) -> list[Message]:
    """The bot's messages to one person."""
    direct = of.person.as_user(user).direct_channel
    return [one for one in of.slack.messages if one.channel == direct]


async def command(of: Running, url: str, *arguments: str) -> list[dict[str, Any]]:
    """The lines that a command prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=environment(of.slack, "http://127.0.0.1:9", Mode.HTTP, **settings(url)),
        stdout=PIPE,
    )
    output, _ = await process.communicate()
    assert 0 == process.returncode
    return [json.loads(line) for line in output.splitlines()]


def settings(url: str) -> dict[str, str]:
    """The same database and key for all processes."""
    return {
        "DATABASE_URL": url,
        "BOT_HASH_KEY": HASH_KEY,
        "GATEWAY_REQUESTS_PER_SECOND": "20",
        "WATCH_INTERVALS_SECONDS": "1,1",
        "BOT_LANGUAGE": "en",
    }


async def test_a_person_is_erased_while_a_bot_works_for_them(mode: Mode, tmp_path: Path) -> None:
    """Nothing more is posted to them, nobody else loses anything, and nothing of them is left."""
    file = tmp_path / "voicestatus.db"
    url = f"sqlite:///{file}"
    async with running(mode, **settings(url)) as bot:
        bot.slack.workspace.scopes |= {"files:read", "files:write"}
        count = len(bot.slack.messages)
        for number in range(3):
            await bot.person.command("/voicestatus", f"SANDBOX-PENDING-{number + 4} watch")
        await bot.slack.wait_for(lambda: len(bot.slack.messages) >= count + 6)
        await begin(bot, USER_ID, listed(LONG, "1"))
        await begin(bot, OTHER_USER_ID, listed(SHORT, "2"))

        erased = await command(bot, url, "data", "erase", *PERSON)
        counts = {line["table"]: line["erased"] for line in erased}
        assert (3, 1, LONG) == (counts["watch"], counts["bulk"], counts["bulk_item"])
        known, calls = len(cards(bot, USER_ID)), len(bot.slack.calls)

        # The watches would have ended by now, and the other person's list goes on to its end.
        await asyncio.sleep(5)
        await bot.slack.wait_for(lambda: REPORT in " ".join(map(seen, cards(bot, OTHER_USER_ID))))
        assert known == len(cards(bot, USER_ID))
        addressed = [one for one in bot.slack.calls[calls:] if USER_ID in json.dumps(one.arguments)]
        assert [] == addressed
        left = await command(bot, url, "data", "export", *PERSON)
        assert {"audit"} == {line["table"] for line in left}
        assert not any(USER_ID in json.dumps(line) for line in left)
        assert [] == in_cells(file, USER_ID, bot.person.direct_channel, "1.csv")

        bot.process.terminate()
        output, errors = await bot.process.communicate()
        assert 0 == bot.process.returncode
    assert b"Traceback" not in errors + output
    assert b'"level": "error"' not in errors


def in_cells(file: Path, *texts: str) -> list[str]:
    """The columns with any of these texts."""
    database = sqlite3.connect(file)
    found = []
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        rows = database.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in rows.description]
        for row in rows:
            pairs = zip(names, map(str, row), strict=True)
            found += [f"{table}.{name}" for name, cell in pairs if any(t in cell for t in texts)]
    database.close()
    return found
