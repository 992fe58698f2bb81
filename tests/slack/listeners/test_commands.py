"""The slash command: the answer to each kind of text, for the asker only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.fake_slack.state.workspace import USER_ID
from bot.settings.settings import Mode
from tests.slack.watching import buttons_of
from tests.support.reading import copied, heading, seen, texts
from tests.support.scene import UNHURRIED, Scene, Stages, playing
from tests.support.wording import EN, PT, phrase, say, sums, verdict

TWENTY = 20
# At shutdown the bot cancels running look-ups; a busy machine needs time for the notes.
ENDING_AT_ONCE = replace(UNHURRIED, end=20.5, last_words=20.0, hurried_call=20.0)
OTHERS = phrase("health.others", connections=4, others=2)


@pytest.mark.parametrize(
    ("idmsg", "raw"),
    [
        ("SANDBOX-OK", "ok:85.00"),
        ("SANDBOX-BUSY", "failed:486"),
        ("SANDBOX-FOREVER", "024"),
        ("SANDBOX-850", "850"),
    ],
)
async def test_an_id_becomes_a_card_for_the_asker_alone(bot: Scene, idmsg: str, raw: str) -> None:
    """With the verdict, the id, the raw result, and a line about the sandbox."""
    card = await bot.answer(idmsg)

    assert (verdict(raw), True) == (heading(card), card.ephemeral)
    (line,) = texts([one for one in card.blocks if one["type"] == "context"])
    first, *_, sandbox, _, last = line.split(" · ")
    assert [f"`{idmsg}`", f"*{say('card.sandbox')}*", f"`{raw}`"] == [first, sandbox, last]


async def test_a_look_up_has_its_askers_turn_at_the_gateway(
    bot: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person with many calls does not keep the others waiting."""
    status, heard = bot.running.gateway.status, list[dict[str, Any]]()

    async def listen(message_id: MessageId, **how: Any) -> object:
        heard.append(how)
        return await status(message_id, **how)

    monkeypatch.setattr(bot.running.gateway, "status", listen)
    await bot.answer("SANDBOX-OK")

    assert [{"urgency": Urgency.PERSON, "asker": USER_ID}] == heard


async def test_a_portuguese_bot_speaks_portuguese(mode: Mode, stages: Stages) -> None:
    """BOT_LANGUAGE applies to cards, lists and notes."""
    async with stages.scene(mode, bot_language="pt-BR") as bot:
        shown = [heading(await bot.answer(text)) for text in ("SANDBOX-BUSY", "X1 X2", "ajuda")]

    assert [
        verdict("failed:486", PT),
        sums({"gateway.023": 2}, PT),
        say("help.title", PT),
    ] == shown


async def test_the_operators_contacts_and_time_zone_stand_on_the_cards(
    mode: Mode, stages: Stages
) -> None:
    """Also above the text to copy, beside the contact in the gateway's documentation."""
    contacts: dict[str, Any] = {
        "bot_support_contact": "Ops <x>",
        "gateway_support_contact": "gw@example.com",
    }
    async with stages.scene(mode, bot_timezone="America/Manaus", **contacts) as bot:
        own, gateways = [await bot.answer(f"SANDBOX-{code}") for code in ("001", "850")]
        help_ = await bot.answer("help")

    assert say("card.copy_for", contact=f"{say('who.bot_admin')} (Ops <x>)") in seen(own)
    contact = "Suporte Mobi Pronto (gw@example.com)"
    assert say("card.copy_for", contact=contact) in seen(gateways)
    assert "(America/Manaus)" in copied(gateways)
    assert say("help.contact", contact="Ops &lt;x&gt;") in seen(help_)


async def test_a_final_answer_is_kept(bot: Scene) -> None:
    """The second look-up of an answered call does not reach the gateway; the card is the same."""
    first, second = [await bot.answer("SANDBOX-OK") for _ in range(2)]

    assert ["SANDBOX-OK"] == bot.asked
    assert first.blocks == second.blocks


async def test_several_ids_get_one_compact_answer_in_their_order(bot: Scene) -> None:
    """One message: a line of counts, and the ids as typed."""
    ids = ["SANDBOX-OK", "SANDBOX-023", "SANDBOX-BUSY", "SANDBOX-SHORT"]
    card = await bot.answer(" ".join(ids))

    assert ids == [one for one in texts(card.blocks) if one in ids]
    assert sums({"answered": 2, "failed": 1, "gateway.023": 1}) == heading(card)
    assert [card] == bot.slack.messages
    assert sorted(ids) == sorted(filter(None, bot.asked))


async def test_eleven_ids_get_a_kind_no_and_the_way_to_do_it(bot: Scene) -> None:
    """The gateway gets no request; a button offers to look them up as a list."""
    note = await bot.answer(" ".join(f"X{number}" for number in range(11)))

    assert say("too_many.title", limit=10) == heading(note)
    assert "bulk_open" in buttons_of(note)
    assert [] == bot.asked


async def test_bad_words_beside_good_ones_are_named_and_the_good_ones_answered(bot: Scene) -> None:
    """On the same card, with the reason; quotes and prefixes are removed first."""
    card = await bot.answer(f"`000:SANDBOX-OK`, {'1' * 41}")

    assert verdict("ok:85.00") == heading(card)
    bad = say("problem.line", word="1" * 40, problem=say("problem.too_long"))
    for line in (say("problem.title", count=1), bad, say("problem.prefix_cut")):
        assert line in seen(card)
    assert ["SANDBOX-OK"] == bot.asked


async def test_a_phone_number_is_refused_with_the_way_to_force_it(bot: Scene) -> None:
    """The number does not reach the gateway; the hint says where to find an IDMSG."""
    note = await bot.answer("<tel:+5511987654321|+55 11 98765-4321>")

    force = say("problem.force", command="/voicestatus", example="5511987654321")
    for text in (say("problem.phone"), say("problem.where_to_find"), force):
        assert text in seen(note)
    assert [] == bot.asked


def explained(code: str, title: str) -> str:
    """The first line of an explanation."""
    return say("explain.text", code=code, title=title)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("help", say("help.title")),
        ("", say("help.usage_title")),
        ("explain", say("explain.usage_title")),
        ("explain 486", explained("486", EN.sip(486).title)),
        ("explicar ocupado", explained("486", EN.sip(486).title)),
        (
            "failed:486",
            say("explain.result", code="failed:486", headline=verdict("failed:486")[2:]),
        ),
        ("explain x&lt;y&gt;z", say("explain.nothing_title", term="x<y>z")),
        ("whoami", say("whoami.title")),
        ("hlep", say("did_you_mean.title", suggestion="help")),
        ("lang", say("language.current", command="/voicestatus")),
        ("lang xx", say("language.unknown", command="/voicestatus")),
    ],
)
async def test_each_word_is_answered_without_the_gateway(
    bot: Scene, typed: str, title: str
) -> None:
    """For the asker only; the acknowledgement has no body, because Slack would show it."""
    note = await bot.answer(typed)

    assert (title, True) == (heading(note), note.ephemeral)
    assert [(200, "")] == [(ack.status, ack.body) for ack in bot.acks]
    assert ([note], []) == (bot.slack.messages, bot.gateway_requests)


async def test_notes_use_the_name_that_the_command_has(bot: Scene) -> None:
    """The manifest may name it differently."""
    note = await bot.comes_of(bot.person.command("/status-da-voz", "help"))

    assert "`/status-da-voz " in seen(note)
    assert "/voicestatus" not in seen(note)


async def test_health_tells_the_last_answer_and_the_last_failure(bot: Scene) -> None:
    """Before any look-up, after an answer, after a failure."""
    told = [await bot.answer("health")]
    for idmsg in ("SANDBOX-OK", "SANDBOX-EMPTY"):
        await bot.answer(idmsg)
        told.append(await bot.answer("health"))

    titles = [say(f"health.{name}_title") for name in ("never", "good", "bad")]
    assert titles == [heading(one) for one in told]
    assert EN.error("empty_result").title in seen(told[-1])


async def test_health_tells_that_another_process_answers_too() -> None:
    """With Slack's count of connections."""
    timing = replace(UNHURRIED, first_redial=0.01, count_again=0.02)
    async with playing(Mode.SOCKET, timing=timing) as bot:
        before = seen(await bot.answer("health"))
        bot.slack.socket.elsewhere = 2
        await bot.slack.socket.disconnect()
        # A command that is sent while the connection is replaced would get lost.
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while not await is_warned(session, bot.running.port):  # noqa: ASYNC110 - a page
                await asyncio.sleep(0.05)
        after = seen(await bot.answer("health"))

    assert [False, True] == [bool(OTHERS.search(text)) for text in (before, after)]
    assert [] == bot.slack.refusals


async def is_warned(session: aiohttp.ClientSession, port: int) -> bool:
    """Whether the readiness warns of other connections."""
    async with session.get(f"http://127.0.0.1:{port}/readyz") as reply:
        return "slack_connections" in await reply.text()


@pytest.mark.both_modes
async def test_acknowledgements_do_not_wait_for_the_gateway(mode: Mode) -> None:
    """It hangs; twenty concurrent commands are acknowledged, and cancelled at shutdown."""
    async with playing(mode, timing=ENDING_AT_ONCE) as bot:
        await asyncio.gather(*(bot.type(f"SANDBOX-SLOW-600.{n:02d}") for n in range(TWENTY)))
        told = len(bot.slack.messages)

    assert [(200, "")] * TWENTY == [(ack.status, ack.body) for ack in bot.acks]
    assert (0, TWENTY) == (told, len(bot.slack.messages))
    assert {say("broken.title")} == {heading(message) for message in bot.slack.messages}


async def test_ten_agents_who_ask_for_one_id_cause_one_request(bot: Scene) -> None:
    """Each gets their own card."""
    await asyncio.gather(*(bot.type("SANDBOX-SLOW-0.2") for _ in range(10)))
    await bot.settled(10)

    assert ["SANDBOX-SLOW-0.2"] == bot.asked
    assert 10 == len(bot.slack.messages)
