"""A database that fails under a running bot: answers still arrive, and losses are logged."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, OTHER_USER_ID, USER_ID
from bot.settings.settings import Mode
from bot.storage.schema import METADATA
from tests.storage.holding import eventually
from tests.support.reading import heading, in_view, seen, where
from tests.support.scene import ASK, CHECK, COMMAND, UNHURRIED, Scene, playing
from tests.support.wording import ANSWERED, BUSY, REFUSED, say

# The database's engine is not tested here, and takes a second of CPU time to start.


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Scene]:
    """A bot whose database has just lost its tables."""
    async with playing(mode, admin_users=frozenset({USER_ID})) as scene:
        await lose_tables(scene)
        yield scene


async def lose_tables(scene: Scene) -> None:
    """Make every statement of the running bot fail."""

    def drop(connection: Any) -> None:
        METADATA.drop_all(connection)

    await scene.running.stores.database.write(drop)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A path for a database, in its own folder."""
    path = tmp_path / "data" / "voicestatus.db"
    path.parent.mkdir()
    return path


def logged(log: io.StringIO) -> set[str]:
    """The events in the log at WARNING and above."""
    records = map(json.loads, log.getvalue().splitlines())
    return {one["event"] for one in records if one["level"] in {"warning", "error"}}


async def test_every_way_in_still_answers(ways: Scene) -> None:
    """In the bot's language, because the stored choices cannot be read."""
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


async def test_what_is_not_kept_is_logged(log: io.StringIO, ways: Scene) -> None:
    """The records as an error, the rest as a warning; without ids and the database's URL."""
    await ways.answer("SANDBOX-BUSY")
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
    wanted = {
        "records were not stored",
        "duplicates are recognised by memory only",
        "languages cannot be read",
    }
    await ways.answer("help")
    await eventually(lambda: wanted <= logged(log))

    assert ("SANDBOX" in log.getvalue(), "voicestatus.db" in log.getvalue()) == (False, False)


async def test_repetitions_are_told_by_memory(ways: Scene) -> None:
    """A process answers a question only once."""
    await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))

    await ways.nothing_comes_of(ways.person.deliver_again(3))


async def test_a_card_is_shared_once_all_the_same(ways: Scene) -> None:
    """The process remembers the first click."""
    card = await ways.answer("SANDBOX-OK")
    await ways.comes_of(ways.person.click(card, "card_share"))

    told = await ways.comes_of(ways.person.click(card, "card_share"))

    assert say("working.shared_already") == heading(told)


async def test_the_home_is_drawn_without_what_is_not_known(ways: Scene) -> None:
    """It shows settings and codes, and no look-ups."""
    await ways.person.open_home()

    assert say("home.nothing_yet", command=COMMAND) in in_view(await ways.home())


@pytest.mark.parametrize("typed", ["lang pt", "lang channel pt"])
async def test_a_choice_that_cannot_be_kept_is_not_confirmed(ways: Scene, typed: str) -> None:
    """A note says that it cannot be stored now, and that the old choice still applies."""
    note = await ways.answer(typed)

    assert (say("language.not_kept"), True) == (heading(note), note.ephemeral)
    assert say("language.still") in seen(note)


async def test_what_names_no_language_is_said_so_without_a_database(ways: Scene) -> None:
    """The word is the error, not the database."""
    note = await ways.answer("lang klingon")

    assert say("language.unknown", command=COMMAND) in seen(note)


async def test_a_choice_in_the_home_that_cannot_be_kept_is_told_directly(ways: Scene) -> None:
    """The page has no conversation for the note; undoing a choice is a choice, too."""
    await ways.person.open_home()

    for value in ("pt-BR", "auto"):
        click = ways.person.click(await ways.home(), "home_language", value=value)
        note = await ways.comes_of(click)

        assert (ways.person.direct_channel, None, False) == where(note)
        assert say("language.not_kept") == heading(note)


async def test_the_rules_hold_without_a_database(mode: Mode) -> None:
    """A refusal is shown even if it cannot be stored."""
    rules = frozenset({OTHER_USER_ID})
    async with playing(mode, allowed_users=rules) as ways:
        await lose_tables(ways)
        told = await ways.answer("SANDBOX-OK")
        card = await ways.answer("SANDBOX-OK", user=OTHER_USER_ID)

    assert [REFUSED, ANSWERED] == [heading(told), heading(card)]
    assert say("refusal.user") in seen(told)


async def test_a_folder_that_disappears_stops_nobody(mode: Mode, file: Path) -> None:
    """The bot goes on with the open file, or without a database."""
    async with playing(mode, database_url=f"sqlite:///{file}") as ways:
        shutil.rmtree(file.parent)
        file.parent.write_text("no folder", encoding="utf-8")
        card = await ways.answer("SANDBOX-BUSY")
        mention = await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))

    assert [BUSY, ANSWERED] == [heading(card), heading(mention)]


async def test_a_database_that_another_process_holds_keeps_nobody_waiting(
    mode: Mode, file: Path, log: io.StringIO
) -> None:
    """Deduplication waits for it briefly, once; other writes run beside the answers."""
    timing = replace(UNHURRIED, gate=0.05)
    async with playing(mode, database_url=f"sqlite:///{file}", timing=timing) as ways:
        other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        with closing(other):
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            cards = [await ways.answer(idmsg) for idmsg in ("SANDBOX-OK", "SANDBOX-BUSY")]
            other.execute("ROLLBACK")

    assert [ANSWERED, BUSY] == [heading(card) for card in cards]
    assert 1 == log.getvalue().count("applied by this process alone")
