"""One id in, one card out: each scripted id of the sandbox, in both modes and both languages."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest
from scene import Scene, copied, heading, playing, seen

from bot.settings import Mode


class Told(NamedTuple):
    """What a card has to say of one id."""

    english: str
    portuguese: str
    raw: str


SCRIPTED: Final = {
    "OK": Told(
        "✅ The call was answered and the message played: 85 seconds.",
        "✅ A chamada foi atendida e a mensagem foi reproduzida: 85 segundos.",
        "ok:85.00",
    ),
    "SHORT": Told(
        "⚠️ The call was answered but lasted only 3 seconds.",
        "⚠️ A chamada foi atendida, mas durou só 3 segundos.",
        "ok:3.00",
    ),
    "BUSY": Told(
        "❌ The call did not go through: the line was busy.",
        "❌ A chamada não foi completada: número ocupado.",
        "failed:486",
    ),
    "NOANSWER": Told(
        "❌ The call did not go through: no answer, phone off or out of coverage.",
        "❌ A chamada não foi completada: não atende, desligado ou fora da área de cobertura.",
        "failed:480",
    ),
    "NOTFOUND": Told(
        "❌ The call did not go through: the network knows no such number.",
        "❌ A chamada não foi completada: a rede não conhece este número.",
        "failed:404",
    ),
    "DECLINED": Told(
        "❌ The call did not go through: declined by the customer or blocked by the network.",
        "❌ A chamada não foi completada: recusada pelo destinatário ou bloqueada pela rede.",
        "failed:603",
    ),
    "ERROR": Told(
        "⚠️ The call broke off midway: the network was overloaded or out of service.",
        "⚠️ A ligação caiu no meio: rede congestionada ou fora de serviço.",
        "error:503",
    ),
    "BLOCKED": Told(
        "⛔ The call was blocked before it reached the person: blocked automatically by the"
        " network.",
        "⛔ A chamada foi bloqueada antes de chegar ao destinatário: chamada bloqueada"
        " automaticamente pela rede.",
        "blocked:608",
    ),
    "MACHINE": Told(
        "📼 A machine picked up, and the call was ended.",
        "📼 Uma máquina atendeu, e a chamada foi encerrada.",
        "machine:200",
    ),
    "PENDING": Told(
        "⏳ No status yet. That is not a failure.",
        "⏳ Ainda sem status. Isso não é uma falha.",
        "024",
    ),
    "PENDING-9": Told(
        "⏳ No status yet. That is not a failure.",
        "⏳ Ainda sem status. Isso não é uma falha.",
        "024",
    ),
    "FOREVER": Told(
        "⏳ No status yet. That is not a failure.",
        "⏳ Ainda sem status. Isso não é uma falha.",
        "024",
    ),
    "failed.487": Told(
        "❌ The call did not go through: the call was cancelled before it was answered.",
        "❌ A chamada não foi completada: chamada cancelada antes do atendimento.",
        "failed:487",
    ),
    "SLOW-0.1": Told(
        "✅ The call was answered and the message played: 85 seconds.",
        "✅ A chamada foi atendida e a mensagem foi reproduzida: 85 segundos.",
        "ok:85.00",
    ),
    "FAULT-cdata": Told(
        "✅ The call was answered and the message played: 85 seconds.",
        "✅ A chamada foi atendida e a mensagem foi reproduzida: 85 segundos.",
        "ok:85.00",
    ),
}

GATEWAY_CODES: Final = {
    "001": ("the gateway did not accept this bot's credential", "the admins of this bot (Ops)"),
    "019": ("the gateway did not accept this bot's token", "the admins of this bot (Ops)"),
    "022": ("the Mobi Pronto account was not found", "the admins of this bot (Ops)"),
    "023": ("the gateway does not know this IDMSG", "whoever sent the message"),
    "850": ("the gateway itself failed", "Suporte Mobi Pronto / gw@example.com"),
    "900": ("access refused, or a security limit exceeded", "the admins of this bot (Ops)"),
    "955": ("the gateway could not reach the carriers", "Equipe MobilePronto / gw@example.com"),
    "701": ("a gateway code that is not documented", "Suporte Mobi Pronto / gw@example.com"),
}


@pytest.mark.parametrize("name", SCRIPTED)
async def test_each_scripted_id_gives_its_verdict_to_the_asker_alone(bot: Scene, name: str) -> None:
    """The card says the verdict, the id, the raw result and that it comes from the sandbox."""
    told = SCRIPTED[name]

    card = await bot.answer(f"SANDBOX-{name}")

    assert told.english == heading(card)
    assert card.ephemeral
    assert {f"SANDBOX-{name}", told.raw} <= set(seen(card).split("\n"))
    assert "*From the sandbox gateway: this is not a real call.*" in seen(card)


@pytest.mark.parametrize("name", SCRIPTED)
async def test_each_scripted_id_gives_its_verdict_in_portuguese(mode: Mode, name: str) -> None:
    """With BOT_LANGUAGE=pt-BR the whole card is in Portuguese."""
    async with playing(mode, bot_language="pt-BR") as bot:
        card = await bot.answer(f"SANDBOX-{name}")

    assert SCRIPTED[name].portuguese == heading(card)
    assert "*Próximo passo*" in seen(card)
    assert "*Resposta do gateway de testes: não é uma chamada real.*" in seen(card)


async def test_the_plain_text_of_a_card_is_a_sentence_with_id_verdict_and_next_step(
    bot: Scene,
) -> None:
    """Notifications and screen readers get all that matters."""
    card = await bot.answer("SANDBOX-BUSY")

    assert card.text.startswith(
        "Call SANDBOX-BUSY: The call did not go through: the line was busy. Next step: Have the"
    )


async def test_the_card_reads_verdict_then_next_step_then_facts_then_raw_result(
    bot: Scene,
) -> None:
    """The order is the one in which an agent needs it."""
    text = seen(await bot.answer("SANDBOX-BUSY"))

    marks = [
        "did not go through",
        "*Next step*",
        "IDMSG",
        "486 Busy Here",
        "failed:486",
        "RFC 3261",
    ]
    assert sorted(text.index(mark) for mark in marks) == [text.index(mark) for mark in marks]


async def test_a_short_call_is_not_taken_for_a_heard_message(bot: Scene) -> None:
    """Three seconds are answered, but the advice is to treat the message as not heard."""
    card = await bot.answer("SANDBOX-SHORT")

    assert "Treat the message as not heard." in seen(card)


@pytest.mark.parametrize("code", GATEWAY_CODES)
async def test_a_gateway_error_brings_a_report_to_copy(mode: Mode, code: str) -> None:
    """The report holds contact, code, reason, id and time, so that nobody must ask again."""
    reason, contact = GATEWAY_CODES[code]
    contacts: dict[str, Any] = {
        "bot_support_contact": "Ops",
        "gateway_support_contact": "gw@example.com",
    }

    async with playing(mode, **contacts) as bot:
        card = await bot.answer(f"SANDBOX-{code}")

    to, answered, idmsg, time, raw = copied(card).split("\n")
    verdict = f"🔧 The gateway gave no status (code {code}): {reason}."
    assert ("🔍 IDMSG not found (code 023)." if code == "023" else verdict) == heading(card)
    assert f"To: {contact}" == to
    assert f"MPG_Status_Voice answered {code}: {reason}." == answered
    assert f"IDMSG: SANDBOX-{code}" == idmsg
    assert time.startswith("Time: 2")
    assert time.endswith("(America/Sao_Paulo)")
    assert f"Gateway's answer: {code}" == raw


async def test_the_report_to_copy_speaks_portuguese(mode: Mode) -> None:
    """Suporte Mobi Pronto gets the report in Portuguese from a Portuguese bot."""
    async with playing(mode, bot_language="pt-BR") as bot:
        card = await bot.answer("SANDBOX-850")

    first, second, *_ = copied(card).split("\n")
    assert "Para: Suporte Mobi Pronto" == first
    assert "MPG_Status_Voice respondeu 850: falha no próprio gateway." == second


async def test_an_addressee_stands_without_article_and_with_one_colon(mode: Mode) -> None:
    """In Portuguese the name follows a label, and a contact stands in brackets behind it."""
    contacts: dict[str, Any] = {"gateway_support_contact": "gw@example.com"}
    async with playing(mode, bot_language="pt-BR", **contacts) as bot:
        card = await bot.answer("SANDBOX-FAULT-server")

    assert "Para: suporte do gateway (gw@example.com)" == copied(card).split("\n")[0]
    assert "Texto pronto para copiar. Destinatário: suporte do gateway (gw@example.com)" in seen(
        card
    )
    assert "Quem resolve: o suporte do gateway (gw@example.com)" in seen(card)


async def test_a_report_of_an_unreadable_answer_names_no_code(bot: Scene) -> None:
    """There is none, and nothing stands in its place."""
    card = await bot.answer("SANDBOX-FAULT-unsafe-text")

    to, answered, *_, raw = copied(card).split("\n")
    assert "To: the gateway's support" == to
    assert "MPG_Status_Voice gave an answer in no known form." == answered
    assert raw.startswith("Gateway's answer: ")


async def test_who_resolves_it_is_named_unless_it_is_the_reader_or_nobody(bot: Scene) -> None:
    """The next step of an answered or pending call is left to itself."""
    resolved = {
        name: [line for line in seen(await bot.answer(f"SANDBOX-{name}")).split("\n")
               if line.startswith("Who resolves it")]
        for name in ("BUSY", "850", "OK", "FOREVER", "023", "failed.200")
    }  # fmt: skip

    assert {
        "BUSY": ["Who resolves it: whoever sent the message"],
        "850": ["Who resolves it: the gateway's support"],
        "OK": [],
        "FOREVER": [],
        "023": [],
        "failed.200": [],
    } == resolved


async def test_a_call_outcome_has_nothing_to_copy(bot: Scene) -> None:
    """The report is for errors; a failed call is a good answer."""
    card = await bot.answer("SANDBOX-BUSY")

    assert "" == copied(card)


async def test_a_contact_with_markup_is_shown_as_it_is_written(mode: Mode) -> None:
    """An operator's contact such as "Ops <ops@example.com>" is never read as Slack's markup."""
    async with playing(mode, bot_support_contact="Ops <!here> <ops@example.com>") as bot:
        card = await bot.answer("SANDBOX-001")

    sections = [b["text"]["text"] for b in card.blocks if b["type"] == "section"]
    assert any("Ops &lt;!here&gt; &lt;ops@example.com&gt;" in text for text in sections)


async def test_a_final_answer_is_kept_and_says_so(bot: Scene) -> None:
    """The second question for an answered call does not reach the gateway."""
    await bot.answer("SANDBOX-OK")
    card = await bot.answer("SANDBOX-OK")

    assert ["SANDBOX-OK"] == bot.asked
    assert "saved from that look-up, because it is final" in seen(card)


async def test_a_pending_call_is_asked_for_each_time(bot: Scene) -> None:
    """024 is never kept."""
    await bot.answer("SANDBOX-FOREVER")
    await bot.answer("SANDBOX-FOREVER")

    assert ["SANDBOX-FOREVER"] * 2 == bot.asked
