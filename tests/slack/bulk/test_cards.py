"""The cards, pages, modals and notes of lists are within Slack's limits for any content."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import COUNTED, Outcome, read_result
from bot.domain.id_lists.id_list import IdList, UnreadableListError
from bot.domain.id_lists.pasted import read_pasted
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import TooMany
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Tally
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bound
from bot.fake_slack.rules.block_rules import Surface as Judged
from bot.fake_slack.rules.block_rules import problems_of_blocks
from bot.fake_slack.rules.message_rules import calling_markup, read_content
from bot.fake_slack.state.ledger import Message as Seen
from bot.services.watches.service import AlreadyWatched, NoRoom, Started
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.slack.bulk.buttons import bulk_of, open_row, opened_with, page_of, page_value
from bot.slack.bulk.cards import bar, progress_card, report_card, roughly
from bot.slack.bulk.modals import (
    PASTED_LIMIT,
    checked_digest,
    confirming,
    digest,
    pasted,
    pasting,
    unreadable,
)
from bot.slack.bulk.notes import begun, how_to_begin, no_room, too_many, watching
from bot.slack.bulk.tables import (
    MOST_ROWS,
    ROWS_OF_A_PAGE,
    Form,
    fitting,
    page_of_results,
    pages_of,
)
from bot.slack.cards.controls import Origin
from bot.slack.cards.notes import Notes
from bot.slack.lookups.messages import first_answer
from tests.slack.judging import (
    ANY_TEXT,
    NOW,
    SHORT_TEXT,
    findings,
    marked_up,
    notes,
    some_ids,
    styles,
    taken,
    taken_view,
)
from tests.slack.watching import watch_of
from tests.support.reading import seen
from tests.support.wording import EN, phrase, say

NAME: Final = "0123456789abcdef"
USER: Final = "U0ANA000001"
LONGEST: Final = "W" * 40


def bulk_of_ana(**changes: Any) -> Bulk:
    """A list of ana's in a channel, with the given changes."""
    values: dict[str, Any] = {
        "id": NAME,
        "user": USER,
        "destination": Destination(team="T1", channel="C1"),
        "total": 10_000,
        "started_at": NOW,
        "due_at": NOW,
    }
    return Bulk(**(values | changes))


bulks = st.builds(
    bulk_of_ana,
    name=ANY_TEXT,
    total=st.integers(1, 10_000),
    doubles=st.integers(0, 10_000),
    ignored=st.integers(0, 100_000),
    ending=st.none() | st.sampled_from(BulkEnding),
    paused_until=st.none() | st.just(NOW + timedelta(minutes=5)),
)
tallies = st.dictionaries(st.sampled_from(COUNTED), st.integers(0, 10_000)).map(
    lambda counts: Tally(counts=MappingProxyType(counts))
)
item_lists = st.lists(
    st.tuples(some_ids, st.none() | findings, st.booleans()), min_size=1, max_size=30
).map(
    lambda rows: [
        BulkItem(position=n, message_id=one, finding=found, sandbox=sandbox)
        for n, (one, found, sandbox) in enumerate(rows)
    ]
)
forms = st.sampled_from(Form)
reasons = st.sampled_from(["", "moved", "gone"])


def sound(shown: Message, *, public: bool = False) -> None:
    """Fail unless Slack takes it, and a public one mentions only the asker."""
    blocks = list(shown.blocks)
    assert [] == problems_of_blocks(blocks, Judged.MESSAGE)
    content = read_content({"text": shown.text, "blocks": blocks})
    called = {markup for _, markup in calling_markup(content)}
    assert called <= ({f"<@{USER}>"} if public else set())
    texts = [shown.text, *marked_up(shown.blocks)]
    assert not any("<!" in text.replace("<!date^", "") for text in texts)


@given(
    bulk=bulks,
    tally=tallies,
    style=styles,
    late=st.integers(0, 10**6),
    missing=st.sampled_from(["", "file", "report"]),
)
def test_any_progress_is_taken(
    bulk: Bulk, tally: Tally, style: CardStyle, late: int, missing: str
) -> None:
    """For any file name, any counts and any moment."""
    sound(progress_card(bulk, tally, style, NOW + timedelta(seconds=late), missing=missing))


@given(bulk=bulks, items=item_lists, style=styles, form=forms, why=reasons)
def test_any_report_is_taken(
    bulk: Bulk,
    items: list[BulkItem],
    style: CardStyle,
    form: Form,
    *,
    why: str,
) -> None:
    """For any raw results and ids, in each form of the table."""
    report = ReportCounter(items).report(style.catalog)
    sound(report_card(bulk, report, items, style, form=form, why_here=why), public=style.public)


def test_the_longest_list_gives_a_report_that_is_taken(english: CardStyle) -> None:
    """10,000 calls with ids of forty characters and every code, in each form."""
    items = [
        BulkItem(
            position=n,
            message_id=MessageId(f"{n:05d}{LONGEST}"[:40]),
            finding=read_result(f"{('failed', 'error', 'blocked')[n % 3]}:{n % 1_000:03d}"),
        )
        for n in range(10_000)
    ]
    report = ReportCounter(items).report(english.catalog)
    for form in Form:
        message = report_card(bulk_of_ana(), report, items[:MOST_ROWS], english, form=form)

        sound(message)
        assert len(message.blocks) < 20


@given(items=item_lists, style=styles, form=forms)
def test_any_page_of_results_is_taken(items: list[BulkItem], style: CardStyle, form: Form) -> None:
    """In each form, with buttons to both neighbours."""
    sound(page_of_results(bulk_of_ana(), items, 2, style, form=form), public=style.public)


def test_a_page_of_the_longest_ids_stands_in_one_paragraph(english: CardStyle) -> None:
    """So no row is left out if Slack rejects tables."""
    items = [
        BulkItem(
            position=9_000 + n, message_id=MessageId(LONGEST), finding=read_result("machine:200")
        )
        for n in range(ROWS_OF_A_PAGE)
    ]

    assert ROWS_OF_A_PAGE == len(fitting(items, english, Form.LINES))
    message = page_of_results(bulk_of_ana(), items, 226, english)
    assert str(9_000 + ROWS_OF_A_PAGE) in message.text


def test_a_table_says_how_many_of_the_calls_it_shows(english: CardStyle) -> None:
    """In its caption, or below the report where a table has none."""
    items = [
        BulkItem(position=n, message_id=MessageId(f"A{n}"), finding=read_result("ok:85.00"))
        for n in range(200)
    ]
    report = ReportCounter(items).report(english.catalog)
    message = report_card(bulk_of_ana(total=200), report, items[:MOST_ROWS], english)
    (table,) = [one for one in message.blocks if one["type"] == "data_table"]

    cell = table["rows"][1][-1]
    assert say("bulk.table.caption", first=1, last=99, total=200) == table["caption"]
    assert ("raw_number", 85.0) == (cell["type"], cell["value"])
    assert EN.writing.duration(Decimal(85)) == cell["text"]
    plain = report_card(bulk_of_ana(total=200), report, items, english, form=Form.PLAIN)
    below = say("bulk.report.first_rows", count=99, total=200)
    assert [False, True] == [below in shown_text(one) for one in (message, plain)]


def test_an_id_that_the_gateway_does_not_know_is_no_error_of_the_gateway(
    english: CardStyle,
) -> None:
    """Sums, bars and table show it as not found."""
    items = [
        BulkItem(position=n, message_id=MessageId(f"A{n}"), finding=read_result(raw))
        for n, raw in enumerate(("023", "023", "850"))
    ]
    report = ReportCounter(items).report(english.catalog)
    told = report_card(bulk_of_ana(total=3), report, items, english)
    tally = Tally(counts=report.counts)
    under_way = progress_card(bulk_of_ana(total=3), tally, english, NOW)
    (table,) = [one for one in told.blocks if one["type"] == "data_table"]

    for shown in (told, under_way):
        assert say("count.gateway.023", count=2) in shown_text(shown)
        assert say("icon.gateway.023") in shown_text(shown)
        assert say("count.gateway_error", count=1) in shown_text(shown)
    words = [EN.gateway("023").heading] * 2 + [EN.gateway("850").heading]
    assert words == [row[1]["text"] for row in table["rows"][1:]]


def test_ids_are_shortened_where_others_read_them(english: CardStyle) -> None:
    """An id that may be a phone number is masked."""
    items = [
        BulkItem(position=0, message_id=MessageId("5511987654321"), finding=read_result("023")),
        BulkItem(position=1, message_id=MessageId("MPG000236180474"), finding=read_result("024")),
    ]
    report = ReportCounter(items).report(english.catalog)
    public = english.read_by(Audience.PUBLIC)
    told = str(report_card(bulk_of_ana(), report, items, public).blocks)

    assert "987654321" not in told
    assert "MPG000236180474" not in told
    assert "MPG0…0474" in told


def test_calls_that_end_alike_come_with_a_text_to_send(english: CardStyle) -> None:
    """With the addressee and some ids, shortened where others read them."""
    items = [
        BulkItem(
            position=n,
            message_id=MessageId(f"MPG{n:012}"),
            finding=read_result("failed:480" if n % 2 else "ok:85.00"),
        )
        for n in range(20)
    ]
    report = ReportCounter(items).report(english.catalog)
    told, public = (
        str(report_card(bulk_of_ana(total=20), report, [], style).blocks)
        for style in (english, english.read_by(Audience.PUBLIC))
    )

    assert say("advice.alike") in told
    assert EN.sip(480).advice not in told
    for shown, style in ((told, english), (public, english.read_by(Audience.PUBLIC))):
        ids = ", ".join(style.shown_id(one.message_id) for one in items[1:10:2])
        assert ids in shown
        assert EN.gateway("777").contact in shown
    assert "MPG000000000001" not in public
    shortened = say("bulk.report.shortened")
    assert (False, True) == (shortened in told, shortened in public)


@pytest.mark.parametrize(
    ("part", "whole", "full"), [(0, 10, 0), (1, 2, 10), (9_999, 10_000, 19), (7, 7, 20), (0, 0, 0)]
)
def test_a_bar_is_full_only_where_nothing_is_missing(part: int, whole: int, full: int) -> None:
    """Its width never changes."""
    assert (full, 20) == (bar(part, whole).count("▓"), len(bar(part, whole)))


def test_a_span_is_said_roughly_and_never_too_short(english: CardStyle) -> None:
    """Rounded up to tens of seconds, or to whole minutes."""
    spans = {0: 10, 11: 20, 59: 60, 61: 120, 3_601: 3_660}

    said = {seconds: roughly(timedelta(seconds=seconds), english) for seconds in spans}
    assert said == {
        seconds: EN.writing.duration(Decimal(rounded)) for seconds, rounded in spans.items()
    }


def test_a_pause_is_said_while_it_lasts(english: CardStyle) -> None:
    """The card shows the code, and that nothing is lost; after the pause it shows the time left."""
    paused = bulk_of_ana(paused_until=NOW + timedelta(minutes=2))
    tally = Tally(counts=MappingProxyType({Outcome.ANSWERED: 100}))

    at_once = progress_card(paused, tally, english, NOW + timedelta(minutes=1))
    later = progress_card(paused, tally, english, NOW + timedelta(minutes=3))
    found = [phrase("bulk.paused").search(shown_text(card)) for card in (at_once, later)]
    assert [True, False] == [one is not None for one in found]
    assert phrase("bulk.time_left").search(shown_text(later))


@pytest.mark.parametrize("ending", BulkEnding)
def test_a_card_that_is_over_has_no_button_to_stop(english: CardStyle, ending: BulkEnding) -> None:
    """And shows why the list ended."""
    card = progress_card(bulk_of_ana(ending=ending), Tally(), english, NOW)

    assert "actions" not in {block["type"] for block in card.blocks}
    assert say(f"bulk.over.{ending}", asked=0, total=10_000) in shown_text(card)


@pytest.mark.parametrize("ending", BulkEnding)
def test_a_card_whose_report_or_file_is_missing_says_where_the_results_are(
    english: CardStyle, ending: BulkEnding
) -> None:
    """Without a report the card has its button, and promises none."""
    bulk, tally = bulk_of_ana(ending=ending), Tally()
    button, asked = say("bulk.report.show_all"), {"asked": 0, "total": 10_000}
    why = say(f"bulk.over.{ending}", **asked)
    no_report = say("bulk.over.no_report", button=button, **asked)
    no_file = say("bulk.over.no_file", button=button)

    for missing, wanted in (("report", (False, True, False)), ("file", (True, False, True))):
        card = progress_card(bulk, tally, english, NOW, missing=missing)
        shown = shown_text(card)
        assert wanted == (why in shown, no_report in shown, no_file in shown)
        assert (missing == "report") is ("actions" in {block["type"] for block in card.blocks})


def read(text: str, style: CardStyle) -> tuple[IdList | None, str]:
    """The list in a text, or the error that is shown if it has none."""
    try:
        return read_pasted(text, max_ids=10_000), ""
    except UnreadableListError as error:
        return None, unreadable(error, style.catalog)


@given(text=ANY_TEXT, style=styles, told=notes)
def test_any_pasted_text_gives_a_form_that_is_taken(
    text: str, style: CardStyle, told: Notes
) -> None:
    """The first step, the second step, or an error below the field."""
    origin = Origin(channel="C1")
    taken_view(pasting(style, origin, text[:PASTED_LIMIT]), Judged.MODAL)
    found, problem = read(text, style)
    assert len(problem) <= 150
    if found is None:
        assert problem
        return
    view = confirming(
        style, origin, found, text=text, lasts=timedelta(seconds=9), problem=first_answer(told)
    )
    taken_view(view, Judged.MODAL)
    assert digest(found.ids) == checked_digest(view)


@pytest.mark.parametrize("thread", ["", "1795579300.000001"])
@pytest.mark.parametrize(("channel", "named"), [("C1", True), ("D1", False), ("", False)])
def test_the_form_says_where_the_report_goes(
    english: CardStyle, channel: str, thread: str, *, named: bool
) -> None:
    """To the channel or thread where the list was started, or directly."""
    view = pasting(english, Origin(channel=channel, thread_ts=thread))

    assert named is ("<#C1>" in str(view))
    assert named is not (say("bulk.modal.to_you") in str(view))


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=9), part, max_size=3)
    ),
)


@given(view=st.dictionaries(st.sampled_from(["state", "private_metadata", "id"]), JSON))
def test_any_form_that_comes_back_gives_a_text(view: dict[str, Any]) -> None:
    """The digest is empty if the modal has none."""
    assert isinstance(pasted(view), str)
    assert isinstance(checked_digest(view), str)


@given(value=JSON)
def test_a_value_that_is_none_of_ours_names_nothing(value: object) -> None:
    """The value of a button is untrusted."""
    assert bulk_of(value) is None
    assert page_of(value) is None
    assert isinstance(opened_with(value), tuple)


def test_the_values_of_our_own_buttons_come_back() -> None:
    """A bulk's id, and an id with a page."""
    assert NAME == bulk_of(NAME)
    assert (NAME, 17) == page_of(page_value(bulk_of_ana(), 17))


@pytest.mark.parametrize(
    ("count", "more", "body"), [(14, False, "body"), (100, False, "body"), (200, True, "to_paste")]
)
def test_the_button_for_too_many_ids_does_what_is_said(
    english: CardStyle, count: int, more: bool, body: str
) -> None:
    """If it does not take all of them, they are to be pasted; more than can be counted is said."""
    ids = tuple(MessageId(f"MPG{n:012}") for n in range(count))
    note = too_many(TooMany(count=count, ids=ids, more=more), Notes(english, "/voicestatus"))

    told = say("too_many.more_than", count=count) if more else f"{count}"
    assert say(f"too_many.{body}", count=told, limit=10) in str(note.blocks)


@pytest.mark.parametrize(("count", "kept"), [(11, 11), (100, 100), (300, 0)])
def test_a_button_carries_all_ids_or_none(english: CardStyle, count: int, kept: int) -> None:
    """A value has at most 2,000 characters; a part of a list would look like all of it."""
    ids = [MessageId(f"MPG{n:012}") for n in range(count)]
    row = open_row(english, ids, reader=USER)

    assert [] == problems_of_blocks([row], Judged.MESSAGE)
    assert tuple(ids[:kept]) == opened_with(row["elements"][0]["value"])


@given(style=styles, command=SHORT_TEXT, channel=st.sampled_from(["C1", "U1"]))
def test_every_note_is_taken(style: CardStyle, command: str, channel: str) -> None:
    """In both languages, for a channel and for a direct message."""
    said = Notes(style, command)
    bulk = bulk_of_ana(destination=Destination(team="T1", channel=channel))
    for shown in (
        *(no_room(bound, said, 3) for bound in Bound),
        *(said.titled(f"bulk.note.{name}") for name in ("not_kept", "over")),
        *(said.titled(f"bulk.note.{name}") for name in ("not_yours", "none_pending")),
        *(how_to_begin(said), too_many(TooMany(count=14), said, USER)),
    ):
        taken(shown)
    assert [] == problems_of_blocks(list(begun(bulk, said).blocks), Judged.MODAL)


def test_how_many_are_watched_is_told_in_numbers(english: CardStyle) -> None:
    """Newly watched, watched before, and too many."""
    said = Notes(english, "/voicestatus")
    full = NoRoom(message_id=MessageId("A"), bound=Bound.USER, most=250)
    both = watching([Started(watch=watch_of()), AlreadyWatched(watch=watch_of()), full, full], said)

    assert say("bulk.note.watching_title", count=1) in shown_text(both)
    assert say("bulk.note.watched_before", count=1) in shown_text(both)
    assert say("bulk.note.not_watched", count=2) in shown_text(both)
    assert say("bulk.note.watching_none_title") in shown_text(watching([full], said))


@pytest.mark.parametrize(("more", "pages"), [(-1, 2), (0, 2), (1, 3)])
def test_a_page_that_is_not_full_counts(more: int, pages: int) -> None:
    """The last page may be short."""
    assert pages == pages_of(bulk_of_ana(total=2 * ROWS_OF_A_PAGE + more))


def shown_text(message: Message) -> str:
    """All visible text."""
    return seen(Seen(channel="", ts="", text=message.text, blocks=message.blocks))


@pytest.fixture
def english() -> CardStyle:
    """The style of a private card in English."""
    return CardStyle(catalog=EN, contacts=Contacts(), zone=ZoneInfo("UTC"))
