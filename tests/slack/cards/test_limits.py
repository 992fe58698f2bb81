"""Properties: for any input from users and the gateway, Slack takes the messages.

Slack interprets no part of the input as a mention or a link; typed text is shown unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import Asker, Refusal
from bot.domain.alerts import Alert, Trouble
from bot.domain.call_status import COUNTED, Answer, read_result
from bot.domain.gateway_health import GatewayHealth
from bot.domain.input.found_ids import find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import MAX_IDS, DidYouMean, LookUp, TooMany, parse_query
from bot.domain.jobs.watch import Bound, Watch
from bot.domain.texts.catalog import Catalog, Language
from bot.domain.texts.dictionary import find
from bot.fake_slack.rules.block_rules import Surface as Judged
from bot.fake_slack.rules.block_rules import problems_of_blocks
from bot.services.records import Surface
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import (
    Message,
    context,
    escape,
    header,
    message,
    plain_text,
    section,
)
from bot.slack.blocks.plainer import plainer
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.slack.bulk.notes import too_many
from bot.slack.cards.buttons import Action, buttons
from bot.slack.cards.controls import (
    Origin,
    answer,
    asking,
    audience_of,
    ids_of,
    origin_of,
    typed_ids,
)
from bot.slack.cards.details import customer_texts, details
from bot.slack.cards.notes import Notes, definitions_card
from bot.slack.cards.status_card import card
from bot.slack.home.page import home
from bot.slack.lookups.messages import (
    admins_only,
    channel_language,
    did_you_mean,
    first_answer,
    health_note,
    help_note,
    shared_note,
    whoami_note,
)
from bot.slack.replies.admin_alerts import alert_note
from bot.slack.replies.requests import broken, closing
from bot.slack.watches.notes import listed, started, stopped
from bot.slack.watches.notifier import notice, status_of
from bot.storage.records import RecentLookup
from tests.slack.judging import (
    ANY_TEXT,
    NOW,
    SHORT_TEXT,
    ZONE,
    accepted,
    answers,
    moments,
    notes,
    some_ids,
    styles,
    taken,
    taken_view,
    watches,
)
from tests.support.reading import row_of
from tests.support.wording import EN, PT

CATALOGS: Final = (EN, PT)
HINTS: Final = tuple(
    f"hint.{name}" for name in ("invite", "thread_gone", "archived", "closed", "busy", "not_taken")
)
NOTES: Final[Sequence[Callable[[Notes], Message]]] = (
    *(help_note, first_answer, admins_only, closing),
    *(lambda notes, name=name: notes.hint(name) for name in HINTS),
    *(lambda notes, reason=reason: notes.refused(reason) for reason in Refusal),
    *(lambda notes, chosen=chosen: channel_language(chosen, notes) for chosen in CATALOGS),
    lambda notes: notes.note("language.chosen"),
    lambda notes: notes.note("language.not_kept", "language.still"),
    lambda notes: notes.note("language.unknown"),
    lambda notes: notes.note("working.title", "working.text", count=10),
    lambda notes: notes.note("working.shared_already"),
    lambda notes: help_note(notes).and_then(notes.hint("hint.late")),
    lambda notes: broken("0a1b2c3d", notes),
)


@given(text=st.text(min_size=1, max_size=9).filter(str.strip), times=st.integers(1, 900))
def test_every_block_cuts_what_is_too_long_for_it(text: str, times: int) -> None:
    """The builders enforce the limits, for any length of text and any number of elements."""
    free = text * times
    blocks = [header(free), section(escape(free)), context([escape(free)] * 12)]

    accepted(message(free, blocks * 20))


@given(several=st.lists(answers, min_size=1, max_size=10), style=styles)
def test_any_answers_give_a_card_and_what_its_buttons_open(
    several: list[Answer], style: CardStyle
) -> None:
    """One to ten ids: any result, any error, any contact, private or shared."""
    taken(card(several[:1], style))
    taken(card(several, style))
    taken(customer_texts(several, style, style.catalog, CATALOGS))
    taken(details(several, style))


@given(answer=answers, public=st.booleans(), catalog=st.sampled_from(CATALOGS))
def test_no_card_holds_a_character_that_hides_or_reorders(
    answer: Answer, catalog: Catalog, *, public: bool
) -> None:
    """The gateway's text cannot reorder the card on screen."""
    style = CardStyle(catalog=catalog, contacts=Contacts(), zone=ZONE)
    style = style.read_by(Audience.PUBLIC) if public else style

    shown = str(card([answer], style).blocks)

    assert [] == [mark for mark in "\u202e\u2066\u200f\x00\x1b" if mark in shown]


@pytest.mark.parametrize("catalog", CATALOGS, ids=["en", "pt-BR"])
def test_the_card_of_every_sip_code_fits(catalog: Catalog) -> None:
    """Listed or not, as failed and as blocked; no heading is truncated."""
    style = CardStyle(catalog=catalog, contacts=Contacts(), zone=ZONE)
    odd = []
    for result in (f"{word}:{code}" for word in ("failed", "blocked") for code in range(100, 700)):
        made = Answer(message_id=MessageId("A"), finding=read_result(result), checked_at=NOW)
        blocks = card([made], style).blocks
        problems = problems_of_blocks(list(blocks), Judged.MESSAGE)
        if problems or "…" in blocks[0]["text"]["text"]:
            odd.append((result, problems))

    assert [] == odd


def remarks_on(text: str, speaker: Notes, answer: Answer) -> list[Message]:
    """The remarks on a typed text."""
    query = parse_query(plain_text(text))
    match query:
        case LookUp(ids=()):
            return [speaker.nothing_valid(query)]
        case LookUp():
            remarks = speaker.bad_words(query)
            return [card([answer], speaker.style, remarks), shared_note(remarks, speaker)]
        case TooMany():
            return [too_many(query, speaker, "U1")]
        case DidYouMean():
            return [did_you_mean(query, speaker)]
        case _:
            return [first_answer(speaker)]


# As Slack sends it: typed text is escaped, Slack's own markup is not.
ODD: Final = (
    *("<!channel>", "&lt;!channel&gt;", "`<!channel>`", "id:<!channel>", "x<!here>y"),
    *("x&lt;!here&gt;y", "<@U0BRUNO0001>", "<#C0SUPPORT01|support>", "<!subteam^S1|@team>"),
    *("```<!everyone>```", "<!channel> share", f"&lt;!channel&gt;{'x' * 60}", "*bold*_it_~no~"),
    *("a`b`c", "@channel", "failed:`<!channel>`", "ok:\u202e9", "error:```x```"),
    *("x" * 4_000, "word " * 800, "<" * 4_000, "&lt;" * 1_000, "`" * 4_000, "🧑‍🚀" * 1_000),
    *("+55 (11) 98765-4321 " * 200, "\x00\n" * 2_000, "&amp;" * 700),
    *(f"SAND{sign}BOX" for sign in "\x00\x1b\x07\x7f\u202e\u2067"),
    *(f"{mark}SANDBOX-BUSY{mark}" for mark in "\u200f\u200e\u061c"),
)


@pytest.mark.parametrize("catalog", CATALOGS, ids=["en", "pt-BR"])
def test_what_is_said_to_odd_texts_rings_nobody_and_hides_nothing(catalog: Catalog) -> None:
    """Markup, long junk, invisible characters; as a question and as a term."""
    speaker = Notes(CardStyle(catalog=catalog, contacts=Contacts(), zone=ZONE), "/voicestatus")
    made = Answer(message_id=MessageId("A"), finding=read_result("ok:9"), checked_at=NOW)
    for text in ODD:
        definitions = definitions_card(find(plain_text(text), catalog), speaker, assumed=True)
        for note in (*remarks_on(text, speaker, made), definitions):
            taken(note)
            shown = f"{note.text} {note.blocks}"
            assert not set("\x00\x1b\x07\x7f\u202e\u2067\u200f\u200e\u061c") & set(shown), text
            assert len(note.text) <= 3_500


@given(text=ANY_TEXT, answer=answers, speaker=notes)
def test_any_typed_text_gives_notes_that_are_taken(
    text: str, answer: Answer, speaker: Notes
) -> None:
    """As a question, a term, a language or a message."""
    problem = speaker.modal_problem(parse_query(text))

    for note in remarks_on(text, speaker, answer):
        taken(note)
    taken(definitions_card(find(text, speaker.style.catalog), speaker, assumed=True))
    assert len(problem) <= 300
    assert "\n" not in problem
    assert all(isinstance(one, MessageId) for one in find_ids([text]).ids)


@given(speaker=notes)
def test_every_fixed_note_is_taken(speaker: Notes) -> None:
    """In both languages, with any contact and any command name."""
    for note in NOTES:
        taken(note(speaker))


@given(speaker=notes, user=SHORT_TEXT, channel=SHORT_TEXT, admin=st.booleans())
def test_whoever_asks_is_told_who_they_are(
    speaker: Notes, user: str, channel: str, *, admin: bool
) -> None:
    """Ids that Slack never issued are shown unchanged."""
    asker = Asker(user=user, channel=channel, team="T1", external=False)

    for reason in (None, *Refusal):
        taken(whoami_note(asker, reason, speaker, admin=admin))


@given(code=SHORT_TEXT, detail=ANY_TEXT, command=SHORT_TEXT, style=styles)
def test_every_note_about_the_gateway_is_taken(
    code: str, detail: str, command: str, style: CardStyle
) -> None:
    """The `health` note and the alerts to admins."""
    failing = GatewayHealth(since=NOW, last_failure=NOW, last_error="timeout")
    down = replace(failing, down_since=NOW, paused_until=NOW, last_answer=NOW)
    well = GatewayHealth(since=NOW, last_answer=NOW, recovered_at=NOW)

    for health in (failing, down, well):
        taken(health_note(health, style))
    for trouble in Trouble:
        taken(alert_note(Alert(trouble=trouble, code=code, detail=detail), Notes(style, command)))


@given(
    watch=watches,
    style=styles,
    why_here=st.sampled_from(["", "moved", "gone"]),
    link=st.sampled_from(["", "https://example.slack.com/archives/C1/p1?thread_ts=1.1&cid=C1"]),
    copies=st.integers(1, 10),
)
def test_any_notice_is_one_that_slack_takes(
    watch: Watch, style: CardStyle, why_here: str, link: str, copies: int
) -> None:
    """For every ending and audience; in a thread it mentions only the asker."""
    several = [replace(watch, id=f"{number:016x}") for number in range(copies)]
    shown = notice(several, style, [link] * copies, why_here=why_here)
    rings = f"<@{watch.user}>" if style.public else "nobody"

    assert rings in shown.text or not style.public
    accepted(quiet(shown, rings))
    if watch.last is not None:
        accepted(status_of(watch, watch.last, style))


@given(several=st.lists(watches, max_size=60), speaker=notes, most=st.integers(1, 10**6))
def test_any_note_about_watches_is_one_that_slack_takes(
    several: list[Watch], speaker: Notes, most: int
) -> None:
    """Started, watched already, too many, stopped; and lists of any length."""
    ten, bounds = several[:10], set(Bound) - {Bound.DAY}
    outcomes: list[StartOutcome] = [
        *(Started(watch=one) for one in ten),
        *(AlreadyWatched(watch=one) for one in ten),
        *(NoRoom(message_id=one.message_id, bound=b, most=most) for one in ten for b in bounds),
    ]
    accepted(started(outcomes, speaker, "U1"))
    accepted(stopped(ten, speaker))
    accepted(speaker.titled("watch.not_kept"))
    accepted(quiet(listed(several, speaker, stopped(ten, speaker)), "<#C1>"))


def quiet(shown: Message, rings: str) -> Message:
    """The message without its intended mentions and names."""
    return Message(
        text=shown.text.replace(rings, ""),
        blocks=tuple(json.loads(json.dumps(shown.blocks).replace(rings, "x"))),
    )


@given(
    ids=st.lists(some_ids, min_size=1, max_size=10),
    style=styles,
    shared_by=ANY_TEXT,
)
def test_any_ids_fit_into_buttons_and_come_back_whole(
    ids: list[MessageId], style: CardStyle, shared_by: str
) -> None:
    """Up to ten of forty characters; and the beginning of the sharer's name."""
    style = replace(style, shared_by=shared_by)
    block = buttons(ids, style, Action, "U1")
    row = row_of(Message(text="x", blocks=(block,)))

    accepted(Message(text="x", blocks=(block,)))
    assert [tuple(ids)] * len(row) == [ids_of(one["value"]) for one in row.values()]
    found, name = audience_of(block["block_id"])
    assert (style.audience, True) == (found, shared_by.startswith(name))


@given(block_id=st.none() | st.integers() | SHORT_TEXT | SHORT_TEXT.map("card_actions:{}".format))
def test_any_block_id_names_a_row_or_none(block_id: object) -> None:
    """For any value in a click."""
    audience, name = audience_of(block_id)

    assert audience is None or audience in Audience
    assert isinstance(name, str)


@given(
    style=styles,
    found=st.lists(SHORT_TEXT, max_size=40),
    why=st.sampled_from(["many", "doubtful", "none"]),
)
def test_any_words_that_were_found_fill_a_modal_that_is_taken(
    style: CardStyle, found: list[str], why: str
) -> None:
    """The modal that asks, with a remark on the ids found in the message."""
    origin = Origin(surface=Surface.MESSAGE_SHORTCUT, channel="C1", thread_ts="1.2", begins=True)
    remark = style.catalog.say(f"modal.{why}", count=len(found), limit=MAX_IDS)
    view = asking(style.catalog, origin, found=found, remark=remark)

    taken_view(view, Judged.MODAL)
    assert origin == origin_of(view)
    for plain in plainer({"view": view}):
        taken_view(plain["view"], Judged.MODAL)


@given(several=st.lists(answers, min_size=1, max_size=10), style=styles, text=ANY_TEXT)
def test_any_answer_gives_a_modal_that_is_taken(
    several: list[Answer], style: CardStyle, text: str
) -> None:
    """The card with its buttons, with remarks on other words, and its plain-text fallback."""
    query = parse_query(text)
    speaker = Notes(style, "/voicestatus")
    remarks = speaker.bad_words(query) if isinstance(query, LookUp) else ()
    view = answer(style.catalog, card(several, style, remarks, "U1"))

    taken_view(view, Judged.MODAL)
    (plain,) = plainer({"view": view})
    taken_view(plain["view"], Judged.MODAL)


@given(
    style=styles,
    recent=st.lists(
        st.builds(
            RecentLookup,
            team=st.just("T1"),
            user=st.just("U1"),
            idmsg=st.text(max_size=40) | SHORT_TEXT,
            outcome=st.sampled_from(COUNTED),
            at=moments,
        ),
        max_size=10,
    ),
    waiting=st.lists(watches, max_size=60),
    chosen=st.none() | st.sampled_from(Language),
)
def test_any_page_is_taken(
    style: CardStyle, recent: list[RecentLookup], waiting: list[Watch], chosen: Language | None
) -> None:
    """With any look-ups and watches, in both languages, and with the plain-text fallback."""
    view = home(Notes(style, "/voicestatus"), recent=recent, watches=waiting, chosen=chosen)

    taken_view(view, Judged.HOME)
    (plain,) = plainer({"view": view})
    taken_view(plain["view"], Judged.HOME)


@given(
    view=st.dictionaries(
        st.sampled_from(["state", "private_metadata", "blocks"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["values", "ids", "ids_text", "value"]), inner, max_size=3
                )
            ),
            max_leaves=10,
        ),
    )
)
def test_any_submission_gives_a_text_and_an_origin(view: dict[str, Any]) -> None:
    """Malformed payloads raise no error."""
    assert isinstance(typed_ids(view), str)
    assert isinstance(origin_of(view), Origin)


def test_the_judges_refuse_what_slack_refuses() -> None:
    """The check notices a mention in a section, so these properties can fail."""
    ringing = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}

    with pytest.raises(AssertionError):
        accepted(Message(text="x", blocks=(ringing,)))
