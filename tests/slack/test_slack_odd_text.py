"""Text that is escaped, dressed, hostile or junk: answered, bounded and without any effect."""

from __future__ import annotations

from typing import Final

import pytest
from scene import Scene, heading, seen

RTL_OVERRIDE: Final = "\u202e"


@pytest.mark.parametrize(
    "typed",
    [
        "`SANDBOX-OK`",
        "“SANDBOX-OK”",
        "'SANDBOX-OK'",
        "\u00a0SANDBOX-OK\u00a0",
        "SANDBOX-OK,",
        "&lt;SANDBOX-OK&gt;",
        "<http://SANDBOX-OK|SANDBOX-OK>",
        "\u200bSANDBOX-OK\ufeff",
        "sandbox-ok",
        "id:SANDBOX-OK",
        "ID:SANDBOX-OK",
    ],
)
async def test_the_dress_of_an_id_is_taken_off(bot: Scene, typed: str) -> None:
    """Quotes, code marks, links, entities and blanks around an id change nothing."""
    card = await bot.answer(typed)

    assert heading(card).startswith("✅")
    assert ["SANDBOX-OK"] == [(idmsg or "").upper() for idmsg in bot.asked]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("A&amp;B", "A&B"), ("a&lt;b", "a<b"), ("&amp;ltx", "&ltx")],
)
async def test_entities_are_read_once_as_the_characters_they_stand_for(
    bot: Scene, typed: str, shown: str
) -> None:
    """What Slack escaped is asked for as it was typed, and shown so."""
    card = await bot.answer(typed)

    assert shown in seen(card).split("\n")


@pytest.mark.parametrize(
    "typed",
    [
        "<!channel>",
        "&lt;!channel&gt;",
        "`<!channel>`",
        "id:<!channel>",
        "x<!here>y",
        "x&lt;!here&gt;y",
        "<@U0BRUNO0001>",
        "<#C0SUPPORT01|support>",
        "<!subteam^S1|@team>",
        "```<!everyone>```",
        "explain <!channel>",
        "explain x&lt;!channel&gt;",
        "lang &lt;!channel&gt;",
        "<!channel> share",
        "x&lt;!channel&gt;y share",
        f"&lt;!channel&gt;{'x' * 60}",
        "*bold*_it_~no~",
        "a`b`c",
        "@channel",
    ],
)
async def test_markup_in_the_text_rings_nobody(bot: Scene, typed: str) -> None:
    """Whatever is typed comes back as plain characters; the scene checks that nothing rang."""
    note = await bot.answer(typed)

    assert "" != seen(note)
    assert [] == bot.slack.pings


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x07", "\x7f", RTL_OVERRIDE, "\u2067"])
async def test_a_hidden_character_in_an_id_is_refused_and_not_shown(bot: Scene, sign: str) -> None:
    """The word is named with a replacement mark, the person told to copy it again."""
    note = await bot.answer(f"SAND{sign}BOX")

    assert "a character that cannot be seen" in seen(note)
    assert sign not in f"{seen(note)}{note.text}"
    assert [] == bot.asked


@pytest.mark.parametrize("mark", ["\u200f", "\u200e", "\u061c"])
async def test_a_direction_mark_is_never_sent_nor_shown(bot: Scene, mark: str) -> None:
    """Right-to-left marks that come with a copied id reach neither the gateway nor the card."""
    note = await bot.answer(f"{mark}SANDBOX-BUSY{mark}")

    assert mark not in f"{seen(note)}{note.text}"


@pytest.mark.parametrize(
    "junk",
    [
        "x" * 4_000,
        "word " * 800,
        "<" * 4_000,
        "&lt;" * 1_000,
        "`" * 4_000,
        "🧑‍🚀" * 1_000,
        "+55 (11) 98765-4321 " * 200,
        "\x00\n" * 2_000,
        f"explain {'z' * 3_990}",
        f"lang {'&amp;' * 700}",
    ],
    ids=range(10),
)
async def test_four_thousand_characters_of_junk_are_answered(bot: Scene, junk: str) -> None:
    """The answer stays inside all of Slack's limits, which the strict Slack checks."""
    note = await bot.answer(junk)

    assert 3_501 > len(note.text)
    assert 1 == len(bot.slack.messages)
