"""The command words, in both languages, and what is answered to text that is no question."""

from __future__ import annotations

from typing import Final

import pytest
from scene import Scene, heading, playing, seen

from bot.settings import Mode

# What is typed, the heading in English, the heading in Portuguese.
WORDS: Final = [
    ("help", "What happened to a call?", "O que aconteceu com a chamada?"),
    ("ajuda", "What happened to a call?", "O que aconteceu com a chamada?"),
    ("HELP", "What happened to a call?", "O que aconteceu com a chamada?"),
    ("", "What would you like to know?", "O que você quer saber?"),
    ("   ", "What would you like to know?", "O que você quer saber?"),
    ("share", "What would you like to know?", "O que você quer saber?"),
    ("explain 486", "486: the line was busy", "486: número ocupado"),
    ("explicar 486", "486: the line was busy", "486: número ocupado"),
    (
        "explain failed:486",
        "failed:486 · The call did not go through: the line was busy.",
        "failed:486 · A chamada não foi completada: número ocupado.",
    ),
    (
        "failed:486",
        "failed:486 · The call did not go through: the line was busy.",
        "failed:486 · A chamada não foi completada: número ocupado.",
    ),
    ("sip:486", "486: the line was busy", "486: número ocupado"),
    (
        "explain error:timeout",
        "timeout: the gateway took too long to reply",
        "timeout: o gateway demorou demais para responder",
    ),
    ("IDMSG", "What would you like to know?", "O que você quer saber?"),
    (
        "explain 023",
        "023: the gateway does not know this IDMSG",
        "023: o gateway não conhece este IDMSG",
    ),
    ("explain", "What would you like to know?", "O que você quer saber?"),
    ("explain xyzzy", "Nothing found for “xyzzy”", "Nada encontrado para “xyzzy”"),
    ("whoami", "What you may do here", "O que você pode fazer aqui"),
    ("quemsou", "What you may do here", "O que você pode fazer aqui"),
    ("health", "How the gateway has been answering", "Como o gateway tem respondido"),
    ("saúde", "How the gateway has been answering", "Como o gateway tem respondido"),
    ("hlep", "Did you mean “help”?", "Você quis dizer “help”?"),
    ("expain 486", "Did you mean “explain 486”?", "Você quis dizer “explain 486”?"),
]


@pytest.mark.parametrize(("typed", "english", "portuguese"), WORDS, ids=[w[0] for w in WORDS])
async def test_each_word_is_answered_without_the_gateway(
    bot: Scene, typed: str, english: str, portuguese: str
) -> None:
    """The asker alone gets the note; after `lang pt` the same in Portuguese."""
    note = await bot.answer(typed)
    await bot.answer("lang pt")
    nota = await bot.answer(typed)

    assert english == heading(note)
    assert portuguese == heading(nota)
    assert note.ephemeral
    assert [] == bot.gateway_requests


async def test_help_names_every_command_and_where_an_idmsg_is_found(bot: Scene) -> None:
    """Everything that can be typed stands in one note."""
    text = seen(await bot.answer("help"))

    words_of_help = ("IDMSG", "IDMSG share", "IDMSG watch", "watches", "explain 486", "lang pt")
    for words in (*words_of_help, "whoami", "health"):
        assert f"`/voicestatus {words}`" in text
    assert "*Where is the IDMSG?*" in text
    assert "Em português: `/voicestatus idioma pt`" in text


async def test_help_in_portuguese_shows_the_way_to_english(mode: Mode) -> None:
    """Who does not read the language of the bot finds one line in their own."""
    async with playing(mode, bot_language="pt-BR") as bot:
        text = seen(await bot.answer("ajuda"))

    assert "In English: `/voicestatus lang en`" in text


async def test_help_uses_the_name_that_the_command_has(bot: Scene) -> None:
    """The operator may have given the command another name in the manifest."""
    await bot.person.command("/status-da-voz", "help")
    note = await bot.slack.wait_for_message()

    assert "`/status-da-voz IDMSG`" in seen(note)
    assert "/voicestatus" not in seen(note)


async def test_help_names_the_contact_of_the_operator(mode: Mode) -> None:
    """BOT_SUPPORT_CONTACT stands at the end of the help."""
    async with playing(mode, bot_support_contact="#help-voice <@U1>") as bot:
        note = await bot.answer("help")

    assert "Questions about this bot: #help-voice &lt;@U1&gt;" in seen(note)


async def test_explain_gives_meaning_next_step_and_source(bot: Scene) -> None:
    """The dictionary's entry is whole."""
    text = seen(await bot.answer("explain 486"))

    assert "The called side reported busy: the line was in use" in text
    assert "*Next step*\nHave the sender call again in 10 to 30 minutes." in text
    assert "Who resolves it: whoever sent the message\nCalling again later makes sense." in text
    assert "SIP code 486 Busy Here" in text
    assert "Source: RFC 3261 §21.4.24" in text


@pytest.mark.parametrize(
    ("typed", "language"), [("explain busy", "en"), ("explicar ocupado", "pt")]
)
async def test_explain_finds_words_of_the_language(bot: Scene, typed: str, language: str) -> None:
    """A word finds entries, at most five of them."""
    await bot.answer(f"lang {language}")
    note = await bot.answer(typed)

    headers = [block for block in note.blocks if block["type"] == "header"]
    assert "486" in " ".join(block["text"]["text"] for block in headers)
    assert len(headers) in range(1, 6)


async def test_did_you_mean_tells_how_to_force_an_id(bot: Scene) -> None:
    """Somebody whose IDMSG looks like a slip is not left without a way."""
    text = seen(await bot.answer("hlep"))

    assert "`/voicestatus help`" in text
    assert "`/voicestatus id:hlep`" in text


async def test_did_you_mean_suggests_the_whole_line(bot: Scene) -> None:
    """It can be typed as it stands."""
    text = seen(await bot.answer("expain caixa postal"))

    assert "`/voicestatus explain caixa postal`" in text


async def test_a_language_is_chosen_for_one_person_only(bot: Scene) -> None:
    """The other person keeps the language of the bot."""
    chosen = await bot.answer("idioma pt")
    mine = await bot.answer("help")
    theirs = await bot.answer("help", user="U0BRUNO0001")

    assert heading(chosen).startswith("A partir de agora respondo a você em português")
    assert "O que aconteceu com a chamada?" == heading(mine)
    assert "What happened to a call?" == heading(theirs)


async def test_a_shared_card_keeps_the_language_of_the_channel(bot: Scene) -> None:
    """A person's own choice does not decide what the whole channel reads."""
    await bot.answer("lang pt")
    card = await bot.answer("SANDBOX-OK share")

    assert heading(card).startswith("✅ The call was answered")


@pytest.mark.parametrize(
    ("typed", "said"),
    [("lang", "I am answering you in English."), ("lang xx", "I speak English and Portuguese.")],
)
async def test_lang_without_a_language_says_how(bot: Scene, typed: str, said: str) -> None:
    """Nothing changes, and both ways are shown."""
    note = await bot.answer(typed)

    assert heading(note).startswith(said)
    assert "`/voicestatus lang pt`" in heading(note)


async def test_health_tells_the_last_answer_and_the_last_failure(bot: Scene) -> None:
    """Before any question, after an answer, after a failure."""
    before = seen(await bot.answer("health"))
    await bot.answer("SANDBOX-OK")
    good = seen(await bot.answer("health"))
    await bot.answer("SANDBOX-EMPTY")
    bad = seen(await bot.answer("health"))

    assert 3 == len({before, good, bad})
    assert "the gateway replied without a result" in bad
    assert "Before that, the gateway answered <!date^" in bad


async def test_whoami_shows_the_ids_that_an_admin_needs(mode: Mode) -> None:
    """The person's and the channel's id, and whether they are an admin."""
    async with playing(mode, admin_users="U0ANA000001") as bot:
        text = seen(await bot.answer("whoami"))

    assert "`U0ANA000001`" in text
    assert "`C0SUPPORT01`" in text
    assert "You are an admin of this bot." in text
