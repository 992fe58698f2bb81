"""What a notice says for each ending, to whom and in whose language; and the card it updates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from notifying import Telling, choices, connected, notifier_at, telling
from rough_slack import raw, rough_slack
from scene import heading, seen
from watching import NOW, watch_of
from ways import BUSY, BUSY_PT, row_of

from bot.demo.loopback.ledger import Message
from bot.demo.loopback.workspace import CHANNEL_ID, OTHER_USER_ID, TEAM_ID, USER_ID
from bot.domain.call_status import read_result
from bot.domain.catalog import Language
from bot.domain.explanation import LookupFailure
from bot.domain.watch import Destination, Ending, PostedCard, Sighting, Watch

DIRECT = f"D{USER_ID[1:]}"
TO_ASKER = Destination(team=TEAM_ID, channel=USER_ID)
LIMIT, LIMIT_PT = (
    "⌛ Still no status, and that is not a failure",
    "⌛ Ainda sem status, e isso não é uma falha",
)


@pytest.fixture
async def scene() -> AsyncIterator[Telling]:
    """A notifier and its Slack."""
    async with telling() as running:
        yield running


def last(result: str, **changes: Any) -> Sighting:
    """What the last look found."""
    return Sighting(finding=read_result(result), checked_at=NOW, **changes)


ENDINGS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "a final status": (
        {"ending": Ending.STATUS, "last": last("failed:486")},
        ["You asked me to watch this call: it has its final status.", BUSY],
        ["Você me pediu para acompanhar esta chamada: ela já tem o status final.", BUSY_PT],
    ),
    "an id that stays unknown": (
        {"ending": Ending.UNKNOWN_ID, "last": last("023")},
        ["still does not know this IDMSG after a second look", "IDMSG not found (code 023)."],
        ["continua sem conhecer este IDMSG depois de uma segunda consulta", "(código 023)."],
    ),
    **{
        code: (
            {"ending": Ending.REFUSED, "last": last(code)},
            ["The gateway now refuses this bot's questions, so I have stopped", code],
            ["O gateway passou a recusar as consultas deste bot, por isso parei", code],
        )
        for code in ("001", "019", "022", "900")
    },
    "the limit": (
        {"ending": Ending.LIMIT, "last": last("024")},
        [LIMIT, "I watched it from <!date^", "No status yet.", "That is not a failure."],
        [LIMIT_PT, "Acompanhei de <!date^", "Ainda sem status."],
    ),
    "the limit, without a look": (
        {"ending": Ending.LIMIT, "last": None},
        [LIMIT, "I did not get to ask the gateway in that time."],
        [LIMIT_PT, "Não cheguei a consultar o gateway nesse período."],
    ),
    "the limit, at a gateway that is away": (
        {
            "ending": Ending.LIMIT,
            "last": Sighting(finding=LookupFailure(error="timeout"), checked_at=NOW),
        },
        [LIMIT, "My last look, <!date^", "The status could not be looked up:"],
        [LIMIT_PT, "Minha última consulta, em <!date^"],
    ),
}


@pytest.mark.parametrize("destination", [None, TO_ASKER], ids=["thread", "direct"])
@pytest.mark.parametrize(("changes", "english", "portuguese"), ENDINGS.values(), ids=ENDINGS)
async def test_each_ending_is_told_with_its_reason_in_both_languages(
    scene: Telling,
    changes: dict[str, Any],
    english: list[str],
    portuguese: list[str],
    destination: Destination | None,
) -> None:
    """What the asker chose where they alone read it, the channel's choice in a thread."""
    watch = watch_of(**changes)
    watch = watch if destination is None else replace(watch, destination=destination)
    await scene.notifier.tell(watch)
    await scene.languages.choose(TEAM_ID, USER_ID, "pt")
    await scene.languages.choose_for_channel(TEAM_ID, CHANNEL_ID, "pt")
    await scene.notifier.tell(replace(watch, id="f" * 16))

    for told, lines in zip(scene.messages, (english, portuguese), strict=True):
        for line in lines:
            assert line in seen(told)
    scene.slack.pings.clear()


@pytest.mark.parametrize(
    ("ending", "offered"),
    [
        ("a final status", False),
        ("an id that stays unknown", True),
        ("900", False),
        ("the limit", True),
        ("the limit, without a look", True),
    ],
)
async def test_where_it_may_still_change_it_can_be_watched_again(
    scene: Telling, ending: str, offered: bool
) -> None:
    """With the button of the card, for the asker alone; refresh is always there."""
    await scene.notifier.tell(watch_of(**ENDINGS[ending][0]))

    row = row_of(scene.messages[0])
    assert offered is ("watch" in row)
    assert [USER_ID] == row["refresh"]["visible_to_user_ids"]


async def test_what_comes_from_the_sandbox_says_so(scene: Telling) -> None:
    """At the limit as on every card."""
    await scene.notifier.tell(watch_of(ending=Ending.LIMIT, last=last("024", sandbox=True)))

    assert "this is not a real call" in seen(scene.messages[0])


@pytest.mark.parametrize(
    ("ending", "result"), [(Ending.STATUS, "failed:486"), (Ending.LIMIT, "024")]
)
async def test_in_a_thread_ids_and_phone_numbers_are_hidden(
    scene: Telling, ending: Ending, result: str
) -> None:
    """Directly they stand in full."""
    watch = watch_of("11987654321", ending=ending, last=last(result))
    await scene.notifier.tell(watch)
    await scene.notifier.tell(replace(watch, destination=TO_ASKER))

    in_thread, directly = (f"{one.text} {seen(one)}" for one in scene.messages)
    assert ("98765" in in_thread, "11987654321" in directly) == (False, True)


def posted(scene: Telling, channel: str = CHANNEL_ID) -> Message:
    """A card of the bot's own."""
    card = Message(channel=channel, ts="1795579300.000002", text="before", blocks=())
    scene.messages.append(card)
    return card


def with_card(card: Message, **changes: Any) -> Watch:
    """A watch that was begun on this card."""
    return watch_of(card=PostedCard(channel=card.channel, ts=card.ts), **changes)


@pytest.mark.parametrize(
    ("channel", "shown", "hidden"),
    [(CHANNEL_ID, "MPG0…0474", "MPG000236180474"), (DIRECT, "MPG000236180474", "…")],
    ids=["in a channel", "directly"],
)
async def test_the_card_becomes_the_answer_too(
    scene: Telling, channel: str, shown: str, hidden: str
) -> None:
    """As often as it is asked for; no notice, no mark, nobody is called."""
    scene.slack.workspace.direct(USER_ID)
    watch = with_card(posted(scene, channel))

    for _ in range(2):
        await scene.notifier.update_card(watch)

    (card,) = scene.messages
    assert BUSY == heading(card)
    assert (shown in seen(card), hidden in seen(card)) == (True, False)
    assert (None, []) == (card.metadata, scene.slack.pings)


async def test_a_card_is_left_alone_where_there_is_nothing_to_say_or_to_change(
    scene: Telling,
) -> None:
    """No card, or not one look: no call."""
    card = posted(scene)
    await scene.notifier.update_card(watch_of())
    await scene.notifier.update_card(with_card(card, ending=Ending.LIMIT, last=None))

    assert ([card], []) == (scene.messages, scene.slack.calls)


@pytest.mark.parametrize(
    "refusal", ["message_not_found", "cant_update_message", "is_archived", "internal_error"]
)
async def test_a_card_that_cannot_be_changed_is_no_trouble(scene: Telling, refusal: str) -> None:
    """The notice was told; that is what counts."""
    card = posted(scene)
    scene.slack.fail_next("chat.update", error=refusal)

    await scene.notifier.update_card(with_card(card))

    assert [card] == scene.messages


async def test_a_slack_that_talks_nonsense_is_no_trouble_either() -> None:
    """Nothing is raised."""
    async with rough_slack() as slack, connected(f"{slack.url}/api/") as client, choices() as who:
        slack.answers["chat.update"] = raw(b"[]")
        card = Message(channel=CHANNEL_ID, ts="1795579300.000002", text="t", blocks=())

        await notifier_at(client, who).update_card(with_card(card))

    assert ["chat.update"] == slack.calls


async def test_the_asker_is_the_one_who_is_called(scene: Telling) -> None:
    """Nobody else, whoever began the thread."""
    await scene.notifier.tell(watch_of(user=OTHER_USER_ID))

    assert {f"<@{OTHER_USER_ID}>"} == {ping.markup for ping in scene.slack.pings}


async def test_without_a_choice_the_language_is_the_bots() -> None:
    """In a thread as directly."""
    async with telling(language=Language.PORTUGUESE) as other:
        await other.notifier.tell(watch_of())
        await other.notifier.tell(watch_of(destination=TO_ASKER))

    assert [True] * 2 == [BUSY_PT in seen(told) for told in other.messages]
