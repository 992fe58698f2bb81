"""To whom a report to copy is addressed, and notes on codes that nobody asked to have explained."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from test_slack_card_limits import accepted

from bot.domain.call_status import read_result
from bot.domain.catalog import Kind, Language
from bot.domain.dictionary import find
from bot.domain.explanation import Finding, LookupFailure
from bot.domain.message_id import MessageId
from bot.locales import load_catalog
from bot.services.answers import Answer
from bot.slack.block_kit import Message
from bot.slack.cards import card
from bot.slack.notes import Notes
from bot.slack.style import CardStyle, Contacts

ENGLISH: Final = load_catalog(Language.ENGLISH)
STYLE: Final = CardStyle(catalog=ENGLISH, contacts=Contacts(), zone=ZoneInfo("UTC"))
NOTES: Final = Notes(STYLE, "/voicestatus")


def shown(finding: Finding) -> Message:
    """The card of a finding."""
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    return card([Answer(message_id=MessageId("X-1"), finding=finding, checked_at=now)], STYLE)


def addressed(finding: Finding) -> str:
    """The first line of the text to copy; empty where there is none."""
    for block in shown(finding).blocks:
        for element in block.get("elements", ()):
            if element["type"] == "rich_text_preformatted":
                text: str = element["elements"][0]["text"]
                return text.partition("\n")[0]
    return ""


@pytest.mark.parametrize(
    ("finding", "to"),
    [
        # Nobody acts, so nobody is written to.
        (LookupFailure(error="busy"), ""),
        (read_result("024"), ""),
        # The agent alone can mend it, but for 023: the sender has the right IDMSG.
        (read_result("failed:200"), ""),
        (read_result("023"), "To: whoever sent the message"),
        (read_result("001"), "To: the admins of this bot"),
        (read_result("850"), "To: Suporte Mobi Pronto"),
        (read_result("?"), "To: the gateway's support"),
        (LookupFailure(error="timeout"), "To: the gateway's support"),
        (LookupFailure(error="tls"), "To: the admins of this bot"),
    ],
    ids=str,
)
def test_a_report_is_for_somebody_else_who_can_act(finding: Finding, to: str) -> None:
    """Where the agent or nobody acts there is nothing to copy."""
    assert to == addressed(finding)


def test_every_error_with_a_report_is_one_that_somebody_else_resolves() -> None:
    """No error of a look-up is the agent's own; with two of them one can only wait."""
    silent = [
        e.code for e in ENGLISH.of_kind(Kind.ERROR) if not addressed(LookupFailure(error=e.code))
    ]

    assert ["busy", "paused"] == silent


@pytest.mark.parametrize(
    "term", ["failed:`<!channel>`", "failed:486 <@U1> & co", "ok:\u202e9", "error:```x```"]
)
def test_a_hostile_result_is_explained_without_effect(term: str) -> None:
    """The result is shown as it was typed, and nothing in it rings."""
    note = NOTES.definitions(find(term, ENGLISH), assumed=True)

    accepted(note)
    assert 1 == sum(block["type"] == "header" for block in note.blocks)
    assert "\u202e" not in str(note)


@pytest.mark.parametrize("assumed", [True, False])
def test_who_did_not_ask_for_an_explanation_learns_how_to_ask_for_the_call(assumed: bool) -> None:
    """One line says how the same word is looked up, and only then."""
    note = NOTES.definitions(find("failed:486", ENGLISH), assumed=assumed)
    line = "To look up an IDMSG that looks like a code, type `/voicestatus id:failed:486`."

    assert assumed is (line in str(note.blocks[-1]))
