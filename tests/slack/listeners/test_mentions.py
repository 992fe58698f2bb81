"""Mentions in a channel: how they are parsed, and that the answer is in the thread."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.input.commands import Command
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import DidYouMean, LookUp, Nothing, Query, Run, TooMany
from bot.fake_slack.people.person import Kind
from bot.fake_slack.state.workspace import (
    BOT_MENTION,
    CHANNEL_ID,
    OTHER_USER_ID,
    USER_ID,
    Profile,
)
from bot.settings.settings import Mode
from bot.slack.lookups.message_text import query_in
from tests.support.reading import heading, row_of, where
from tests.support.scene import Scene, Stages
from tests.support.wording import BUSY, REFUSED, say, sums


def ids(*values: str, **more: Any) -> LookUp:
    """A look-up of these ids."""
    return LookUp(ids=tuple(map(MessageId, values)), **more)


ELEVEN = tuple(f"SANDBOX-{number}" for number in range(400, 411))
DIGITS = tuple(f"202300012345{number}" for number in range(10, 21))
QUESTIONS: list[tuple[str, Query]] = [
    # Ids are found in a sentence; its other words are not ids.
    (f"{BOT_MENTION} SANDBOX-BUSY", ids("SANDBOX-BUSY")),
    (f"SANDBOX-BUSY {BOT_MENTION}", ids("SANDBOX-BUSY")),
    (f"Hello {BOT_MENTION}, what became of SANDBOX-BUSY? Thanks", ids("SANDBOX-BUSY")),
    (f"{BOT_MENTION} did SANDBOX-BUSY reach +55 (11) 98765-4321?", ids("SANDBOX-BUSY")),
    (f"{BOT_MENTION} tel <tel:+5511987654321|11 98765-4321>: SANDBOX-BUSY", ids("SANDBOX-BUSY")),
    (f"{BOT_MENTION}\u00a0\u201cSANDBOX-BUSY\u201d", ids("SANDBOX-BUSY")),
    (
        f"<@U1|voicestatus> SANDBOX-BUSY share `{ELEVEN[0]}`",
        ids("SANDBOX-BUSY", ELEVEN[0], share=True),
    ),
    (f"{BOT_MENTION} SANDBOX-BUSY watch", ids("SANDBOX-BUSY", watch=True)),
    (" ".join(ELEVEN[:10]), ids(*ELEVEN[:10])),
    (f"{BOT_MENTION} {' '.join(ELEVEN)}", TooMany(count=11, ids=tuple(map(MessageId, ELEVEN)))),
    # A word that is not a typical IDMSG may still be one, unless it is prose.
    ("20230001234567", ids("20230001234567")),
    ("what about 20230001234567, please?", ids("20230001234567")),
    ("20230001234567 20230001234568 watch", ids("20230001234567", "20230001234568", watch=True)),
    ("please see to 20230001234567 watch", ids("20230001234567", watch=True)),
    ("abcdef", Nothing()),
    (f"{BOT_MENTION} SANDBOX-BUSY avisar!", ids("SANDBOX-BUSY", watch=True)),
    ("thanks a lot", Nothing()),
    (f"one two three four five six seven eight nine ten eleven {DIGITS[0]}", ids(DIGITS[0])),
    (" ".join(("see", *DIGITS[:10])), ids(*DIGITS[:10])),
    (" ".join(("see", *DIGITS)), TooMany(count=11, ids=tuple(map(MessageId, DIGITS)))),
    # The command words.
    (BOT_MENTION, Nothing()),
    (f"{BOT_MENTION} ajuda", Run(command=Command.HELP)),
    ("explicar 486", Run(command=Command.EXPLAIN, argument="486")),
    (f"{BOT_MENTION} lang channel pt", Run(command=Command.LANGUAGE, argument="channel pt")),
    ("hlep", DidYouMean(word="hlep", suggestion="help")),
]


def test_what_is_asked_by_a_message() -> None:
    """Ids anywhere in the text, else the text as a command."""
    asked = [(text, query_in({"text": text})) for text, _ in QUESTIONS]

    assert [] == [
        found for found, expected in zip(asked, QUESTIONS, strict=True) if found != expected
    ]


@pytest.mark.both_modes
async def test_an_id_is_answered_in_the_thread(bot: Scene) -> None:
    """One public card; only the asker sees its buttons, and there is none to share."""
    card = await bot.mention("what became of SANDBOX-BUSY, phone +55 (11) 98765-4321?")

    assert (CHANNEL_ID, bot.slack.said[-1].ts, False) == where(card)
    assert BUSY == heading(card)
    assert {"customer", "details"} == set(row_of(card))
    assert [[USER_ID]] * 2 == [button["visible_to_user_ids"] for button in row_of(card).values()]
    assert ["SANDBOX-BUSY"] == bot.asked


async def test_a_mention_in_a_thread_is_answered_in_that_thread(bot: Scene) -> None:
    """Under its first message."""
    root = await bot.person.say("nobody called me")

    card = await bot.mention("SANDBOX-BUSY", thread_ts=root.ts)

    assert (CHANNEL_ID, root.ts, False) == where(card)


async def test_several_ids_become_a_list(bot: Scene) -> None:
    """In the order of the sentence."""
    card = await bot.mention("SANDBOX-OK or SANDBOX-BUSY?")

    assert sums({"answered": 1, "failed": 1}) == heading(card)
    assert ["SANDBOX-OK", "SANDBOX-BUSY"] == bot.asked


async def test_the_words_of_the_command_work_there(bot: Scene) -> None:
    """Answered in the thread, without a request to the gateway."""
    note = await bot.mention("help")

    assert (CHANNEL_ID, bot.slack.said[-1].ts, False) == where(note)
    assert say("help.title") == heading(note)
    assert [] == bot.asked


@pytest.mark.parametrize("in_thread", [True, False])
async def test_somebody_who_may_not_ask_is_told_so_alone(
    mode: Mode, stages: Stages, *, in_thread: bool
) -> None:
    """In the thread if it exists: Slack does not show an ephemeral message in a new thread."""
    async with stages.scene(mode, allowed_users=frozenset({OTHER_USER_ID})) as bot:
        thread = (await bot.person.say("nobody called me")).ts if in_thread else None
        told = await bot.mention("SANDBOX-BUSY", thread_ts=thread)

    assert (CHANNEL_ID, thread, True) == where(told)
    assert (USER_ID, REFUSED) == (told.user, heading(told))


async def test_a_bot_that_mentions_this_one_is_left_alone(bot: Scene) -> None:
    """Two bots could answer each other endlessly; without `users:read` nobody knows who it is."""
    await bot.nothing_comes_of(bot.person.say(f"{BOT_MENTION} SANDBOX-BUSY", app="A0OTHERBOT1"))


async def test_an_app_that_posts_as_a_person_asks_for_them(mode: Mode, stages: Stages) -> None:
    """Slack says that the user is no bot; a bot stays one."""
    async with stages.scene(mode, scopes={"users:read"}) as bot:
        robot = Profile(id="U0ROBOT0001", name="robot", real_name="Robot", is_bot=True)
        bot.slack.workspace.add_person(robot)
        bot.slack.workspace.join(CHANNEL_ID, robot.id)
        asked = f"{BOT_MENTION} SANDBOX-BUSY"

        await bot.nothing_comes_of(bot.person.as_user(robot.id).say(asked, app="A0OTHERBOT1"))
        card = await bot.comes_of(bot.person.say(asked, app="A0CLIENT001"))

        assert BUSY == heading(card)


async def test_words_that_a_client_sent_are_a_persons(bot: Scene) -> None:
    """Whatever app the client belongs to."""
    await bot.mention("help")
    payload = dict(bot.slack.events[-1].payload)
    post = await bot.person.say("a post")
    more = {"bot_id": "B0CLIENT001", "ts": post.ts, "text": f"{BOT_MENTION} SANDBOX-BUSY"}
    event = {**payload["event"], **more}

    card = await bot.comes_of(
        bot.person.deliver(Kind.EVENT, payload | {"event": event, "event_id": "EvOTHER"})
    )

    assert BUSY == heading(card)
