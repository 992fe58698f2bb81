"""Properties of what is no card: every note, modal, page and row of buttons is taken by Slack.

And nothing in them is interpreted: no mention, no link; what people typed is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View
from test_slack_card_limits import (
    ANY_TEXT,
    NOW,
    SHORT_TEXT,
    accepted,
    answers,
    notes,
    some_ids,
    styles,
    watches,
)

from bot.demo.loopback.block_rules import Surface as Judged
from bot.demo.loopback.view_rules import problems_of_view
from bot.domain.access import Asker, Refusal
from bot.domain.catalog import Language
from bot.domain.explanation import LookupFailure
from bot.domain.found_ids import find_ids
from bot.domain.message_id import MessageId
from bot.domain.query import MAX_IDS, LookUp, parse_query
from bot.domain.sums import COUNTED
from bot.domain.watch import Watch
from bot.gateway.errors import LEAVES
from bot.locales import load_catalog
from bot.services.answers import Answer
from bot.services.records import Surface
from bot.slack.block_kit import Message
from bot.slack.buttons import Row, buttons, ids_of, row_of
from bot.slack.card_extras import customer_texts, details
from bot.slack.cards import card
from bot.slack.home_page import Recent, home
from bot.slack.modals import Origin, answer, asking, origin_of, typed_ids
from bot.slack.notes import Notes
from bot.slack.plainer import plainer
from bot.slack.style import CardStyle

CATALOGS: Final = tuple(load_catalog(language) for language in Language)
NOBODY: Final = Asker(user="U1", channel="C1", team="T1", external=False)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
lines = st.lists(ANY_TEXT, max_size=30)

# All between angle brackets that is ours: a moment that each reader sees in their zone, and the
# channel where an answer will come.
OURS: Final = re.compile(r"<!date\^[0-9]+\^\{date_short_pretty\} \{time\}\|[^<>|]*>|<#C1>")

FIXED: Final[dict[str, Callable[[Notes], Message]]] = {
    "help": Notes.help,
    "usage": Notes.usage,
    "language_chosen": Notes.language_chosen,
    "choice_not_kept": Notes.choice_not_kept,
    "shared_already": Notes.shared_already,
    "invite_me": Notes.invite_me,
    "admins_only": Notes.admins_only,
    "closing": Notes.closing,
    "marked_late": lambda speaker: speaker.marked_late(speaker.help()),
    "working": lambda speaker: speaker.working(10),
    "broken": lambda speaker: speaker.broken("0a1b2c3d"),
    **{
        f"channel_language_chosen {catalog.language}": (
            lambda speaker, catalog=catalog: speaker.channel_language_chosen(catalog)  # type: ignore[misc]
        )
        for catalog in CATALOGS
    },
    **{
        f"refused {reason}": (lambda speaker, reason=reason: speaker.refused(reason))  # type: ignore[misc]
        for reason in Refusal
    },
}


def marked_up(part: Any) -> Iterator[str]:
    """Every text that Slack reads for mark-up."""
    if isinstance(part, Mapping):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for value in part.values():
            yield from marked_up(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from marked_up(value)


def inert(text: str) -> bool:
    """Whether nothing in it is interpreted but our own moments."""
    rest = OURS.sub("", text)
    return not re.search(r"[<>]|&(?!(amp|lt|gt);)", rest)


def taken(shown: Message) -> None:
    """Fail unless both judges take it, nothing in it is interpreted, and it can be read aloud."""
    accepted(shown)
    assert shown.text.strip()
    assert all(inert(text) for text in (shown.text, *marked_up(shown.blocks)))


def taken_view(view: Mapping[str, Any], surface: Judged) -> None:
    """The same for a modal or a page."""
    assert [] == problems_of_view(view, surface)
    View(**view).validate_json()
    assert all(inert(text) for text in marked_up(view))


@given(speaker=notes)
@pytest.mark.parametrize("name", FIXED)
def test_every_fixed_note_is_taken(name: str, speaker: Notes) -> None:
    """In both languages, with any contact and any command name."""
    taken(FIXED[name](speaker))


def test_no_note_is_forgotten() -> None:
    """Whoever adds a note adds it here or to the properties below."""
    given_words = {
        *("bad_words", "did_you_mean", "too_many", "nothing_valid", "definitions", "whoami"),
        *("language_help", "health", "watch_remark", "late_remark", "modal_problem", "shared"),
        *("speaking", "refused", "channel_language_chosen", "command"),
    }
    all_notes = {name for name in vars(Notes) if not name.startswith("_")}

    assert set() == all_notes - given_words - set(FIXED)


@given(text=ANY_TEXT, speaker=notes, lines=lines)
def test_any_typed_text_gives_notes_that_are_taken(
    text: str, speaker: Notes, lines: list[str]
) -> None:
    """Remarks beside a public card, and the problem that a modal shows under its field."""
    query = parse_query(text)
    problem = speaker.modal_problem(query)
    found = find_ids([text, *lines])

    taken(speaker.language_help(text))
    assert len(problem) <= 150
    assert "\n" not in problem
    assert all(isinstance(one, MessageId) for one in found.ids)


@given(speaker=notes, user=SHORT_TEXT, channel=SHORT_TEXT, admin=st.booleans())
@pytest.mark.parametrize("reason", [None, *Refusal])
def test_whoever_asks_is_told_who_they_are(
    reason: Refusal | None, speaker: Notes, user: str, channel: str, *, admin: bool
) -> None:
    """Ids that no Slack ever gave are told as they are."""
    asker = Asker(user=user, channel=channel, team="T1", external=False)

    taken(speaker.whoami(asker, reason, admin=admin))


@given(several=st.lists(answers, min_size=1, max_size=10), style=styles)
def test_what_the_buttons_open_is_taken(several: list[Answer], style: CardStyle) -> None:
    """The reply for the customer and the details, of one call or ten."""
    taken(customer_texts(several, style, CATALOGS))
    taken(details(several, style))


@given(
    error=st.sampled_from([leaf.code for leaf in LEAVES]),
    style=styles,
    detail=ANY_TEXT,
    idmsg=some_ids,
)
def test_any_failure_to_look_up_gives_a_card_with_a_report_that_is_taken(
    error: str, style: CardStyle, detail: str, idmsg: MessageId
) -> None:
    """Whatever stands in its detail; card, list, details and the reply for the customer."""
    finding = LookupFailure(error=error, detail=detail)
    one = Answer(message_id=idmsg, finding=finding, checked_at=NOW)

    taken(card([one], style))
    taken(card([one] * 10, style))
    taken(details([one] * 10, style))
    taken(customer_texts([one], style, CATALOGS))


@given(
    ids=st.lists(some_ids, min_size=1, max_size=10),
    style=styles,
    shared_by=ANY_TEXT,
    row=st.sampled_from(Row),
)
def test_any_ids_fit_into_buttons_and_come_back_whole(
    ids: list[MessageId], style: CardStyle, shared_by: str, row: Row
) -> None:
    """Up to ten of forty characters each; and who shared the card, by the beginning of a name."""
    block = buttons(ids, row, style.catalog, only_for="U1", watching=True, shared_by=shared_by)

    assert block is not None
    accepted(Message(text="x", blocks=(block,)))
    assert [tuple(ids)] * len(block["elements"]) == [ids_of(e["value"]) for e in block["elements"]]
    found, name = row_of(block["block_id"])
    assert (row, True) == (found, shared_by.startswith(name))


@given(block_id=st.none() | st.integers() | SHORT_TEXT | SHORT_TEXT.map("card_actions:{}".format))
def test_any_block_id_names_a_row_or_none(block_id: object) -> None:
    """Whatever a click says it came from."""
    row, name = row_of(block_id)

    assert row is None or row in Row
    assert isinstance(name, str)


@given(
    style=styles,
    found=st.lists(SHORT_TEXT, max_size=40),
    why=st.sampled_from(["many", "doubtful", "none"]),
)
def test_any_words_that_were_found_fill_a_modal_that_is_taken(
    style: CardStyle, found: list[str], why: str
) -> None:
    """The modal that asks, with the remark on what was found in the message."""
    origin = Origin(surface=Surface.MESSAGE_SHORTCUT, channel="C1", thread_ts="1.2", begins=True)
    remark = style.catalog.say(f"modal.{why}", count=len(found), limit=MAX_IDS)
    view = asking(style.catalog, origin, found=found, remark=remark)

    taken_view(view, Judged.MODAL)
    assert origin == origin_of(view)
    if (plain := plainer({"view": view})) is not None:
        taken_view(plain["view"], Judged.MODAL)


@given(several=st.lists(answers, min_size=1, max_size=10), style=styles, text=ANY_TEXT)
def test_any_answer_gives_a_modal_that_is_taken(
    several: list[Answer], style: CardStyle, text: str
) -> None:
    """The card without its buttons, with the remarks on what else was typed, and as plain words."""
    query = parse_query(text)
    speaker = Notes(style, "/voicestatus")
    remarks = speaker.bad_words(query) if isinstance(query, LookUp) else ()
    row = buttons([one.message_id for one in several], Row.PRIVATE, style.catalog)
    view = answer(style.catalog, card(several, style, remarks, row))

    taken_view(view, Judged.MODAL)
    plain = plainer({"view": view})
    assert plain is not None
    taken_view(plain["view"], Judged.MODAL)


@given(
    style=styles,
    recent=st.lists(
        st.builds(
            Recent,
            idmsg=st.text(max_size=40) | SHORT_TEXT,
            counted_as=st.sampled_from(COUNTED),
            at=moments,
        ),
        max_size=10,
    ),
    waiting=st.lists(watches, max_size=60),
    chosen=st.none() | st.sampled_from(Language),
)
def test_any_page_is_taken(
    style: CardStyle, recent: list[Recent], waiting: list[Watch], chosen: Language | None
) -> None:
    """With whatever was looked up and is watched, in both languages, and as plain words."""
    view = home(style, command="/voicestatus", recent=recent, watches=waiting, chosen=chosen)

    taken_view(view, Judged.HOME)
    plain = plainer({"view": view})
    assert plain is not None
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
    """Shapes that Slack never sent are no errors."""
    assert isinstance(typed_ids(view), str)
    assert isinstance(origin_of(view), Origin)
