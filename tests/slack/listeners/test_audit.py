"""The audit: every look-up, refusal and share, by whom and where, without any readable id."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.audit import AuditEntry
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    CHANNEL_WITHOUT_BOT_ID,
    OTHER_USER_ID,
    STRANGER_USER_ID,
    TEAM_ID,
    USER_ID,
)
from bot.settings.settings import Mode
from bot.storage.database import open_database
from bot.storage.records import RecentLookup, Recents
from tests.slack.listing import REPORT, begun, said
from tests.slack.watching import SWIFT
from tests.support.audit import audited, hashed
from tests.support.records import store
from tests.support.scene import ASK, CHECK, COMMAND, Scene, Stages, playing

Row = tuple[str, str, str, str, str | None, str | None, str | None]


def row(entry: AuditEntry) -> Row:
    """An entry without its time."""
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


async def rows(bot: Scene, count: int) -> Counter[Row]:
    """The rows of the audit, which must be that many; concurrent answers may mix theirs."""
    entries = await audited(bot, count)
    assert count == len(entries), entries
    return Counter(map(row, entries))


def looked_up(
    surface: str, idmsg: str, outcome: str, *, user: str = USER_ID, channel: str = CHANNEL_ID
) -> Row:
    """The row of a look-up."""
    return ("lookup", surface, user, channel, hashed(idmsg), outcome, None)


async def test_a_look_up_on_each_surface_is_kept(bot: Scene) -> None:
    """Surface, user, channel, keyed hash and outcome; one row for each id."""
    person = bot.person
    await bot.answer("SANDBOX-OK SANDBOX-BUSY")
    await bot.mention("SANDBOX-MACHINE")
    await bot.direct("SANDBOX-850")
    await bot.shortcut("SANDBOX-FOREVER", channel=CHANNEL_WITHOUT_BOT_ID)
    await person.global_shortcut(ASK)
    await person.submit(await bot.modal(), {"ids": "SANDBOX-FAULT-forbidden"})
    await bot.answer("explain 486")
    bot.expect_refusals("chat.postMessage: not_in_channel")

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
    ) == await rows(bot, 6)


async def test_the_modals_of_a_message_and_of_the_home_are_told_apart(bot: Scene) -> None:
    """A look-up in a modal counts for the surface that opened it."""
    said = await bot.person.say("nobody called me")
    await bot.person.message_shortcut(CHECK, said)
    await bot.comes_of(bot.person.submit(await bot.modal(), {"ids": "SANDBOX-OK"}))
    await bot.person.open_home()
    await bot.person.click(await bot.home(), "home_ask")
    await bot.person.submit(await bot.modal(), {"ids": "SANDBOX-OK"})

    surfaces = {(surface, channel) for _, surface, _, channel, *_ in await rows(bot, 2)}
    assert {("message_shortcut", CHANNEL_ID), ("home", "")} == surfaces


async def test_a_share_is_kept_beside_its_look_up(bot: Scene) -> None:
    """By the word and by the button; a second click adds no share."""
    await bot.answer("SANDBOX-BUSY share")
    card = await bot.answer("SANDBOX-OK")
    await bot.comes_of(bot.person.click(card, "card_share"))
    await bot.comes_of(bot.person.click(card, "card_share"))

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
    ) == await rows(bot, 5)


async def test_what_no_channel_took_is_no_share(bot: Scene) -> None:
    """Only the asker got the card."""
    bot.slack.fail_next("response_url", status=404)

    await bot.answer("SANDBOX-OK share", channel=CHANNEL_WITHOUT_BOT_ID)
    bot.expect_refusals("chat.postMessage: not_in_channel")

    assert ["lookup"] == [action for action, *_ in await rows(bot, 1)]


async def test_a_click_that_looks_up_is_kept(bot: Scene) -> None:
    """Refresh, details and customer text each look up a call."""
    card = await bot.answer("SANDBOX-850")
    for action in ("details", "customer"):
        await bot.comes_of(bot.press(card, action))
    await bot.press(card, "refresh")
    await bot.settled(4)

    clicked = looked_up("button", "SANDBOX-850", "gateway_error")
    asked = looked_up("command", "SANDBOX-850", "gateway_error")
    assert {asked: 1, clicked: 3} == await rows(bot, 4)


async def test_a_refusal_is_kept_with_its_reason(mode: Mode, stages: Stages) -> None:
    """On every surface, without an id of a call."""
    async with stages.scene(mode, allowed_users=frozenset({OTHER_USER_ID})) as bot:
        await bot.answer("SANDBOX-OK")
        await bot.mention("SANDBOX-OK")
        await bot.shortcut("SANDBOX-OK")
        carla = bot.person.as_user(STRANGER_USER_ID)
        await bot.comes_of(carla.command(COMMAND, "SANDBOX-OK"))
        await bot.answer("whoami")

        assert Counter(
            [
                ("refusal", "command", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "mention", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "message_shortcut", USER_ID, CHANNEL_ID, None, None, "user"),
                ("refusal", "command", STRANGER_USER_ID, CHANNEL_ID, None, None, "external"),
            ]
        ) == await rows(bot, 4)


async def test_no_row_holds_an_id(bot: Scene) -> None:
    """Only its hash, with the bot's own key."""
    await bot.answer("SANDBOX-OK share")

    entries = await audited(bot, 2)

    assert 2 == len(entries)
    assert "SANDBOX-OK" not in repr(entries)


async def test_what_is_past_its_retention_is_gone_after_a_start(
    mode: Mode, sqlite_url: str
) -> None:
    """BOT_RETENTION_DAYS applies to the audit and to recent look-ups."""
    async with open_database(sqlite_url) as database:
        for days in (3, 1):
            at = datetime.now(UTC) - timedelta(days=days)
            old = RecentLookup(
                team=TEAM_ID, user=USER_ID, idmsg=f"D{days}", outcome="failed", at=at
            )
            await store(database, entry_at(at), old)
    kept_for_two: dict[str, Any] = {"database_url": sqlite_url, "bot_retention_days": 2}
    async with playing(mode, **kept_for_two) as bot:
        await bot.answer("SANDBOX-OK")
        entries = await audited(bot, 2)

        assert [None, hashed("SANDBOX-OK")] == [entry.idmsg_hash for entry in entries]
        async with open_database(sqlite_url) as database:
            recent = await Recents(database).of(TEAM_ID, USER_ID)
        assert ["SANDBOX-OK", "D1"] == [one.idmsg for one in recent]


def entry_at(at: datetime) -> AuditEntry:
    """A refusal at this time."""
    return AuditEntry(
        at=at, team=TEAM_ID, user=USER_ID, channel=CHANNEL_ID, surface="command", action="refusal"
    )


async def test_a_list_is_kept_with_all_its_calls(mode: Mode, stages: Stages) -> None:
    """Who started it, and each answer, in as few rows as were stored at once."""
    async with stages.scene(mode, timing=SWIFT) as bot:
        await begun(bot, "SANDBOX-OK SANDBOX-BUSY SANDBOX-MACHINE")
        await said(bot, REPORT)
        bot.slack.pings.clear()

        entries = await audited(bot, 3)
        calls = Counter(
            row(call) for entry in entries if "lookup" == entry.action for call in entry.calls()
        )
        assert (
            Counter(
                [
                    looked_up("list", "SANDBOX-OK", "answered"),
                    looked_up("list", "SANDBOX-BUSY", "failed"),
                    looked_up("list", "SANDBOX-MACHINE", "machine"),
                ]
            )
            == calls
        )
        begun_row = ("bulk", "command", USER_ID, CHANNEL_ID, None, None, None)
        assert begun_row in map(row, entries)
