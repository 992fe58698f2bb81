"""The card of a look-up: what to do next, the facts, the buttons; calls that ended alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.call_status import Answer, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import explain
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.slack.cards.details import details
from bot.slack.cards.status_card import card
from tests.slack.judging import NOW, ZONE
from tests.support.reading import row_of, texts
from tests.support.wording import EN, say, verdict

STYLE = CardStyle(catalog=EN, contacts=Contacts(), zone=ZONE)


def answers(*results: str) -> list[Answer]:
    """One call for each result, `A0` and so on; `!code` is a failed look-up."""
    return [
        Answer(
            message_id=MessageId(f"A{number}"),
            finding=LookupFailure(error=one[1:]) if one[0] == "!" else read_result(one),
            checked_at=NOW,
        )
        for number, one in enumerate(results)
    ]


def made(*results: str, audience: Audience = Audience.PRIVATE, **more: Any) -> Message:
    """The card of these results with its buttons."""
    return card(answers(*results), STYLE.read_by(audience), reader="U1", **more)


def primary(shown: Message) -> list[str]:
    """The buttons that stand out."""
    return [name for name, one in row_of(shown).items() if one.get("style") == "primary"]


@pytest.mark.parametrize(
    ("results", "offered"),
    [
        (["failed:486"], "customer share details"),
        (["ok:85"], "customer share details"),
        # Ended, but the code may still come.
        (["failed:"], "customer share details refresh"),
        (["024"], "watch share customer details refresh"),
        (["023"], "watch share customer details refresh"),
        (["850"], "refresh share customer details"),
        (["!timeout"], "refresh share customer details"),
        # Nothing changes before somebody has acted.
        (["001"], "customer share details refresh"),
        (["!tls"], "customer share details refresh"),
        (["024", "024"], "watch share customer details refresh"),
        (["850", "!timeout"], "refresh share customer details"),
        (["ok:85", "024"], "customer share details watch refresh"),
        (["ok:85", "!timeout"], "customer share details refresh"),
    ],
)
def test_the_first_button_is_the_next_step(results: list[str], offered: str) -> None:
    """The only one that stands out; another look is offered only where one can change anything."""
    shown = made(*results)

    assert offered.split() == [*row_of(shown)]
    assert offered.split()[:1] == primary(shown)


def test_what_is_watched_is_not_offered_to_be_watched() -> None:
    """The reply to the customer is next."""
    assert ["customer", "share", "details", "refresh"] == [*row_of(made("024", watched=True))]


@pytest.mark.parametrize(
    ("result", "advice"), [("024", "advice.still_pending"), ("023", "advice.still_unknown")]
)
def test_what_is_or_was_watched_is_not_advised_to_be_watched(result: str, advice: str) -> None:
    """Neither in the card, nor in its plain text; what is final keeps its advice."""
    for shown in (made(result, watched=True), made("failed:486", watched=True)):
        final = explain(read_result("failed:486"), EN).entry.advice
        wanted = say(advice) if shown == made(result, watched=True) else final
        assert shown.text.endswith(wanted)
        assert wanted in texts(shown.blocks[1])


@pytest.mark.parametrize(
    ("audience", "buttons"),
    [
        (Audience.PRIVATE, ["card_watch", "card_share", "card_more"]),
        (Audience.MODAL, ["card_watch", "card_share", "card_more"]),
        (Audience.DIRECT, ["card_watch", "card_share", "card_more"]),
        # A menu cannot be hidden from others.
        (Audience.PUBLIC, ["card_watch", "card_customer", "card_details", "card_refresh"]),
    ],
)
def test_the_rest_is_in_a_menu_where_nobody_else_sees_it(
    audience: Audience, buttons: list[str]
) -> None:
    """There is no button to share with those who see the card."""
    row = made("024", audience=audience).blocks[-1]["elements"]

    assert buttons == [one["action_id"] for one in row]


def test_ids_that_are_too_long_for_a_menu_are_on_buttons() -> None:
    """An option has room for 150 characters, and names what ids have in common once."""
    alike = [f"MPG0002361804{number}" for number in range(10, 20)]
    unlike = [f"{number}{'X' * 39}" for number in range(10)]
    shown = [
        card([replace(one, message_id=MessageId(idmsg)) for idmsg in ids], STYLE, reader="")
        for one in answers("ok:9")
        for ids in (alike, unlike)
    ]

    assert ["overflow", "button"] == [one.blocks[-1]["elements"][-1]["type"] for one in shown]
    assert [alike, unlike] == [json.loads(row_of(one)["details"]["value"]) for one in shown]


@pytest.mark.parametrize(
    ("result", "start", "end"),
    [
        ("failed:486", "`A0` · 486 Busy Here · ", " · `failed:486`"),
        # The word decides, not the code.
        ("machine:200", "`A0` · <!date", " · `machine:200`"),
        ("blocked:183", "`A0` · <!date", " · `blocked:183`"),
        ("850", "`A0` · <!date", " · `850`"),
        ("!timeout", "`A0` · <!date", " · `timeout`"),
        ("a`<!here>", "`A0` · <!date", " · `a'&lt;!here&gt;`"),
        ("  ", "`A0` · <!date", ">"),
    ],
)
def test_the_facts_are_one_line_that_ends_with_the_raw_word(
    result: str, start: str, end: str
) -> None:
    """The id first; a SIP code only if it explains the call."""
    facts = [one for one in made(result).blocks if one["type"] == "context"]
    (line,) = texts(facts)

    assert line.replace(f"{say('card.checked', when='<')}"[:-1], "").startswith(start)
    assert line.endswith(end)


@pytest.mark.parametrize("result", ["failed:486", "ok:85", "850", "024", "!timeout"])
def test_the_plain_text_says_the_verdict_and_the_next_step(result: str) -> None:
    """No more, since notifications and screen readers begin with it."""
    explanation = explain(answers(result)[0].finding, EN)

    assert f"{explanation.headline}. {explanation.entry.advice}" == made(result).text
    assert [verdict(result), explanation.entry.advice] == [*texts(made(result).blocks)][:2]


def test_the_advice_names_the_configured_contacts() -> None:
    """The contact stands for the gateway's support, and beside the admins."""
    named = Contacts(bot="#help", gateway="Suporte <X>")
    style = CardStyle(catalog=EN, contacts=named, zone=ZONE)
    support, admins = (
        [*texts(card(answers(one), style).blocks)][1] for one in ("failed:403", "001")
    )

    assert "Suporte &lt;X&gt;" in support
    assert say("who.gateway") not in support
    assert f"{say('who.bot_admin')} (#help)" in admins


def test_calls_that_ended_alike_are_named_together() -> None:
    """The reason, the ids, one advice; a duration stands behind its id."""
    _, *groups, _, _ = made(
        "failed:486", "ok:85", "failed:486", "ok:3", "ok:30", "error:486"
    ).blocks
    shown = ["".join(texts(one)).split("\n") for one in groups]

    reasons = [
        verdict(one).partition(":")[0] for one in ("failed:486", "ok:85", "ok:3", "error:486")
    ]
    ids = ["A0, A2", "A1 (1 min 25 s), A4 (30 s)", "A3 (3 s)", "A5"]
    assert [f"{one}  {two}" for one, two in zip(reasons, ids, strict=True)] == [
        one[0] for one in shown
    ]


def test_a_list_says_of_an_advice_what_to_do_first() -> None:
    """Up to the semicolon; the rest is on the card of one call."""
    advice = EN.error("timeout").advice
    shown = "".join(texts(made("!timeout", "ok:9").blocks[1]))

    assert shown.endswith(f"\n{advice.partition(';')[0]}.")


def test_details_have_the_meaning_who_acts_and_each_source_once() -> None:
    """And what is unusual about the code."""
    shown = [*texts(details(answers("blocked:183"), STYLE).blocks)]
    explanation = explain(read_result("blocked:183"), EN)
    values = dict(zip(shown[1::2], shown[2::2], strict=False))

    assert f"{explanation.entry.meaning} {explanation.remarks[0]}" in values.values()
    assert say(f"who.{explanation.entry.who_acts}") in values.values()
    assert f"{explanation.entry.source}, {EN.sip(183).source}" in values.values()
