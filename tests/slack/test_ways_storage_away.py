"""A database that goes away under a running bot: answers still come, and what is lost is logged."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from scene import heading, seen
from ways import ANSWERED, ASK, BUSY, CHECK, Ways, in_view, visiting, where

from bot.demo.loopback.workspace import BOT_MENTION, CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings import Mode

FILE = Path("data/voicestatus.db")


@pytest.fixture
async def ways(mode: Mode, log: io.StringIO) -> AsyncIterator[Ways]:
    """A bot whose database has just lost all that was in it, in both modes."""
    del log
    async with visiting(mode, database_url=kept(), admin_users=frozenset({USER_ID})) as scene:
        await asyncio.to_thread(lose_tables)
        yield scene


def kept() -> str:
    """The address of a database in a folder of its own."""
    FILE.parent.mkdir()
    return f"sqlite:///{FILE}"


def lose_tables() -> None:
    """Let every statement of the running bot fail."""
    with closing(sqlite3.connect(FILE, isolation_level=None)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for (name,) in tables.fetchall():
            if not name.startswith("sqlite_"):
                connection.execute(f"DROP TABLE {name}")


def lose_folder() -> None:
    """Put nothing that could be opened in the place of the database."""
    shutil.rmtree(FILE.parent)
    FILE.parent.write_text("no folder", encoding="utf-8")


def logged(log: io.StringIO) -> set[str]:
    """What was said in the log at WARNING and above."""
    records = map(json.loads, log.getvalue().splitlines())
    return {one["event"] for one in records if one["level"] in {"warning", "error"}}


async def test_every_way_in_still_answers(ways: Ways) -> None:
    """In the bot's language, since no other is known."""
    person = ways.person
    card = await ways.answer("SANDBOX-BUSY")
    mention = await ways.comes_of(person.say(f"{BOT_MENTION} SANDBOX-BUSY"))
    direct = await ways.comes_of(person.say("SANDBOX-BUSY", channel=person.direct_channel))
    said = await person.say("SANDBOX-BUSY")
    shortcut = await ways.comes_of(person.message_shortcut(CHECK, said))
    shared = await ways.comes_of(person.click(card, "card_share"))
    await person.global_shortcut(ASK)
    await person.submit(await ways.modal(), {"ids": "SANDBOX-BUSY"})

    assert [BUSY] * 5 == [heading(one) for one in (card, mention, direct, shortcut, shared)]
    assert BUSY in in_view(await ways.modal_showing(BUSY))
    assert (CHANNEL_ID, None, False) == where(shared)


async def test_what_is_not_kept_is_logged(ways: Ways, log: io.StringIO) -> None:
    """The audit as an error, the rest as a warning; no id and no address of the database."""
    await ways.answer("SANDBOX-BUSY")
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
    wanted = {
        "the audit was not kept",
        "a recent look-up was not kept",
        "duplicates are told by memory only",
        "languages cannot be read",
    }
    await ways.answer("help")

    assert wanted <= logged(log)
    assert ("SANDBOX" in log.getvalue(), "voicestatus.db" in log.getvalue()) == (False, False)


async def test_repetitions_are_told_by_memory(ways: Ways) -> None:
    """Within one process nothing is answered twice."""
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))

    await ways.nothing_comes_of(ways.person.deliver_again(3))


async def test_a_card_is_shared_once_all_the_same(ways: Ways) -> None:
    """The memory tells the second click too."""
    card = await ways.answer("SANDBOX-OK")
    await ways.comes_of(ways.person.click(card, "card_share"))

    told = await ways.comes_of(ways.person.click(card, "card_share"))

    assert "You shared this answer already." == heading(told)


async def test_the_home_is_drawn_without_what_is_not_known(ways: Ways) -> None:
    """Settings and codes are there; the look-ups are not."""
    await ways.person.open_home()

    assert "Nothing yet." in in_view(await ways.home())


@pytest.mark.parametrize("typed", ["lang pt", "lang channel pt"])
async def test_a_choice_that_cannot_be_kept_is_not_confirmed(ways: Ways, typed: str) -> None:
    """The person hears that it cannot be kept at present, and that the old one holds."""
    note = await ways.answer(typed)

    assert ("Your choice cannot be kept right now", True) == (heading(note), note.ephemeral)
    assert "Nothing has changed" in seen(note)


async def test_what_names_no_language_is_said_so_without_a_database(ways: Ways) -> None:
    """The word is at fault, not the database."""
    note = await ways.answer("lang klingon")

    assert "I speak English and Portuguese." in seen(note)


async def test_a_choice_in_the_home_that_cannot_be_kept_is_told_directly(ways: Ways) -> None:
    """There is no channel to say it in; to drop the choice is one as well."""
    await ways.person.open_home()

    for value in ("pt-BR", "auto"):
        click = ways.person.click(await ways.home(), "home_language", value=value)
        note = await ways.comes_of(click)

        assert (ways.person.direct_channel, None, False) == where(note)
        assert "Your choice cannot be kept right now" == heading(note)


async def test_the_rules_hold_without_a_database(mode: Mode) -> None:
    """A refusal is a refusal, whether it can be kept or not."""
    rules = frozenset({OTHER_USER_ID})
    async with visiting(mode, database_url=kept(), allowed_users=rules) as ways:
        await asyncio.to_thread(lose_tables)
        told = await ways.answer("SANDBOX-OK")
        card = await ways.answer("SANDBOX-OK", user=OTHER_USER_ID)

    assert ["You may not look calls up here", ANSWERED] == [heading(told), heading(card)]
    assert "not on the list" in seen(told)


async def test_a_folder_that_disappears_stops_nobody(mode: Mode) -> None:
    """The bot goes on with the file that it holds open, or without it."""
    async with visiting(mode, database_url=kept()) as ways:
        lose_folder()
        card = await ways.answer("SANDBOX-BUSY")
        mention = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))

    assert [BUSY, ANSWERED] == [heading(card), heading(mention)]


@pytest.mark.slow
async def test_a_database_that_another_process_holds_keeps_nobody_waiting(
    mode: Mode, log: io.StringIO
) -> None:
    """The gate is asked in vain once, for a moment; the rest is waited for beside the answers."""
    async with visiting(mode, database_url=kept()) as ways:
        other = sqlite3.connect(FILE, isolation_level=None, check_same_thread=False)
        with closing(other):
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            await ways.person.command("/voicestatus", "SANDBOX-OK")
            await ways.slack.wait_for(lambda: ANSWERED in map(heading, ways.slack.messages), 10)
            card = await ways.answer("SANDBOX-BUSY")
            other.execute("ROLLBACK")

    assert BUSY == heading(card)
    assert 1 == log.getvalue().count("held by this process alone")
