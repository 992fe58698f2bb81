"""Canaries: what people type, attach and ask about is only where docs/privacy.md says.

Every surface gets a customer's data and an id. Then each column of each table, the log, the files
beside the database, and all that others can read are searched for them.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import sqlite3
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bot.fake_slack.state.file_shelf import File
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, USER_ID
from bot.gateway.sandbox.server import running_sandbox
from bot.settings.settings import Mode
from bot.slack.cards.controls import ASK_CALLBACK
from bot.telemetry import Telemetry
from tests.slack.watching import SWIFT, TOLD, expect_rings, shown, until
from tests.support.captured import leaked
from tests.support.reading import seen
from tests.support.scene import ASK, CREDENTIAL, HASH_KEY, TOKEN, Scene, playing
from tests.support.voicestatus_process import Voicestatus
from tests.support.wording import say

PAGE: Final = Path(__file__).parents[2] / "docs" / "privacy.md"
ROW: Final = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<columns>(?:`\w+\.\w+`(?:, )?)+|none) \|", re.MULTILINE
)

NAME: Final = "Quitéria Zebedeu"
CUSTOMER: Final = (NAME, "529.982.247-25", "quiteria@zebedeu.example", "(11) 98765-4321")
FILE: Final = "clientes da dona Zulmira"
ID: Final = "MPG777000111222"
WAITS: Final = "SANDBOX-PENDING-600"
SOON: Final = "SANDBOX-PENDING-0.01"
# Phone numbers that people insist on.
FORCED: Final = "5521976543210"
IDS: Final = (ID, WAITS, FORCED)
BUSY: Final = "SANDBOX-BUSY"
STATUS: Final = "failed:486"
NO_STATUS: Final = "024"
OUTCOME: Final = "bulk_item.outcome"
SLOW: Final = "SANDBOX-SLOW-60"
SCOPES: Final = ("files:read", "files:write")
ABOUT: Final = " ".join(CUSTOMER)


def export(*idmsgs: str) -> bytes:
    """A list with customers; two rows have no id."""
    name, tax, mail, phone = CUSTOMER
    rows = [f"{name};{tax};{mail};{phone};{one}" for one in (*idmsgs, "", phone)]
    return "\r\n".join(("Cliente;CPF;E-mail;Fone;IDMSG", *rows)).encode("cp1252")


def on_the_page() -> dict[str, set[str]]:
    """The table of docs/privacy.md: what is in which columns."""
    rows = ROW.finditer(PAGE.read_text("utf-8"))
    return {row["what"]: set(re.findall(r"`(\w+\.\w+)`", row["columns"])) for row in rows}


def cells(file: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every table, with the name of its column."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        found = database.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in found.description]
        for row in found:
            for name, cell in zip(names, row, strict=True):
                yield f"{table}.{name}", str(cell)
    database.close()


def where_found(file: Path, bot: Scene) -> dict[str, set[str]]:
    """The columns that contain each kind of data."""
    hashed = [Telemetry(HASH_KEY.encode()).hashed(one) for one in IDS]
    attached = [str(one["id"]) for said in bot.slack.said for one in said.files]
    contents = [one.content for one in map(bot.slack.files.find, attached) if one is not None]
    kinds: Mapping[str, tuple[str, ...]] = {
        "ids of calls": IDS,
        "keyed hashes of ids": tuple(hashed),
        "what the gateway answered": (STATUS,),
        "Slack's ids of people": (USER_ID,),
        "Slack's ids of direct messages": (bot.person.direct_channel,),
        "Slack's ids of files": tuple(attached),
        "digests of files": tuple(hashlib.sha256(one).hexdigest() for one in contents),
        "names of files": (FILE,),
        "what else a file or a message contains": (*CUSTOMER, *ABOUT.split()),
    }
    found = {
        kind: {column for column, cell in cells(file) if leaked(cell, canaries)}
        for kind, canaries in kinds.items()
    }
    found["what the gateway answered"] |= {one for one, cell in cells(file) if cell == NO_STATUS}
    return found


async def ask_everywhere(bot: Scene) -> None:
    """Command, mention, direct message, both shortcuts, form, home; a watch and a shared card."""
    await bot.answer(f"{ID} {ABOUT}")
    await bot.answer(f"id:{FORCED} share")
    await bot.answer("lang en")
    await bot.mention(f"{ID} {ABOUT}")
    await bot.direct(f"{ID} {ABOUT}")
    await bot.shortcut(f"{ID} {ABOUT}")
    await bot.person.global_shortcut(ASK)
    form = await bot.modal()
    assert ASK_CALLBACK == form.content["callback_id"]
    await bot.person.submit(form, {"ids": f"{ID} id:{FORCED}"})
    card = await bot.answer(BUSY)
    await bot.comes_of(bot.person.click(card, "card_share"))
    await bot.answer(f"{WAITS} watch")
    await bot.running.work.idle()
    card = await bot.direct(f"{WAITS} watch")
    await bot.running.work.idle()
    await bot.direct(f"{SOON} watch", thread_ts=card.ts)
    await shown(bot, TOLD)
    await bot.person.open_home()
    await bot.running.work.idle()


async def begin(bot: Scene, *idmsgs: str, direct: bool) -> None:
    """Begin the list in a file, in a direct message or a thread."""
    file: File = {"name": f"{FILE}.csv", "content": export(*idmsgs)}
    offer = (
        await bot.direct(ABOUT, files=[file])
        if direct
        else await bot.comes_of(bot.person.say(f"{BOT_MENTION} {ABOUT}", files=[file]))
    )
    await bot.person.click(offer, "bulk_begin")


def public(bot: Scene) -> Iterator[str]:
    """What others can read: the bot's messages in the channel, and the files in them."""
    for message in bot.slack.messages:
        if message.channel == CHANNEL_ID and not message.ephemeral:
            yield f"{message.text} {seen(message)} {message.metadata}"
    yield from files_in(bot, direct=False)


def files_in(bot: Scene, *, direct: bool) -> Iterator[str]:
    """The bot's files in direct messages, or in the channel."""
    for message in bot.slack.messages:
        for file in message.files if direct is (message.channel != CHANNEL_ID) else ():
            stored = bot.slack.files.find(str(file["id"]))
            assert stored is not None
            yield stored.content.decode("utf-8-sig")


async def in_a_terminal(folder: Path, database: str) -> None:
    """Look up the list beside the bot, in its database."""
    work = folder / "terminal"
    work.mkdir()
    (work / "list.csv").write_bytes(export(ID, WAITS))
    async with running_sandbox(port=0) as url:
        terminal = Voicestatus(directory=work).having(
            GATEWAY_URL=url,
            GATEWAY_CREDENTIAL=CREDENTIAL,
            GATEWAY_TOKEN=TOKEN,
            DATABASE_URL=database,
            BOT_HASH_KEY=HASH_KEY,
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "lookup", "--file", "list.csv"),
            stdout=PIPE,
            stderr=STDOUT,
            cwd=work,
            env=terminal.environment,
        )
        output, _ = await process.communicate()
    assert ID.encode() in output
    assert [] == leaked(output, CUSTOMER)


async def test_personal_data_is_only_where_the_page_says(
    mode: Mode, tmp_path: Path, log: io.StringIO
) -> None:
    """In these columns and no others; not in the log, other files, or what others can read."""
    file = tmp_path / "database" / "voicestatus.db"
    file.parent.mkdir()
    timing, url = replace(SWIFT, pace=0.01), f"sqlite:///{file}"
    settings: dict[str, Any] = {"database_url": url, "watch_intervals_seconds": (0.02, 600)}
    async with playing(mode, scopes=SCOPES, timing=timing, **settings) as bot:
        await ask_everywhere(bot)
        await in_a_terminal(tmp_path, url)
        await begin(bot, ID, f"id:{FORCED}", WAITS, BUSY, direct=False)
        await bot.slack.wait_for(lambda: any(one.files for one in bot.slack.messages))
        await bot.running.poller.idle()
        await begin(bot, ID, SLOW, direct=True)
        card = await shown(bot, say("bulk.heading_of_file", name=f"{FILE}.csv", count=2))
        await until(lambda: 5 == len([1 for n, c in cells(file) if n == OUTCOME and c != "None"]))
        before = where_found(file, bot)

        await bot.person.click(card, "bulk_stop")
        await shown(bot, say("bulk.report.stopped", asked=1, total=2))
        await bot.running.poller.idle()
        after = where_found(file, bot)
        others_read, asker_reads = "\n".join(public(bot)), "\n".join(files_in(bot, direct=True))
        expect_rings(bot, USER_ID)
        assert [] == [(cell, name) for name, cell in cells(file) if SLOW in cell]
        for one in file.parent.iterdir():
            assert [] == leaked(one.read_bytes(), CUSTOMER), one.name
    assert on_the_page() == {kind: before[kind] | after[kind] for kind in before}
    for what in ("names of files", "Slack's ids of files", "digests of files"):
        assert not after[what]
    assert ID in others_read
    assert NAME in asker_reads, "as the asker's own file has it"
    assert FILE in others_read, "as the asker shared it"
    assert [] == leaked(others_read, (*CUSTOMER, FORCED, FORCED[2:]))
    assert [] == leaked(log.getvalue(), (*CUSTOMER, *IDS, FILE))
