"""Properties: whatever comes from wire and keyboard, a message stays inside Slack's limits.

Two judges that do not know the cards: the strict rules of the loopback Slack, and slack-sdk's own
block models.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.demo.loopback.ledger import Ledger
from bot.demo.loopback.message_rules import note_content, read_content
from bot.domain.access import Asker, Refusal
from bot.domain.call_status import CallStatus, Outcome, read_result
from bot.domain.catalog import Language
from bot.domain.dictionary import find
from bot.domain.explanation import Finding, LookupFailure
from bot.domain.gateway_health import GatewayHealth
from bot.domain.message_id import InvalidMessageIdError, MessageId
from bot.domain.query import DidYouMean, LookUp, TooMany, parse_query
from bot.gateway.errors import LEAVES
from bot.locales import load_catalog
from bot.services.alarm import Alert, Trouble
from bot.services.answers import Answer
from bot.slack.block_kit import Message, context, escape, header, message, section
from bot.slack.cards import card
from bot.slack.gateway_notes import alert_note, health_note
from bot.slack.mrkdwn import plain_text
from bot.slack.notes import Notes
from bot.slack.style import CardStyle, Contacts

NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
ZONE: Final = ZoneInfo("America/Sao_Paulo")
HOSTILE: Final = (
    "<!channel>",
    "<@U0BRUNO0001>",
    "`",
    "```",
    "*",
    "&",
    "&lt;",
    "\u202e",
    "🧑‍🚀",
    "\n",
)
# Any text; and often a text made of what Slack or a screen would act on.
ANY_TEXT: Final = st.text(max_size=4_000) | st.lists(st.sampled_from(HOSTILE)).map("".join)
SHORT_TEXT: Final = st.text(max_size=200) | st.lists(st.sampled_from(HOSTILE), max_size=9).map(
    "".join
)


def accepted(shown: Message) -> None:
    """Fail unless both judges take the message and nothing in it rings."""
    ledger = Ledger(lambda: 0.0)
    content = read_content({"text": shown.text, "blocks": list(shown.blocks)})
    note_content(ledger, "test", content)
    for block in Block.parse_all(list(shown.blocks)):
        block.validate_json()
        assert block.to_dict()["type"]
    assert [] == ledger.pings
    assert [] == ledger.warnings


def _message_id(text: str) -> MessageId | None:
    try:
        return MessageId(text)
    except InvalidMessageIdError:
        return None


ids = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(["<!channel>", "`<!here>`", "5511987654321", "<@U0BRUNO0001>", "a" * 40]),
).map(_message_id)
some_ids = ids.filter(lambda one: one is not None).map(lambda one: one or MessageId("A"))
statuses = st.one_of(
    ANY_TEXT.map(read_result),
    st.tuples(st.sampled_from(["failed", "error", "blocked", "machine"]), st.integers(0, 999)).map(
        lambda pair: read_result(f"{pair[0]}:{pair[1]:03d}")
    ),
    st.integers(0, 999).map(lambda code: read_result(f"{code:03d}")),
    st.tuples(st.integers(0, 999), ANY_TEXT).map(lambda p: read_result(f"{p[0]:03d} {p[1]}")),
    st.decimals(0, 10**8, allow_nan=False, places=2).map(
        lambda seconds: CallStatus(
            outcome=Outcome.ANSWERED, raw=f"ok:{seconds}", duration=Decimal(seconds)
        )
    ),
)
failures = st.builds(
    LookupFailure,
    error=st.sampled_from([leaf.code for leaf in LEAVES]),
    detail=st.text(alphabet=st.characters(categories=["L", "N"]), max_size=150),
)
findings: st.SearchStrategy[Finding] = statuses | failures
answers = st.builds(
    Answer,
    message_id=some_ids,
    finding=findings,
    checked_at=st.just(NOW),
    from_cache=st.booleans(),
    sandbox=st.booleans(),
)
styles = st.builds(
    CardStyle,
    catalog=st.sampled_from(list(Language)).map(load_catalog),
    contacts=st.builds(Contacts, bot=SHORT_TEXT, gateway=SHORT_TEXT),
    zone=st.just(ZONE),
    public=st.booleans(),
    shared_by=SHORT_TEXT,
)
notes = st.builds(Notes, styles, st.sampled_from(["/voicestatus", "/<!here>`x`"]))


@given(text=st.text(min_size=1, max_size=9).filter(str.strip), times=st.integers(1, 900))
def test_every_block_cuts_what_is_too_long_for_it(text: str, times: int) -> None:
    """The builders keep the limits themselves, however long the text and however many the parts."""
    free = text * times
    blocks = [header(free), section(escape(free)), context([escape(free)] * 12)]

    accepted(message(free, blocks * 20))


@given(answer=answers, style=styles)
def test_any_answer_gives_a_card_that_slack_takes(answer: Answer, style: CardStyle) -> None:
    """One id: any result, any error, any contact, private or shared."""
    accepted(card([answer], style))


@given(several=st.lists(answers, min_size=2, max_size=10), style=styles)
def test_any_ten_answers_give_a_list_that_slack_takes(
    several: list[Answer], style: CardStyle
) -> None:
    """Up to ten ids in one message."""
    accepted(card(several, style))


@given(text=ANY_TEXT, answer=answers, speaker=notes)
def test_any_typed_text_gives_a_note_that_slack_takes(
    text: str, answer: Answer, speaker: Notes
) -> None:
    """Whatever the grammar makes of the text, the note about it is taken."""
    query = parse_query(plain_text(text))
    match query:
        case LookUp(ids=()):
            accepted(speaker.nothing_valid(query))
        case LookUp():
            remarks = speaker.bad_words(query)
            accepted(card([answer], speaker.style, remarks))
            accepted(speaker.shared(remarks))
        case TooMany():
            accepted(speaker.too_many(query))
        case DidYouMean():
            accepted(speaker.did_you_mean(query))
        case _:
            accepted(speaker.usage())


@given(term=ANY_TEXT, speaker=notes)
def test_any_term_gives_an_explanation_that_slack_takes(term: str, speaker: Notes) -> None:
    """Found or not, in both languages."""
    accepted(speaker.definitions(find(term, speaker.style.catalog)))


@given(user=SHORT_TEXT, channel=SHORT_TEXT, wanted=ANY_TEXT, speaker=notes)
def test_every_other_note_is_one_that_slack_takes(
    user: str, channel: str, wanted: str, speaker: Notes
) -> None:
    """Help, refusals, languages, health and apologies."""
    asker = Asker(user=user, channel=channel)
    failing = GatewayHealth(since=NOW, last_failure=NOW, last_error="timeout")
    down = replace(failing, down_since=NOW, paused_until=NOW, last_answer=NOW)
    well = GatewayHealth(since=NOW, last_answer=NOW, recovered_at=NOW)
    style = speaker.style
    for note in (
        speaker.help(),
        *(speaker.refused(reason) for reason in Refusal),
        speaker.whoami(asker, None, admin=True),
        speaker.whoami(asker, Refusal.CHANNEL, admin=False),
        speaker.language_help(wanted),
        speaker.language_chosen(),
        *(health_note(health, style) for health in (failing, down, well)),
        *(
            alert_note(Alert(trouble=trouble, code=user, detail=wanted), style.catalog, channel)
            for trouble in Trouble
        ),
        speaker.working(1),
        speaker.working(10),
        speaker.broken("0123abcd"),
        speaker.closing(),
        speaker.cannot_watch(),
    ):
        accepted(note)


@given(answer=answers, style=styles)
def test_no_card_holds_a_character_that_hides_or_reorders(answer: Answer, style: CardStyle) -> None:
    """What the gateway sent cannot turn the card around on screen."""
    quiet = CardStyle(catalog=style.catalog, contacts=Contacts(), zone=ZONE, public=style.public)

    shown = str(card([answer], quiet).blocks)

    assert [] == [mark for mark in "\u202e\u2066\u200f\x00\x1b" if mark in shown]


@pytest.mark.parametrize("language", list(Language))
def test_the_card_of_every_sip_code_fits(language: Language) -> None:
    """Listed or not, as failed and as blocked; no verdict has to be cut."""
    style = CardStyle(catalog=load_catalog(language), contacts=Contacts(), zone=ZONE)
    for result in (f"{word}:{code}" for word in ("failed", "blocked") for code in range(100, 700)):
        made = Answer(message_id=MessageId("A"), finding=read_result(result), checked_at=NOW)
        shown = card([made], style)
        accepted(shown)
        assert "…" not in shown.blocks[0]["text"]["text"]


def test_the_judges_refuse_what_slack_refuses() -> None:
    """A ping in a section is noticed, so the properties above can fail."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}

    with pytest.raises(AssertionError):
        accepted(Message(text="x", blocks=(section,)))
