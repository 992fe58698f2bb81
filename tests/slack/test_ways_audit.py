"""The audit: every look-up, refusal and share, by whom and where; never an id in clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from listing import REPORT, begun, said
from scene import COMMAND
from ways import ANSWERED, ASK, CHECK, DATABASE, Ways, audited, hashed, visiting

from bot.demo.loopback.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    STRANGER_USER_ID,
    TEAM_ID,
    USER_ID,
)
from bot.settings import Mode
from bot.storage.audit import Audit, AuditEntry
from bot.storage.database import open_database
from bot.storage.recents import RecentLookup, Recents

Row = tuple[str, str, str, str, str | None, str | None, str | None]


@pytest.fixture
async def ways(mode: Mode) -> AsyncIterator[Ways]:
    """A bot whose database can be read afterwards, in both modes."""
    async with visiting(mode, database_url=DATABASE) as scene:
        yield scene


def row(entry: AuditEntry) -> Row:
    """An entry without its moment."""
    assert TEAM_ID == entry.team
    return (
        entry.action,
        entry.surface,
        entry.user,
        entry.channel,
        entry.idmsg_hash,
        entry.outcome,
        entry.reason,
    )


async def rows(count: int) -> Counter[Row]:
    """What the audit holds, which must be so many rows; those of two answers may be mixed."""
    entries = await audited(count)
    assert count == len(entries), entries
    return Counter(map(row, entries))


def looked_up(
    surface: str, idmsg: str, outcome: str, *, user: str = USER_ID, channel: str = CHANNEL_ID
) -> Row:
    """The row of a look-up."""
    return ("lookup", surface, user, channel, hashed(idmsg), outcome, None)


async def test_a_look_up_by_each_way_in_is_kept(ways: Ways) -> None:
    """Surface, person, place, keyed hash and outcome; one row for each id."""
    person = ways.person
    await ways.answer("SANDBOX-OK SANDBOX-BUSY")
    await ways.comes_of(person.say(f"{BOT_MENTION} SANDBOX-MACHINE"))
    await ways.comes_of(person.say("SANDBOX-850", channel=person.direct_channel))
    said = await person.say("SANDBOX-FOREVER", channel=CHANNEL_WITHOUT_BOT_ID)
    await ways.comes_of(person.message_shortcut(CHECK, said))
    await person.global_shortcut(ASK)
    await person.submit(await ways.modal(), {"ids": "SANDBOX-FAULT-forbidden"})
    await ways.modal_showing("could not be looked up")
    await ways.answer("explain 486")
    ways.expect_refusals("chat.postMessage: not_in_channel")

    assert Counter(
        [
            looked_up("command", "SANDBOX-OK", "answered"),
            looked_up("command", "SANDBOX-BUSY", "failed"),
            looked_up("mention", "SANDBOX-MACHINE", "machine"),
            looked_up(
                "direct_message", "SANDBOX-850", "gateway_error", channel=person.direct_channel
            ),
            looked_up(
                "message_shortcut", "SANDBOX-FOREVER", "pending", channel=CHANNEL_WITHOUT_BOT_ID
            ),
            looked_up("global_shortcut", "SANDBOX-FAULT-forbidden", "lookup_failed", channel=""),
        ]
    ) == await rows(6)


async def test_the_modals_of_a_message_and_of_the_home_are_told_apart(ways: Ways) -> None:
    """What was typed into a modal counts for the way by which it was opened."""
    said = await ways.person.say("nobody called me")
    await ways.person.message_shortcut(CHECK, said)
    await ways.comes_of(ways.person.submit(await ways.modal(), {"ids": "SANDBOX-OK"}))
    await ways.person.open_home()
    await ways.person.click(await ways.home(), "home_ask")
    await ways.person.submit(await ways.modal(), {"ids": "SANDBOX-OK"})
    await ways.modal_showing(ANSWERED)

    surfaces = {(surface, channel) for _, surface, _, channel, *_ in await rows(2)}
    assert {("message_shortcut", CHANNEL_ID), ("home", "")} == surfaces


async def test_a_share_is_kept_beside_its_look_up(ways: Ways) -> None:
    """By the word and by the button; a second click is none."""
    await ways.answer("SANDBOX-BUSY share")
    card = await ways.answer("SANDBOX-OK")
    await ways.comes_of(ways.person.click(card, "card_share"))
    await ways.comes_of(ways.person.click(card, "card_share"))
    await ways.answer("help")

    share = ("share", "button", USER_ID, CHANNEL_ID, hashed("SANDBOX-OK"), None, None)
    by_word = ("share", "command", USER_ID, CHANNEL_ID, hashed("SANDBOX-BUSY"), None, None)
    assert Counter(
        [
            looked_up("command", "SANDBOX-BUSY", "failed"),
            by_word,
            looked_up("command", "SANDBOX-OK", "answered"),
            looked_up("button", "SANDBOX-OK", "answered"),
            share,
        ]
    ) == await rows(5)


async def test_what_no_channel_took_is_no_share(ways: Ways) -> None:
    """The asker alone got the card."""
    ways.slack.fail_next("response_url", status=404)

    await ways.answer("SANDBOX-OK share", channel=CHANNEL_WITHOUT_BOT_ID)
    ways.expect_refusals("chat.postMessage: not_in_channel")

    assert ["lookup"] == [action for action, *_ in await rows(1)]


async def test_a_click_that_looks_up_is_kept(ways: Ways) -> None:
    """Refresh, details and the reply for the customer ask about a call each."""
    card = await ways.answer("SANDBOX-BUSY")
    for action in ("card_details", "card_customer"):
        await ways.comes_of(ways.person.click(card, action))
    await ways.person.click(card, "card_refresh")
    await ways.settled(4)
    await ways.answer("help")

    clicked = looked_up("button", "SANDBOX-BUSY", "failed")
    assert {looked_up("command", "SANDBOX-BUSY", "failed"): 1, clicked: 3} == await rows(4)


async def test_a_refusal_is_kept_with_its_reason(mode: Mode) -> None:
    """On every surface; a refusal names no call."""
    rules: dict[str, Any] = {
        "allowed_users": frozenset({OTHER_USER_ID}),
        "allow_external_users": False,
    }
    async with visiting(mode, database_url=DATABASE, **rules) as ways:
        await ways.answer("SANDBOX-OK")
        await ways.comes_of(ways.person.say(f"{BOT_MENTION} SANDBOX-OK"))
        said = await ways.person.say("SANDBOX-OK")
        await ways.comes_of(ways.person.message_shortcut(CHECK, said))
        carla = ways.person.as_user(STRANGER_USER_ID)
        await ways.comes_of(carla.command(COMMAND, "SANDBOX-OK"))
        await ways.answer("whoami")

        assert Counter(
            [
                ("refusal", "command", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "mention", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "message_shortcut", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "command", STRANGER_USER_ID, CHANNEL_ID, None, None, "external"),
            ]
        ) == await rows(4)


async def test_no_row_holds_an_id(ways: Ways) -> None:
    """Only its hash, under the bot's own key."""
    await ways.answer("SANDBOX-OK share")

    entries = await audited(2)

    assert 2 == len(entries)
    assert "SANDBOX-OK" not in repr(entries)


async def test_what_is_past_its_retention_is_gone_after_a_start(mode: Mode) -> None:
    """BOT_RETENTION_DAYS rules audit and recent look-ups alike."""
    async with open_database(DATABASE) as database:
        for days in (3, 1):
            at = datetime.now(UTC) - timedelta(days=days)
            await Audit(database).record(entry_at(at))
            await Recents(database).remember(
                RecentLookup(team=TEAM_ID, user=USER_ID, idmsg=f"D{days}", outcome="failed", at=at)
            )
    async with visiting(mode, database_url=DATABASE, bot_retention_days=2) as ways:
        await ways.answer("SANDBOX-OK")
        entries = await audited(2)
        await ways.answer("help")

        assert [None, hashed("SANDBOX-OK")] == [entry.idmsg_hash for entry in entries]
        async with open_database(DATABASE) as database:
            recent = await Recents(database).of(TEAM_ID, USER_ID)
        assert ["SANDBOX-OK", "D1"] == [one.idmsg for one in recent]


def entry_at(at: datetime) -> AuditEntry:
    """A refusal of that moment."""
    return AuditEntry(
        at=at, team=TEAM_ID, user=USER_ID, channel=CHANNEL_ID, surface="command", action="refusal"
    )


async def test_a_list_is_one_row_however_many_calls_it_has(ways: Ways) -> None:
    """By the way in where it was opened; none of its ids is in it."""
    await begun(ways, "SANDBOX-OK SANDBOX-BUSY SANDBOX-MACHINE")
    await said(ways, REPORT)
    ways.slack.pings.clear()

    assert Counter([("bulk", "command", USER_ID, CHANNEL_ID, None, None, None)]) == await rows(1)
