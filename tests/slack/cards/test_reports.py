"""The report to copy on a card: its addressee, and what others may read in it."""

from __future__ import annotations

import pytest

from bot.domain.call_status import Answer, Finding, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.texts.catalog import Kind
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.status_card import card
from tests.slack.judging import NOW, ZONE
from tests.support.reading import texts
from tests.support.wording import EN, say


def labels(finding: Finding) -> list[str]:
    """The labels above the texts to copy."""
    style = CardStyle(catalog=EN, contacts=Contacts(), zone=ZONE)
    made = card([Answer(message_id=MessageId("X-1"), finding=finding, checked_at=NOW)], style)
    return [
        next(texts(block["elements"]))
        for block in made.blocks
        if "rich_text_preformatted" in [part["type"] for part in block.get("elements", ())]
    ]


@pytest.mark.parametrize(
    ("finding", "to"),
    [
        # No one has to act, so the card has no report.
        (LookupFailure(error="busy"), ""),
        (read_result("024"), ""),
        # Only the agent can act, except for 023: the sender has the right IDMSG.
        (read_result("failed:200"), ""),
        (read_result("023"), say("who.sender")),
        (read_result("001"), say("who.bot_admin")),
        (read_result("850"), "Suporte Mobi Pronto"),
        (read_result("?"), say("who.gateway")),
        (LookupFailure(error="timeout"), say("who.gateway")),
        (LookupFailure(error="tls"), say("who.bot_admin")),
    ],
    ids=str,
)
def test_a_report_is_for_somebody_else_who_can_act(finding: Finding, to: str) -> None:
    """A card has no report if only the agent can act, or no one can."""
    assert ([say("card.copy_for", contact=to)] if to else []) == labels(finding)


def test_what_others_read_names_no_number_and_no_whole_id() -> None:
    """In no part of a card, nor in the text to copy; the asker's card shows all of it."""
    number, long_id = "5511987654321", "MPG0002361804740000000001"
    private = CardStyle(catalog=EN, contacts=Contacts(), zone=ZONE)
    for finding in map(read_result, ("023", "850", "failed:486", f"odd {number}")):
        for idmsg, hidden in ((number, "98765"), (long_id, long_id)):
            asked = [Answer(message_id=MessageId(idmsg), finding=finding, checked_at=NOW)]
            assert hidden not in str(card(asked, private.shared("ana")))
            assert hidden in str(card(asked, private))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("ana_souza", "ana_souza"), ("ana.s-1", "ana.s-1"), ("_ana_ b_", "ana b")),
        *(
            ("*ana* ~b~ `c`", "ana b c"),
            ("a\u202eb\nc", "a\ufffdb\ufffdc"),
            ("<!here>", "&lt;!here&gt;"),
        ),
    ],
)
def test_the_name_of_who_shared_a_card_is_only_a_name(name: str, shown: str) -> None:
    """Without markup, and without what hides or reorders the text beside it."""
    style = CardStyle(catalog=EN, contacts=Contacts(), zone=ZONE).shared(name)
    answer = Answer(message_id=MessageId("A1"), finding=read_result("023"), checked_at=NOW)

    (facts,) = texts(card([answer], style).blocks[-1])
    assert say("card.shared_by", user=shown) in facts.split(" · ")


def test_every_error_with_a_report_is_one_that_somebody_else_resolves() -> None:
    """No agent resolves a look-up error; for three of them, waiting is all that helps."""
    silent = [e.code for e in EN.of_kind(Kind.ERROR) if not labels(LookupFailure(error=e.code))]

    assert ["busy", "own_look_ups", "paused"] == silent
